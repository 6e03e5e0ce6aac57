package engineio_test

import (
	"context"
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
	big.Send(t, strings.Repeat("x", 600_000))
	for i, p := range live {
		if r := closeReason(p); r != "" {
			t.Errorf("open client %d with one small packet: closed with %q, want it open", i, r)
		}
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

func TestQueue_flushes_a_full_queue_into_a_waiting_poll(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{Limits: engineio.Limits{MaxQueueBytes: 100_000}}, nil)
	sid, p := f.Open()
	first := waitingPoll(t, f, sid, p)
	flush := false
	for range 15 {
		flush = p.Conn.Queue(engineio.Prepare([]byte(strings.Repeat("x", 10_000)))) || flush
	}
	if flush {
		p.Conn.Flush()
	}
	if r := closeReason(p); r != "" {
		t.Errorf("client with a waiting poll: closed with %q, want it open", r)
	}
	<-first
}

func TestQueue_ends_a_client_that_never_polls(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{Limits: engineio.Limits{StallTimeout: 300 * time.Millisecond}}, nil)
	_, p := f.Open()
	for range 30 {
		if p.Conn.Queue(engineio.Prepare([]byte("x"))) {
			p.Conn.Flush()
		}
		time.Sleep(100 * time.Millisecond)
	}
	if r := closeReason(p); r == "" {
		n, _ := p.Conn.Queued()
		t.Errorf("after 10 StallTimeouts without a poll: open with %d packets, want it closed", n)
	}
}

func TestPoll_responses_that_are_not_read_count_as_slow(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	for i := range 12 {
		conn, err := (&net.Dialer{Control: smallBuffers}).DialContext(t.Context(), "tcp", f.Address())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = p.Conn.Send(engineio.Prepare([]byte(strings.Repeat("x", 8<<20)))) // larger than the send buffer
		fmt.Fprintf(conn, "GET /?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: x\r\n\r\n", sid)
		time.Sleep(30 * time.Millisecond)
		if r := closeReason(p); r != "" {
			t.Logf("closed with %q at message %d", r, i)
			return
		}
	}
	packets, bytes := p.Conn.Queued()
	t.Errorf("12 unread responses of 8 MiB: open with %d packets and %d bytes queued, backlog %d, want it closed", packets, bytes, f.Server.Backlog())
}

// A pong of revision 3 repeats the data of the ping.
func TestRevision3_limits_queued_pongs(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.As("3").Open()
	for range 40 {
		body := "2" + strings.Repeat("x", 900_000)
		post3(t, f, sid, body)
	}
	_, bytes := p.Conn.Queued()
	if bytes > 4<<20 {
		t.Errorf("Queued: got %d bytes, closed with %q, want at most 4 MiB", bytes, closeReason(p))
	}
}

func post3(t *testing.T, f *siotest.Engine, sid, packet string) {
	a, err := f.Try(context.Background(), "POST", "EIO=3&transport=polling&sid="+sid, strings.NewReader(fmt.Sprintf("%d:%s", len(packet), packet)))
	if err != nil {
		t.Fatal(err)
	}
	if a.Status != 200 {
		t.Logf("%d %s", a.Status, a.Body)
	}
}

func TestWaitQueue_ends_with_the_connection(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	_, p := f.Open()
	done := make(chan error, 1)
	go func() { done <- p.Conn.WaitQueue(context.Background(), -1) }()
	time.Sleep(50 * time.Millisecond)
	p.Conn.Close()
	select {
	case err := <-done:
		t.Log(err)
	case <-time.After(time.Second):
		t.Error("WaitQueue after the end: got no result in 1 s, want one")
	}
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
