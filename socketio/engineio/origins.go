package engineio

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// originList is the parsed form of Config.Origins.
type originList struct {
	listed map[string]bool // in the form that browsers send
	all    bool            // the list contains "*"
}

// parseOrigins parses Config.Origins. It panics if an entry is malformed, because such
// an entry would silently reject the pages that it was written for.
func parseOrigins(entries []string) originList {
	l := originList{listed: make(map[string]bool, len(entries))}
	for i, entry := range entries {
		if entry == "*" {
			l.all = true
			continue
		}
		origin, err := canonicalOrigin(entry)
		if err != nil {
			panic(fmt.Sprintf("engineio: Config.Origins[%d] is %q: %v", i, entry, err))
		}
		l.listed[origin] = true
	}
	return l
}

var (
	errOriginForm    = errors.New("want a scheme, a host and an optional port without a slash at the end, such as https://app.example.org")
	errOriginNull    = errors.New("every sandboxed page has this origin; decide about it in AllowOrigin")
	errOriginPattern = errors.New("want one origin or \"*\"; decide about patterns in AllowOrigin")
	errOriginASCII   = errors.New("want the host in ASCII, as browsers send it: xn--…")
)

// canonicalOrigin returns an origin in the form that browsers send: in lower case,
// without a default port (https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin).
func canonicalOrigin(entry string) (string, error) {
	u, err := url.Parse(entry)
	switch {
	case entry == "null":
		return "", errOriginNull
	case strings.Contains(entry, "*"):
		return "", errOriginPattern
	case err != nil || u.Hostname() == "" || !strings.EqualFold(entry, u.Scheme+"://"+u.Host):
		return "", errOriginForm
	case strings.ContainsFunc(entry, func(c rune) bool { return c >= utf8.RuneSelf }):
		return "", errOriginASCII
	}
	host := strings.ToLower(u.Hostname())
	if ip, err := netip.ParseAddr(host); err == nil {
		host = ip.String()
	}
	return joinOrigin(u.Scheme, host, u.Port(), strings.HasSuffix(u.Host, ":"))
}

// joinOrigin leaves out a default port.
func joinOrigin(scheme, host, port string, emptyPort bool) (string, error) {
	if port == "" && !emptyPort {
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		return scheme + "://" + host, nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	switch {
	case err != nil || n == 0:
		return "", errOriginForm
	case scheme == "https" && n == 443, scheme == "http" && n == 80:
		return joinOrigin(scheme, host, "", false)
	default:
		return scheme + "://" + net.JoinHostPort(host, strconv.FormatUint(n, 10)), nil
	}
}

// allowOrigin reports whether a page of a foreign origin may connect, and whether it may
// send cookies.
func (s *Server) allowOrigin(r *http.Request, origin string) (allow, credentials bool) {
	if s.origins.listed[origin] {
		return true, true
	}
	if allow, credentials = s.cfg.AllowOrigin(r, origin); allow {
		return true, credentials
	}
	return s.origins.all, false
}

// withoutCredentials returns a copy of r without the credentials that a browser adds to a
// request of a page that may not send them. Browsers add none to its polls. To its
// WebSocket handshakes they add cookies and the HTTP password of this host. A page cannot
// set Authorization there, but it can set it for a poll.
func withoutCredentials(r *http.Request) *http.Request {
	headers := []string{"Cookie"}
	if asksForWebSocket(r) {
		headers = append(headers, "Authorization")
	}
	if !slices.ContainsFunc(headers, func(name string) bool { return r.Header[name] != nil }) {
		return r
	}
	r = r.WithContext(r.Context())
	r.Header = r.Header.Clone()
	for _, name := range headers {
		r.Header.Del(name)
	}
	return r
}
