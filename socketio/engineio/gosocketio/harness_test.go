package gosocketio_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"gifchat/socketio/engineio"
	"gifchat/socketio/engineio/gosocketio"
	"gifchat/socketio/internal/siotest"
)

// serve starts a server whose clients of revision 3 are served by go-socket.io. It
// reports an error if an http.ResponseWriter is used after its handler has returned.
func serve(t testing.TB, cfg engineio.Config) *siotest.Engine {
	t.Helper()
	var late atomic.Int64
	t.Cleanup(func() {
		if n := late.Load(); n > 0 {
			t.Errorf("got %d uses of an http.ResponseWriter after its handler has returned, want 0", n)
		}
	})
	return siotest.ServeWith(t, cfg, nil, func(s *httptest.Server) {
		s.Config.Handler = strict(gosocketio.Handler(s.Config.Handler, nil), &late)
		s.Start()
	}).As("3")
}

// strict counts in late the uses of a ResponseWriter after its handler has returned. Such
// a writer may belong to another request by then, for example with Gin.
func strict(h http.Handler, late *atomic.Int64) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := &strictWriter{ResponseWriter: w, late: late}
		defer s.returned.Store(true)
		h.ServeHTTP(s, r)
	})
}

type strictWriter struct {
	http.ResponseWriter

	returned atomic.Bool
	late     *atomic.Int64
}

func (w *strictWriter) check() {
	if w.returned.Load() {
		w.late.Add(1)
	}
}

func (w *strictWriter) Header() http.Header {
	w.check()
	return w.ResponseWriter.Header()
}

func (w *strictWriter) WriteHeader(status int) {
	w.check()
	w.ResponseWriter.WriteHeader(status)
}

func (w *strictWriter) Write(b []byte) (int, error) {
	w.check()
	return w.ResponseWriter.Write(b)
}

func (w *strictWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.check()
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

func (w *strictWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// open opens a connection by polling. query is appended to that of further requests.
func open(f *siotest.Engine) (query string, p *siotest.Peer) {
	sid, p := f.Open()
	return "&sid=" + sid, p
}

// try makes a polling request that may fail.
func try(ctx context.Context, f *siotest.Engine, method, query string, body io.Reader) (siotest.Response, error) {
	return f.Try(ctx, method, polling+query, body)
}

const (
	polling   = "EIO=3&transport=polling"
	webSocket = "EIO=3&transport=websocket"
)
