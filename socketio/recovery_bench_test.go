package socketio

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/eventlog"
)

// BenchmarkOfflineSession measures the memory of a client that has lost its
// connection, in bytes. Its headers and its auth should not count.
func BenchmarkOfflineSession(b *testing.B) {
	for name, auth := range map[string]string{"no auth": "", "a token": `{"token":"` + strings.Repeat("x", 1000) + `"}`} {
		b.Run(name, func(b *testing.B) {
			server := NewServer(Config{
				PingInterval: time.Hour,
				Recovery:     func(string) Recovery { return Recovery{MaxAbsence: time.Hour, MaxSessions: 1 << 30} },
			})
			defer func() { _ = server.Close(context.Background()) }()
			before := heap()
			conns := make([]*discard, 0, b.N)
			for b.Loop() {
				message := ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte("40" + auth))))
				conn := &discard{message: message, written: new(atomic.Int64), closed: make(chan struct{})}
				conns = append(conns, conn)
				r := httptest.NewRequest("GET", "/?EIO=4&transport=websocket", nil)
				for k, v := range map[string]string{"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} {
					r.Header.Set(k, v)
				}
				r.Header.Set("Cookie", strings.Repeat("x", 2000))
				server.ServeHTTP(discardWriter{httptest.NewRecorder(), conn}, r)
			}
			waitCount(server, len(conns))
			for _, conn := range conns {
				_ = conn.Close()
			}
			waitCount(server, 0)
			n := len(conns)
			b.ReportMetric(float64(heap()-before)/float64(n), "B/session")
		})
	}
}

func waitCount(server *Server, n int) {
	for server.Of("/").Len() != n {
		time.Sleep(time.Millisecond)
	}
}

// heap returns the bytes of the heap in use, in the third collection: the first
// ones empty the pools.
func heap() int64 {
	var stats runtime.MemStats
	for range 3 {
		time.Sleep(50 * time.Millisecond) // for goroutines that end
		runtime.GC()
	}
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// BenchmarkMissedEvents measures how long a recovery that finds no missed event
// searches the log, which stops the events of the namespace.
func BenchmarkMissedEvents(b *testing.B) {
	for _, rooms := range []int{1, 10, 100, 10_000} {
		b.Run(fmt.Sprint(rooms, " rooms"), func(b *testing.B) {
			server := NewServer(Config{Recovery: func(string) Recovery { return Recovery{MaxAbsence: time.Hour} }})
			defer func() { _ = server.Close(context.Background()) }()
			r := server.Of("/").delivery.(*recovery)
			packet := engineio.Prepare(bytes.Repeat([]byte("x"), 100))
			for i := range r.cfg.MaxEvents {
				r.log.Add(eventlog.Entry{Number: uint64(i + 1), Time: time.Now(), Rooms: []string{fmt.Sprint("other", i)}, Packet: packet})
			}
			s := &Socket{id: newSocketID(), session: new(session)}
			for i := range rooms {
				s.session.memberships.Join(fmt.Sprint("room", i), 0)
			}
			p := newReplay(s, 0)
			defer p.drop()
			for b.Loop() {
				if found, why := r.read(p, 1<<20); why != "" || len(found.packets) > 0 {
					b.Fatalf("got %d packets, %q, want none", len(found.packets), why)
				}
			}
		})
	}
}
