package gosocketio_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"

	"gifchat/socketio/engineio"
	"gifchat/socketio/engineio/gosocketio"
	"gifchat/socketio/internal/siotest"
)

var engines = map[string]func(http.Handler) http.Handler{
	"builtin":      func(h http.Handler) http.Handler { return h },
	"go-socket.io": func(h http.Handler) http.Handler { return gosocketio.Handler(h, nil) },
}

// openMany opens n WebSockets and calls each with every one of them.
func openMany(b *testing.B, engine func(http.Handler) http.Handler, n int, each func(*siotest.WebSocket)) []*engineio.Conn {
	conns := make(chan *engineio.Conn, n)
	s := engineio.NewServer(engineio.Config{
		Accept: func(c *engineio.Conn) engineio.Receiver {
			conns <- c
			return ignoring{}
		},
	})
	web := siotest.Listen(b, engine(s), s)
	list := make([]*engineio.Conn, 0, n)
	for range n {
		w := dial(b, web)
		w.Text()
		list = append(list, <-conns)
		each(w)
	}
	return list
}

// ignoring is a Receiver that does nothing.
type ignoring struct{}

func (ignoring) Opened()                {}
func (ignoring) Message([]byte, bool)   {}
func (ignoring) Closed(engineio.Reason) {}

func dial(b *testing.B, web *httptest.Server) *siotest.WebSocket {
	b.Helper()
	w, resp := siotest.Dial(b, web.Listener.Addr().String(), webSocket)
	if w == nil {
		b.Fatalf("handshake: got %d, want 101", resp.StatusCode)
	}
	return w
}

// BenchmarkBroadcast sends 100 bytes to 200 clients and waits until all have received
// them.
func BenchmarkBroadcast(b *testing.B) {
	const clients = 200
	text := []byte(strings.Repeat("x", 99))
	for name, engine := range engines {
		b.Run(name, func(b *testing.B) {
			var got sync.WaitGroup
			conns := openMany(b, engine, clients, func(w *siotest.WebSocket) {
				go func() {
					frame := make([]byte, 2+1+len(text))
					for {
						if _, err := io.ReadFull(w.Reader, frame); err != nil {
							return
						}
						got.Done()
					}
				}()
			})
			b.ReportAllocs()
			for b.Loop() {
				got.Add(clients)
				p := engineio.Prepare(text)
				for _, c := range conns {
					_ = c.Send(p)
				}
				got.Wait()
			}
		})
	}
}

// BenchmarkIdle measures the memory of an idle connection, including its client's end in
// this process.
func BenchmarkIdle(b *testing.B) {
	const clients = 500
	for name, engine := range engines {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				before, routines := inUse(), runtime.NumGoroutine()
				conns := openMany(b, engine, clients, func(*siotest.WebSocket) {})
				b.ReportMetric(float64(inUse()-before)/clients, "B/conn")
				b.ReportMetric(float64(runtime.NumGoroutine()-routines)/clients, "goroutines/conn")
				runtime.KeepAlive(conns)
			}
		})
	}
}

func inUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}
