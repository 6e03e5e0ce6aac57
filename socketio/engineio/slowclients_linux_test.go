package engineio_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

func closeReason(p *siotest.Peer) string {
	select {
	case r := <-p.Ended:
		p.Ended <- r
		return string(r)
	default:
		return ""
	}
}

// The client reads a poll response steadily from the kernel's buffer, while the program
// sends more.
func TestPoll_is_not_slow_while_its_response_is_read(t *testing.T) {
	t.Parallel()
	f := siotest.Serve(t, engineio.Config{Limits: engineio.Limits{StallTimeout: 2 * time.Second}}, nil)
	sid, p := f.Open()
	p.Send(t, strings.Repeat("x", 900_000))
	conn, err := (&net.Dialer{Control: smallBuffers}).DialContext(t.Context(), "tcp", f.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: x\r\n\r\n", sid)
	total := 0
	buf := make([]byte, 4000)
	lastSend := time.Now()
	for total < 900_000 {
		n, err := conn.Read(buf)
		total += n
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond) // at most 200 KB/s
		if time.Since(lastSend) > 200*time.Millisecond {
			lastSend = time.Now()
			_ = p.Conn.Send(engineio.Prepare([]byte("more")))
		}
		if r := closeReason(p); r != "" {
			t.Fatalf("steady reader: closed with %q after %d bytes, want it open", r, total)
		}
	}
}

func TestCloseWhenSent_waits_while_a_response_is_read(t *testing.T) {
	t.Parallel()
	f := siotest.Serve(t, engineio.Config{Limits: engineio.Limits{StallTimeout: 2 * time.Second}}, nil)
	sid, p := f.Open()
	p.Send(t, strings.Repeat("x", 900_000))
	p.Send(t, strings.Repeat("y", 900_000))
	p.Conn.CloseWhenSent()
	conn, err := (&net.Dialer{Control: smallBuffers}).DialContext(t.Context(), "tcp", f.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: x\r\n\r\n", sid)
	total := 0
	buf := make([]byte, 4000)
	for total < 900_000 {
		n, err := conn.Read(buf)
		total += n
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
		if r := closeReason(p); r != "" {
			t.Fatalf("steady reader: closed with %q after %d bytes, want it open", r, total)
		}
	}
}

// A backlog above MaxBacklog also ends closed connections that still write their last
// packets, before connections with short queues.
func TestMaxBacklog_ends_closed_connections_that_still_write(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{Limits: engineio.Limits{MaxBacklog: 4 << 20}}, nil)
	for range 2 {
		_, p := f.WebSocket() // never reads
		for n := 0; n < 1_900_000; _, n = p.Conn.Queued() {
			p.Send(t, strings.Repeat("x", 32<<10))
		}
		p.Conn.Close() // the connection continues to write its queue
	}
	var live []*siotest.Peer
	for range 5 {
		_, p := f.Open()
		p.Send(t, "small")
		live = append(live, p)
	}
	_, big := f.Open()
	before := f.Server.Backlog()
	big.Send(t, strings.Repeat("x", 600_000))
	for _, p := range append(live, big) {
		p.WantOpen(t)
	}
	if got := f.Server.Backlog(); got > before-1_000_000 {
		t.Errorf("Backlog: got %d bytes, want a queue of 1.9 MB less than %d", got, before)
	}
}

func TestCloseWhenSent_continues_after_a_WebSocket_ping(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{Limits: engineio.Limits{MaxQueueBytes: 16 << 20}}, nil)
	w, p := f.WebSocket()
	for i := range 100 {
		p.Send(t, fmt.Sprintf("%03d", i)+strings.Repeat("x", 100_000))
	}
	p.Conn.CloseWhenSent()
	w.Write(ws.NewPingFrame([]byte("keepalive")))
	time.Sleep(100 * time.Millisecond)
	n := 0
	for {
		fr, err := w.Frame()
		if err != nil {
			t.Fatalf("after %d messages: got %v, closed with %q, want 100 messages and a close frame", n, err, closeReason(p))
		}
		if fr.Header.OpCode == ws.OpClose {
			break
		}
		if fr.Header.OpCode == ws.OpText {
			n++
		}
	}
	if n != 100 {
		t.Errorf("got %d messages, want 100", n)
	}
}

func TestPoll_responses_that_are_not_read_count_as_slow(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	large := strings.Repeat("x", 8<<20) // more than the send buffer
	for range 2 {
		p.Send(t, large)
		conn, err := (&net.Dialer{Control: smallBuffers}).DialContext(t.Context(), "tcp", f.Address())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "GET /?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: x\r\n\r\n", sid)
		siotest.Eventually(t, func() bool { // the first poll is answered, and the second one waits for the end of that response
			packets, _ := p.Conn.Queued()
			return packets == 0 || p.Conn.Polling()
		})
		p.WantOpen(t)
	}
	if err := p.Conn.Send(engineio.Prepare([]byte(large))); err == nil {
		t.Error("Send after two unread responses: got no error, want one")
	}
	p.WantClosed(t, engineio.ReasonTooSlow)
}

// plainWriter is a ResponseWriter without deadlines, as some middleware makes it.
type plainWriter struct{ w http.ResponseWriter }

func (h plainWriter) Header() http.Header         { return h.w.Header() }
func (h plainWriter) WriteHeader(n int)           { h.w.WriteHeader(n) }
func (h plainWriter) Write(b []byte) (int, error) { return h.w.Write(b) }

func testStalledPoll(t *testing.T, wrap bool) {
	cfg := engineio.Config{PingInterval: 300 * time.Millisecond, PingTimeout: 300 * time.Millisecond, Limits: engineio.Limits{StallTimeout: 500 * time.Millisecond}}
	f := siotest.ServeWith(t, cfg, nil, func(s *httptest.Server) {
		if wrap {
			inner := s.Config.Handler
			s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { inner.ServeHTTP(plainWriter{w}, r) })
		}
		s.Start()
	})
	sid, p := f.Open()
	p.Send(t, strings.Repeat("x", 12<<20))
	conn, err := (&net.Dialer{Control: smallBuffers}).DialContext(t.Context(), "tcp", f.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: x\r\n\r\n", sid)
	p.WantClosed(t, engineio.ReasonTooSlow)
}

func TestPoll_is_too_slow_when_it_is_not_read(t *testing.T) { testStalledPoll(t, false) }
func TestPoll_is_too_slow_when_it_is_not_read_without_deadlines(t *testing.T) {
	testStalledPoll(t, true)
}
