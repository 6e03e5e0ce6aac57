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

// preflight answers an OPTIONS request of an allowed foreign origin.
func preflight(w http.ResponseWriter) *handshakeError {
	h := w.Header()
	if h.Get("Access-Control-Allow-Origin") == "" {
		return errHandshakeMethod
	}
	h.Set("Access-Control-Allow-Methods", "GET,POST")
	h.Set("Access-Control-Allow-Headers", "Content-Type")
	w.WriteHeader(http.StatusNoContent)
	return nil
}
