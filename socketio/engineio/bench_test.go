package engineio

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

func BenchmarkParsePacket(b *testing.B) {
	packet := []byte(`42["chat","hello"]`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParsePacket(packet); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodePayload(b *testing.B) {
	body := []byte(strings.Repeat("42[\"chat\",\"hello\"]\x1e", 99) + "3")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if err := DecodePayload(body, func(Packet) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPrepare(b *testing.B) {
	for _, size := range []int{20, 1000, 64 << 10} {
		text := []byte(strings.Repeat("x", size))
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				Prepare(text)
			}
		})
	}
}

func BenchmarkFrames(b *testing.B) {
	for _, size := range []int{20, 1000, 64 << 10} {
		stream := client(ws.NewBinaryFrame(make([]byte, size)))
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			f := &frameReader{maxPayload: 1_000_000, maxFragments: 10}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if err := f.parse(stream, func(message) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// discardConn is a network connection that accepts everything at once.
type discardConn struct{ net.Conn }

func (discardConn) Write(b []byte) (int, error)      { return len(b), nil }
func (discardConn) SetWriteDeadline(time.Time) error { return nil }

// BenchmarkDrain writes queued packets over a stream whose writes may block, such as TLS.
func BenchmarkDrain(b *testing.B) {
	for _, packets := range []int{1, 3, 20, 100} {
		b.Run(fmt.Sprint(packets), func(b *testing.B) {
			s := NewServer(Config{Accept: func(*Conn) Receiver { return nil }})
			c := newConn(s, query{transport: transportWebSocket}, &Handshake{Time: time.Now()}, nil, &ConnOptions{})
			c.ws = &webSocket{conn: c, stream: &blockingStream{conn: discardConn{}}}
			p := Prepare([]byte(strings.Repeat("x", 100)))
			b.ReportAllocs()
			for b.Loop() {
				for range packets {
					_, _ = c.out.push(p)
				}
				c.ws.draining = true
				c.ws.drain()
			}
		})
	}
}
