package origin

import (
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"

	"gifchat/handlers/logline"
	"gifchat/handlers/refusal"
)

// HostGuard refuses requests for a host name that does not name this machine. A
// page of another site can point its own host name to 127.0.0.1, and then has the
// same origin as a server that listens there (DNS rebinding). Its requests still
// carry the page's host name.
type HostGuard struct {
	// Immutable.
	names []string // in lower case; localhost and loopback addresses are not listed
	log   *slog.Logger

	refused logline.Once
}

// NewHostGuard returns a guard that accepts the names of this machine and the
// hosts of origins.
func NewHostGuard(origins []string, log *slog.Logger) *HostGuard {
	g := &HostGuard{log: log, refused: logline.NewOnce(func(held int) { log.Warn("more hosts refused", "count", held) })}
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

// Accepts reports whether a Host header names this machine. The port does not
// matter: all ports of a host name belong to one owner.
func (g *HostGuard) Accepts(header string) bool {
	// Parsing as the authority of a URL refuses malformed text. It accepts and decodes
	// some text that is not valid in a Host header; u.Host then differs from it.
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

// normalHost returns a host name in lower case without a final dot.
func normalHost(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

// Refuse answers a request for another host. The answer names the settings that
// would allow it.
func (g *HostGuard) Refuse(w http.ResponseWriter, r *http.Request) {
	if g.refused.Pass() {
		g.log.WarnContext(r.Context(), "host refused: behind a proxy set TRUSTED_PROXIES, for another name CORS_ORIGIN",
			"host", logline.Clip(r.Host, logline.MaxText), "address", PeerAddress(r))
	}
	refusal.Early(w, r, http.StatusMisdirectedRequest, "misdirected", "error.misdirected")
}

// Close logs the number of lines that were left out.
func (g *HostGuard) Close() { g.refused.Close() }
