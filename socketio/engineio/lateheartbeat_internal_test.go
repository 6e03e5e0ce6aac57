package engineio

import (
	"net/http"
	"testing"
	"time"
)

type ignoring struct{}

func (ignoring) Opened()              {}
func (ignoring) Message([]byte, bool) {}
func (ignoring) Closed(Reason)        {}

type fakeStream struct {
	blockingStream
	s tcpState
}

func (f *fakeStream) state() tcpState                { return f.s }
func (f *fakeStream) tryWrite(b []byte) (int, error) { return len(b), nil }
func (f *fakeStream) close() error                   { return nil }

func fakeConn(t *testing.T) (*Conn, *fakeStream) {
	s := NewServer(Config{Accept: func(*Conn) Receiver { return ignoring{} }})
	c := newConn(s, query{transport: transportWebSocket}, &Handshake{Header: http.Header{}, Time: time.Now()}, nil, &ConnOptions{})
	f := &fakeStream{}
	c.ws = &webSocket{conn: c, stream: f}
	if err := s.add(c); err != nil {
		t.Fatal(err)
	}
	c.start()
	return c, f
}

func TestPause_does_not_count_new_bytes_as_a_stall(t *testing.T) {
	c, f := fakeConn(t)
	c.checkHeartbeat() // ping
	c.Pause()
	f.s = tcpState{acked: 1000, inFlight: 0, sinceAck: 20 * time.Second}
	c.checkHeartbeat()
	f.s = tcpState{acked: 1000, inFlight: 100, sinceAck: 20 * time.Second} // an event was sent 5 ms ago, with a round trip of 50 ms
	c.checkHeartbeat()
	if c.closed {
		t.Error("closed: got true for bytes that are 5 ms old, want false")
	}
}

func TestResume_before_a_waiting_heartbeat_check_keeps_the_connection(t *testing.T) {
	c, _ := fakeConn(t)
	c.checkHeartbeat() // ping
	c.Pause()
	c.Resume()
	c.checkHeartbeat() // the timer had fired, and this call waited for c.mu
	if c.closed {
		t.Error("closed right after Resume: got true, want false")
	}
}
