// Package origin finds out where a request comes from: the client's address, the
// origin of the page that made a browser send it, and the host name in the request.
package origin

import (
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Policy decides which pages may connect.
type Policy struct {
	// Immutable.
	foreign  []string // the setting CORS_ORIGIN
	secure   bool     // the server's own pages have https addresses
	warnings *warnings
}

// NewPolicy returns a policy. Pages of the origins in foreign may connect with the
// visitor's cookie, "*" allows every page without it. secure means that browsers
// reach the server over TLS. The log gets a warning for each refused origin.
func NewPolicy(foreign []string, secure bool, log *slog.Logger) *Policy {
	return &Policy{foreign: slices.Clone(foreign), secure: secure, warnings: newWarnings(log)}
}

// Allow reports whether a page of a foreign origin may connect, and whether with
// the visitor's cookie. It is for socketio.Config. A page on this very machine may
// connect to it without a cookie: the stock pages name http://localhost:8005 and
// are also opened as http://127.0.0.1:8005.
func (p *Policy) Allow(r *http.Request, origin string) (allow, credentials bool) {
	allow, credentials = p.decide(r, origin)
	if !allow {
		p.warnings.add(r, origin)
	}
	return allow, credentials
}

// AllowQuietly is Allow for callers that write a log line of their own.
func (p *Policy) AllowQuietly(r *http.Request, origin string) bool {
	allow, _ := p.decide(r, origin)
	return allow
}

func (p *Policy) decide(r *http.Request, origin string) (allow, credentials bool) {
	if p.listed(origin) {
		return true, true
	}
	if slices.Contains(p.foreign, "*") {
		return true, false
	}
	return isLoopback(ClientAddress(r)) && isLoopback(PeerAddress(r)) && isLoopbackOrigin(origin), false
}

func (p *Policy) listed(origin string) bool {
	return origin != "*" && slices.ContainsFunc(p.foreign, func(o string) bool {
		return strings.EqualFold(strings.TrimSuffix(o, "/"), origin)
	})
}

// HasCredentials reports whether r may use the visitor's cookie: it comes from no
// page of another origin, or from a page of a listed one. A page on another port of
// a loopback address is same-site, so its WebSocket handshake carries the cookie
// although the page may connect without it only.
func (p *Policy) HasCredentials(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	return origin == "" || p.Same(r, origin) || p.listed(origin)
}

// Same reports whether origin is that of the server's own pages, by the Host header
// of r. Over TLS only an https origin is.
func (p *Policy) Same(r *http.Request, origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return false
	}
	if p.secure && u.Scheme != "https" {
		return false
	}
	return strings.EqualFold(u.Host, r.Host)
}

func isLoopbackOrigin(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return false
	}
	host := u.Hostname()
	return strings.EqualFold(host, "localhost") || isLoopback(host)
}
