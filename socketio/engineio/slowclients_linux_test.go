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
)

func reason(p *peer) string {
	select {
	case r := <-p.closed:
		p.closed <- r
		return string(r)
	default:
		return ""
	}
}

// The kernel holds a poll's answer, the client downloads it steadily, and the program
// sends more.
func TestPoll_that_is_being_downloaded_is_not_slow(t *testing.T) {
	t.Parallel()
	f := serve(t, engineio.Config{Limits: engineio.Limits{StallTimeout: 2 * time.Second}}, nil)
	sid, p := f.poll()
	p.send(t, strings.Repeat("x", 900_000))
	conn, err := (&net.Dialer{Control: smallBuffers}).DialContext(t.Context(), "tcp", f.address())
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
			_ = p.conn.Send(engineio.Prepare([]byte("more")))
		}
		if r := reason(p); r != "" {
			t.Fatalf("closed with %q after %d bytes of a steady reader", r, total)
		}
	}
}

func TestCloseWhenSent_waits_for_a_download(t *testing.T) {
	t.Parallel()
	f := serve(t, engineio.Config{Limits: engineio.Limits{StallTimeout: 2 * time.Second}}, nil)
	sid, p := f.poll()
	p.send(t, strings.Repeat("x", 900_000))
	p.send(t, strings.Repeat("y", 900_000))
	p.conn.CloseWhenSent()
	conn, err := (&net.Dialer{Control: smallBuffers}).DialContext(t.Context(), "tcp", f.address())
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
		if r := reason(p); r != "" {
			t.Fatalf("closed with %q after %d bytes of a steady reader; the second packet is lost", r, total)
		}
	}
}

// Connections that have ended and still write their last packets give way too.
func TestBacklog_of_ended_connections_gives_way(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{MaxBacklog: 4 << 20}}, nil)
	for range 2 {
		_, p := f.websocket() // never reads
		for n := 0; n < 1_900_000; _, n = p.conn.Queued() {
			p.send(t, strings.Repeat("x", 32<<10))
		}
		p.conn.Close() // e.g. Recovery.takeOver, Socket.CloseConn
	}
	var live []*peer
	for range 5 {
		_, p := f.poll()
		p.send(t, "small")
		live = append(live, p)
	}
	_, big := f.poll()
	big.send(t, strings.Repeat("x", 600_000))
	for i, p := range live {
		if r := reason(p); r != "" {
			t.Errorf("live polling client %d with one small packet closed: %q", i, r)
		}
	}
}

func TestCloseWhenSent_survives_a_ping_frame(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{MaxQueueBytes: 16 << 20}}, nil)
	w, p := f.websocket()
	for i := range 100 {
		p.send(t, fmt.Sprintf("%03d", i)+strings.Repeat("x", 100_000))
	}
	p.conn.CloseWhenSent()
	w.write(ws.NewPingFrame([]byte("keepalive")))
	time.Sleep(100 * time.Millisecond)
	n := 0
	for {
		fr, err := w.frame()
		if err != nil {
			t.Fatalf("after %d of 100 messages: %v; reason %q", n, err, reason(p))
		}
		if fr.Header.OpCode == ws.OpClose {
			break
		}
		if fr.Header.OpCode == ws.OpText {
			n++
		}
	}
	if n != 100 {
		t.Errorf("%d of 100", n)
	}
}

func TestQueue_of_a_waiting_poll_is_flushed_when_it_is_full(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{MaxQueueBytes: 100_000}}, nil)
	sid, p := f.poll()
	first := f.waitingPoll(sid, p)
	flush := false
	for range 15 {
		flush = p.conn.Queue(engineio.Prepare([]byte(strings.Repeat("x", 10_000)))) || flush
	}
	if flush {
		p.conn.Flush()
	}
	if r := reason(p); r != "" {
		t.Errorf("closed with %q though a poll waits", r)
	}
	<-first
}

