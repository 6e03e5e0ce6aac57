package engineio

import (
	"context"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
)

type quietReceiver struct{}

func (quietReceiver) Opened()              {}
func (quietReceiver) Message([]byte, bool) {}
func (quietReceiver) Closed(Reason)        {}

// handshakeThrough makes a handshake that web has received.
func handshakeThrough(s *Server, web *http.Server) int {
	r := httptest.NewRequest("GET", "/?EIO=4&transport=polling", nil)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), http.ServerContextKey, web)))
	return w.Code
}

// Servers of tests come and go. The engine keeps neither them nor a note of them.
func TestHTTPServers_are_forgotten_when_they_are_garbage(t *testing.T) {
	s := NewServer(Config{Accept: func(*Conn) Receiver { return quietReceiver{} }})
	defer s.Close(context.Background())
	for range 50 {
		web := new(http.Server)
		handshakeThrough(s, web)
		handshakeThrough(s, web)
	}
	runtime.GC()
	web := new(http.Server)
	handshakeThrough(s, web)
	s.mu.Lock()
	defer s.mu.Unlock()
	if got := len(s.httpServers); got > 10 { // the collector may keep a few
		t.Errorf("http.Servers: got %d, want about 1 of 51", got)
	}
	runtime.KeepAlive(web)
}

func TestHTTPServer_that_shuts_down_gets_no_handshake(t *testing.T) {
	s := NewServer(Config{Accept: func(*Conn) Receiver { return quietReceiver{} }})
	defer s.Close(context.Background())
	web, other := new(http.Server), new(http.Server)
	if got := handshakeThrough(s, web); got != http.StatusOK {
		t.Fatalf("handshake: got %d, want 200", got)
	}
	s.httpServerShutsDown(s.httpServerOf(requestOf(web)))
	if got := handshakeThrough(s, web); got != http.StatusServiceUnavailable {
		t.Errorf("handshake after Shutdown: got %d, want 503", got)
	}
	if got := handshakeThrough(s, other); got != http.StatusOK {
		t.Errorf("handshake through another server: got %d, want 200", got)
	}
}

func requestOf(web *http.Server) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	return r.WithContext(context.WithValue(r.Context(), http.ServerContextKey, web))
}
