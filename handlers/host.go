package handlers

import (
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
)

// hostGuard refuses requests for a host name that is not this machine's. A page
// of another site can have its own name point to 127.0.0.1 and would then be of
// the same origin as a server that listens there (DNS rebinding). Its requests
// still name the page's host.
type hostGuard struct {
	// Immutable.
	names []string // in lower case, beside localhost and loopback addresses
	log   *slog.Logger

	refused *throttle[struct{}]
}

// newHostGuard returns a guard that also accepts the hosts of origins.
func newHostGuard(origins []string, log *slog.Logger) *hostGuard {
	g := &hostGuard{log: log, refused: newRareLine(func(held int) { log.Warn("more hosts refused", "count", held) })}
	if name, err := os.Hostname(); err == nil && name != "" {
		g.names = append(g.names, normalHost(name))
	}
	for _, origin := range origins {
		if u, err := url.Parse(origin); err == nil && u.Host != "" {
			g.names = append(g.names, normalHost(u.Hostname()))
		}
	}
	return g
}

// accepts reports whether a Host header names this machine. The port is not
// compared: whoever owns the name owns all its ports.
func (g *hostGuard) accepts(header string) bool {
	// Parsing as the authority of a URL refuses what is malformed. It also accepts
	// and decodes some text that no Host header may have; u.Host then differs.
	u, err := url.Parse("//" + header)
	if err != nil || u.Host != header {
		return false
	}
	host := normalHost(u.Hostname())
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().IsLoopback() || slices.Contains(g.names, host)
	}
	// Browsers resolve names below localhost to this machine:
	// https://www.rfc-editor.org/rfc/rfc6761#section-6.3
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || host != "" && slices.Contains(g.names, host)
}

// normalHost returns a host name in lower case, without the dot of the root.
func normalHost(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

// refuse answers a request for another host and says which setting allows it.
func (g *hostGuard) refuse(w http.ResponseWriter, r *http.Request) {
	if g.refused.pass(struct{}{}) {
		g.log.WarnContext(r.Context(), "host refused: behind a proxy set TRUSTED_PROXIES, for another name CORS_ORIGIN",
			"host", clip(r.Host, maxLogged), "address", peerAddress(r))
	}
	refuseEarly(w, r, http.StatusMisdirectedRequest, "misdirected", "error.misdirected")
}

// refuseEarly answers before a route is found, in one line of text.
func refuseEarly(w http.ResponseWriter, r *http.Request, status int, reason, words string) {
	header := w.Header()
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	header.Set(reasonHeader, reason)
	w.WriteHeader(status)
	_, _ = w.Write([]byte(say(acceptedLanguage(r), words)))
}
