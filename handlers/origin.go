package handlers

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// AllowOrigin returns the rule for foreign origins; for socketio.Config. Origins
// in the list (CORS_ORIGIN) may connect with the visitor's cookie, "*" lets
// everyone connect without. A page on this very machine may connect to it
// without credentials: the stock pages have http://localhost:8005 written into
// them and are also opened as http://127.0.0.1:8005. The log gets a warning for
// each refused origin.
func AllowOrigin(list []string, log *slog.Logger) func(r *http.Request, origin string) (allow, credentials bool) {
	list = slices.Clone(list)
	warnings := newOriginWarnings(log)
	return func(r *http.Request, origin string) (allow, credentials bool) {
		allow, credentials = allowOrigin(list, r, origin)
		if !allow {
			warnings.add(r, origin)
		}
		return allow, credentials
	}
}

func allowOrigin(list []string, r *http.Request, origin string) (allow, credentials bool) {
	if listed(list, origin) {
		return true, true
	}
	if slices.Contains(list, "*") {
		return true, false
	}
	return loopback(ClientAddress(r)) && loopback(peerAddress(r)) && loopbackOrigin(origin), false
}

func listed(list []string, origin string) bool {
	return origin != "*" && slices.ContainsFunc(list, func(o string) bool {
		return strings.EqualFold(strings.TrimSuffix(o, "/"), origin)
	})
}

// sameOrigin compares with the Host that the client asked for. Behind TLS only
// https pages are the server's own.
func sameOrigin(r *http.Request, origin string, secure bool) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return false
	}
	if secure && u.Scheme != "https" {
		return false
	}
	return strings.EqualFold(u.Host, r.Host)
}

func loopbackOrigin(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return false
	}
	host := u.Hostname()
	return strings.EqualFold(host, "localhost") || loopback(host)
}

func loopback(address string) bool {
	ip, err := netip.ParseAddr(address)
	return err == nil && ip.Unmap().IsLoopback()
}

// peerAddress is the address at the other end of the TCP connection.
func peerAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
