package gosocketio_test

import (
	"io"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"

	"gifchat/socketio/engineio"
	"gifchat/socketio/engineio/gosocketio"
)

var engines = map[string]engineio.Carrier{"builtin": nil, "go-socket.io": gosocketio.New(nil)}

// many opens n WebSockets; each runs with every one of them.
func many(b *testing.B, carrier engineio.Carrier, n int, each func(*wire)) []*engineio.Conn {
	conns := make(chan *engineio.Conn, n)
	s := engineio.NewServer(engineio.Config{
		Carrier: carrier,
		Accept: func(c *engineio.Conn) engineio.Receiver {
			conns <- c
			return make(deaf)
		},
	})
	web := httptest.NewServer(s)
	list := make([]*engineio.Conn, 0, n)
	for range n {
		w := dial(b, web.URL, "")
		w.text()
		list = append(list, <-conns)
		each(w)
	}
	b.Cleanup(func() {
		closeEngine(b, s)
		web.CloseClientConnections()
		web.Close()
	})
	return list
}

type deaf chan struct{}

func (deaf) Opened()                {}
func (deaf) Message([]byte, bool)   {}
func (deaf) Closed(engineio.Reason) {}

// BenchmarkBroadcast sends 100 bytes to 200 clients and waits until all have
// them.
func BenchmarkBroadcast(b *testing.B) {
	const clients = 200
	text := []byte(strings.Repeat("x", 99))
	for name, carrier := range engines {
		b.Run(name, func(b *testing.B) {
			var got sync.WaitGroup
			conns := many(b, carrier, clients, func(w *wire) {
				go func() {
					frame := make([]byte, 2+1+len(text))
					for {
						if _, err := io.ReadFull(w.rw, frame); err != nil {
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

// BenchmarkIdle tells what a connection costs that says nothing, its client's
// end in this process included.
func BenchmarkIdle(b *testing.B) {
	const clients = 500
	for name, carrier := range engines {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				before, routines := inUse(), runtime.NumGoroutine()
				conns := many(b, carrier, clients, func(*wire) {})
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
