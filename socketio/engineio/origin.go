package engineio

import (
	"net/http"
	"strings"
)

// checkOrigin rejects a request of a foreign page that may not connect, and sets the CORS
// headers for one that may. It returns the request that the server handles: without
// credentials if the page may not send them. It protects polling and WebSocket requests
// alike, because browsers apply no same-origin policy to WebSockets.
func (s *Server) checkOrigin(w http.ResponseWriter, r *http.Request) (*http.Request, *requestError) {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return r, nil // a program, or a same-origin GET
	}
	if len(origins) > 1 {
		return withoutCredentials(r), errForbidden.because(refusedOrigin, nil)
	}
	if sameOrigin(r, origins[0], s.cfg.Secure || r.TLS != nil) {
		return r, nil
	}
	allow, credentials := s.allowOrigin(r, origins[0])
	if !allow {
		return withoutCredentials(r), errForbidden.because(refusedOrigin, nil)
	}
	h := w.Header()
	h.Add("Vary", "Origin")
	h.Set("Access-Control-Allow-Origin", origins[0])
	if !credentials {
		return withoutCredentials(r), nil
	}
	h.Set("Access-Control-Allow-Credentials", "true")
	return r, nil
}

// sameOrigin reports whether an origin has the host and port of the request.
// Without secure, both schemes match: a proxy may terminate TLS, so the server
// does not know the scheme of the page.
func sameOrigin(r *http.Request, origin string, secure bool) bool {
	scheme, host, ok := strings.Cut(origin, "://")
	if !ok || host == "" || !strings.EqualFold(host, r.Host) {
		return false
	}
	return strings.EqualFold(scheme, "https") || !secure && strings.EqualFold(scheme, "http")
}

// The limits for the headers that a preflight may request. A browser lists the
// headers that the page has set, and pages stay far below these limits.
const (
	maxRequestedHeaders     = 64
	maxRequestedHeaderBytes = 2048
)

// preflight answers an OPTIONS request of an allowed foreign origin.
func (s *Server) preflight(w http.ResponseWriter, r *http.Request) *requestError {
	h := w.Header()
	if h.Get("Access-Control-Allow-Origin") == "" {
		return errHandshakeMethod
	}
	allowed := s.cfg.AllowedHeaders
	if allowed == nil {
		h.Add("Vary", "Access-Control-Request-Headers")
		var ok bool
		if allowed, ok = requestedHeaders(r); !ok {
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

// requestedHeaders returns the header names that a preflight requests. ok is false
// if they are malformed or exceed the limits.
func requestedHeaders(r *http.Request) (names []string, ok bool) {
	list := strings.Join(r.Header.Values("Access-Control-Request-Headers"), ",")
	if len(list) > maxRequestedHeaderBytes {
		return nil, false
	}
	for name := range strings.SplitSeq(list, ",") {
		name = strings.Trim(name, " \t")
		if name == "" {
			continue // a list may have empty elements: RFC 9110, section 5.6.1
		}
		if !isToken(name) || len(names) == maxRequestedHeaders {
			return nil, false
		}
		names = append(names, name)
	}
	return names, true
}

// isToken reports whether s has only the characters that RFC 9110, section
// 5.6.2, allows in a header name.
func isToken(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", c)
	}) < 0
}
