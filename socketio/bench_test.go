package socketio

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

func BenchmarkParsePacket(b *testing.B) {
	limits := testLimits()
	in := []byte(`2/chat,12["message","hello"]`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parsePacket(in, limits); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	in := []byte(`2/chat,12["message",{"room":"r1","text":"hello, world"},"x"]`)
	d := decoder{limits: testLimits()}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := d.text(in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	type message struct {
		User string `json:"user"`
		Chat string `json:"chat"`
	}
	arg := any(message{"ann", "hello, world"})
	for name, args := range map[string][]any{"text": {arg}, "binary": {arg, []byte("0123456789")}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := encodeEvent("/chat", 0, false, "message", args); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// discard is a connection that sends one message and discards what is written.
type discard struct {
	net.Conn
	message []byte // not read yet
	written *atomic.Int64
	closed  chan struct{}
}

func (d *discard) Read(b []byte) (int, error) {
	if len(d.message) > 0 {
		n := copy(b, d.message)
		d.message = d.message[n:]
		return n, nil
	}
	<-d.closed
	return 0, io.EOF
}

func (d *discard) Write(b []byte) (int, error)      { d.written.Add(int64(len(b))); return len(b), nil }
func (d *discard) SetDeadline(time.Time) error      { return nil }
func (d *discard) SetWriteDeadline(time.Time) error { return nil }
func (d *discard) Close() error {
	select {
	case <-d.closed:
	default:
		close(d.closed)
	}
	return nil
}

type discardWriter struct {
	http.ResponseWriter
	conn net.Conn
}

func (w discardWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return w.conn, bufio.NewReadWriter(bufio.NewReader(w.conn), bufio.NewWriter(w.conn)), nil
}

// discarding returns a server with n connected clients whose packets are
// discarded.
func discarding(b testing.TB, n int) (*Namespace, *atomic.Int64) {
	server := NewServer(Config{PingInterval: time.Hour})
	b.Cleanup(func() { _ = server.Close(context.Background()) })
	written := new(atomic.Int64)
	for range n {
		conn := &discard{message: ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte("40")))), written: written, closed: make(chan struct{})}
		b.Cleanup(func() { _ = conn.Close() })
		r := httptest.NewRequest("GET", "/?EIO=4&transport=websocket", nil)
		for k, v := range map[string]string{"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} {
			r.Header.Set(k, v)
		}
		server.ServeHTTP(discardWriter{httptest.NewRecorder(), conn}, r)
	}
	for server.Of("/").Len() < n {
		time.Sleep(time.Millisecond)
	}
	return server.Of("/"), written
}

// BenchmarkBroadcast measures until the last byte is written: if a net.Conn is
// not a socket, other goroutines write.
func BenchmarkBroadcast(b *testing.B) {
	for _, n := range []int{1, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			namespace, written := discarding(b, n)
			size := int64(len(`42["message","hello, world"]`) + 2)
			for last := int64(-1); last != written.Load(); time.Sleep(10 * time.Millisecond) {
				last = written.Load() // wait for the handshakes
			}
			b.ReportAllocs()
			for b.Loop() {
				want := written.Load() + int64(n)*size
				if err := namespace.Emit("message", "hello, world"); err != nil {
					b.Fatal(err)
				}
				for written.Load() < want {
					runtime.Gosched()
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/delivery")
		})
	}
}

func BenchmarkJoinLeave(b *testing.B) {
	namespace, _ := discarding(b, 100)
	sockets := namespace.Sockets()
	for _, s := range sockets[1:] {
		s.Join("room")
	}
	b.ReportAllocs()
	for b.Loop() {
		sockets[0].Join("room")
		sockets[0].Leave("room")
	}
}