func TestQueue_of_a_client_that_never_polls_ends_it(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{StallTimeout: 300 * time.Millisecond}}, nil)
	_, p := f.poll()
	for range 30 {
		if p.conn.Queue(engineio.Prepare([]byte("x"))) {
			p.conn.Flush()
		}
		time.Sleep(100 * time.Millisecond)
	}
	if r := reason(p); r == "" {
		n, _ := p.conn.Queued()
		t.Errorf("still open after 10 StallTimeouts without a poll, %d packets wait", n)
	}
}

func TestPolls_at_once_do_not_escape_the_queue(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll()
	for i := range 12 {
		conn, err := (&net.Dialer{Control: smallBuffers}).DialContext(t.Context(), "tcp", f.address())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = p.conn.Send(engineio.Prepare([]byte(strings.Repeat("x", 8<<20)))) // larger than the send buffer
		fmt.Fprintf(conn, "GET /?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: x\r\n\r\n", sid)
		time.Sleep(30 * time.Millisecond)
		if r := reason(p); r != "" {
			t.Logf("closed with %q at %d: fine", r, i)
			return
		}
	}
	packets, bytes := p.conn.Queued()
	t.Errorf("12 answers of 8 MiB are unread; queued %d/%d, backlog %d, still open", packets, bytes, f.engine.Backlog())
}

// A ping of revision 3 may have data, which its pong repeats.
func TestPongs_of_large_pings_are_bounded(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll3("")
	for range 40 {
		body := "2" + strings.Repeat("x", 900_000)
		f.post3(sid, body)
	}
	_, bytes := p.conn.Queued()
	if bytes > 4<<20 {
		t.Errorf("%d bytes wait for one client; reason %q", bytes, reason(p))
	}
}

func (f *fixture) post3(sid, packet string) {
	a, err := f.try(context.Background(), "POST", "EIO=3&transport=polling&sid="+sid, strings.NewReader(fmt.Sprintf("%d:%s", len(packet), packet)))
	if err != nil {
		f.t.Fatal(err)
	}
	if a.status != 200 {
		f.t.Logf("%d %s", a.status, a.body)
	}
}

func TestWaitQueue_ends_with_the_connection(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	_, p := f.poll()
	done := make(chan error, 1)
	go func() { done <- p.conn.WaitQueue(context.Background(), -1) }()
	time.Sleep(50 * time.Millisecond)
	p.conn.Close()
	select {
	case err := <-done:
		t.Log(err)
	case <-time.After(time.Second):
		t.Error("waits for ever, though the connection has ended")
	}
}

// hiding is a ResponseWriter without deadlines, as middleware makes them.
type hiding struct{ w http.ResponseWriter }

func (h hiding) Header() http.Header         { return h.w.Header() }
func (h hiding) WriteHeader(n int)           { h.w.WriteHeader(n) }
func (h hiding) Write(b []byte) (int, error) { return h.w.Write(b) }

func stalledPoll(t *testing.T, wrap bool) {
	cfg := engineio.Config{PingInterval: 300 * time.Millisecond, PingTimeout: 300 * time.Millisecond, Limits: engineio.Limits{StallTimeout: 500 * time.Millisecond}}
	f := serveWith(t, cfg, nil, func(s *httptest.Server) {
		if wrap {
			inner := s.Config.Handler
			s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { inner.ServeHTTP(hiding{w}, r) })
		}
		s.Start()
	})
	sid, p := f.poll()
	p.send(t, strings.Repeat("x", 12<<20))
	conn, err := (&net.Dialer{Control: smallBuffers}).DialContext(t.Context(), "tcp", f.address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: x\r\n\r\n", sid)
	p.wantClosed(t, engineio.ReasonTooSlow)
}

func TestPoll_that_is_not_read_is_too_slow(t *testing.T)                   { stalledPoll(t, false) }
func TestPoll_that_is_not_read_without_deadlines_is_too_slow(t *testing.T) { stalledPoll(t, true) }
