package engineio

import (
	"net/http"
	"strings"
)

// checkOrigin tells whether the page that makes the request may do so, and
// writes the CORS headers that a foreign page needs. It guards polling and
// WebSocket alike: browsers apply no same-origin policy to WebSockets.
func (s *Server) checkOrigin(w http.ResponseWriter, r *http.Request) bool {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return true // not a browser, or a same-origin GET
	}
	if len(origins) > 1 {
		return false
	}
	if sameOrigin(r, origins[0], s.cfg.Secure || r.TLS != nil) {
		return true
	}
	allow, credentials := s.cfg.AllowOrigin(r, origins[0])
	if !allow {
		return false
	}
	h := w.Header()
	h.Add("Vary", "Origin")
	h.Set("Access-Control-Allow-Origin", origins[0])
	if credentials {
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	return true
}

// sameOrigin compares host and port with what the client asked for. Without
// secure it cannot know the scheme that the page was loaded with: there may be a
// proxy that ends TLS.
func sameOrigin(r *http.Request, origin string, secure bool) bool {
	scheme, host, ok := strings.Cut(origin, "://")
	if !ok || host == "" || !strings.EqualFold(host, r.Host) {
		return false
	}
	return strings.EqualFold(scheme, "https") || !secure && strings.EqualFold(scheme, "http")
}

// What a browser may ask for in one preflight. Browsers name the headers that
// the page has set, and no page sets that many.
const (
	maxAskedHeaders = 64
	maxAskedBytes   = 2048
)

// preflight answers an OPTIONS request of an allowed foreign origin.
func (s *Server) preflight(w http.ResponseWriter, r *http.Request) *handshakeError {
	h := w.Header()
	if h.Get("Access-Control-Allow-Origin") == "" {
		return errHandshakeMethod
	}
	allowed := s.cfg.AllowedHeaders
	if allowed == nil {
		h.Add("Vary", "Access-Control-Request-Headers")
		var ok bool
		if allowed, ok = askedHeaders(r); !ok {
			return errBadRequest
		}
	}
	h.Set("Access-Control-Allow-Methods", "GET,POST")
	if len(allowed) > 0 {
		h.Set("Access-Control-Allow-Headers", strings.Join(allowed, ","))
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// askedHeaders returns the names of the headers that the page wants to set, and
// false if they are malformed or too many.
func askedHeaders(r *http.Request) (names []string, ok bool) {
	asked := strings.Join(r.Header.Values("Access-Control-Request-Headers"), ",")
	if len(asked) > maxAskedBytes {
		return nil, false
	}
	for name := range strings.SplitSeq(asked, ",") {
		name = strings.Trim(name, " \t")
		if name == "" {
			continue // a list may have empty elements: RFC 9110, section 5.6.1
		}
		if !isToken(name) || len(names) == maxAskedHeaders {
			return nil, false
		}
		names = append(names, name)
	}
	return names, true
}

// isToken reports whether s has only the characters that RFC 9110, section
// 5.6.2, allows in the name of a header.
func isToken(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", c)
	}) < 0
}
