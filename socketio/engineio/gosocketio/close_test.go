package gosocketio_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws/wsutil"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

func TestServerClose_answers_polls_and_ends_all(t *testing.T) {
	f := serve(t, engineio.Config{})
	query, polling := open(f)
	polled := make(chan siotest.Response, 1)
	go func() {
		a, _ := try(context.Background(), f, "GET", query, nil)
		polled <- a
	}()
	polling.Send(t, "before")
	first := siotest.Receive(t, polled)
	first.Want(t, 200, "7:4before")
	go func() {
		a, _ := try(context.Background(), f, "GET", query, nil)
		polled <- a
	}()
	w, socket := f.WebSocket()
	_, idle := open(f) // without a poll

	polling.Send(t, "again") // the second poll may arrive before or after this
	if got := siotest.Receive(t, polled); got.Body != "6:4again" {
		t.Errorf("poll: got %v, want 6:4again", got)
	}
	siotest.Close(t, f.Server)
	for _, p := range []*siotest.Peer{polling, socket, idle} {
		p.WantClosed(t, engineio.ReasonShutdown)
	}
	w.WantEnd()
	if n := f.Server.Len(); n != 0 {
		t.Errorf("Len: got %d, want 0", n)
	}
	f.Call("GET", "&transport=polling", "").Want(t, 503, `{"code":3,"message":"Server is shutting down"}`)
}

// A client that does not poll at the start of Close receives the last messages in its
// next poll, and the end with it or in the one after it.
func TestServerClose_delivers_queued_messages_to_the_next_poll(t *testing.T) {
	f := serve(t, engineio.Config{})
	query, p := open(f)
	p.Send(t, "first")
	f.Call("GET", query, "").Want(t, 200, "6:4first")
	p.Send(t, "last")
	closed := make(chan error, 1)
	go func() { closed <- f.Server.Close(context.Background()) }()
	siotest.Eventually(t, func() bool { // until Close has begun
		return p.Conn.WaitQueue(context.Background(), 1<<20) != nil
	})
	first := f.Call("GET", query, "")
	if first.Status != 200 || !strings.HasPrefix(first.Body, "5:4last") {
		t.Errorf("poll: got %v, want the last message", first)
	}
	if !strings.HasSuffix(first.Body, "1:1") { // the end can come with the last message
		f.Call("GET", query, "").Want(t, 200, "1:1")
	}
	p.WantClosed(t, engineio.ReasonShutdown)
	if err := siotest.Receive(t, closed); err != nil {
		t.Errorf("Close: got %v, want no error", err)
	}
}

// Messages that were sent before Close are delivered, and then the connection ends.
func TestClose_sends_queued_messages(t *testing.T) {
	f := serve(t, engineio.Config{})
	w, p := f.WebSocket()
	for range 50 {
		p.Send(t, "word")
	}
	p.Send(t, "last word")
	p.Conn.Close()
	got := ""
	for !strings.HasSuffix(got, "last word") {
		got += w.Text()
	}
	w.WantEnd()

	for tries := 1; ; tries++ {
		query, p := open(f)
		polled := make(chan siotest.Response, 1)
		go func() {
			a, _ := try(context.Background(), f, "GET", query, nil)
			polled <- a
		}()
		time.Sleep(time.Duration(tries) * 5 * time.Millisecond) // the test cannot observe when the poll arrives
		p.Send(t, "last word")
		p.Conn.Close()
		a := siotest.Receive(t, polled)
		f.Call("GET", query, "").Want(t, 400, `{"code":1,"message":"Session ID unknown"}`)
		if a.Body == "10:4last word" || a.Body == "10:4last word1:1" {
			return
		}
		if tries == 20 {
			t.Fatalf("poll: got %v, want the last message", a)
		}
	}
}

// A POST does not block forever when the connection ends in the middle of its body.
func TestClose_ends_a_post_in_progress(t *testing.T) {
	for name, body := range map[string]string{
		"messages": "2:4a2:4b2:4c",
		"pings":    "2:4a1:21:21:2",
		"binary":   "2:4a6:b4/8Op6:b4/8Op",
		"long":     "2:4a" + strings.Repeat("12:4ten letters", 2000) + "2:4b",
		"base64":   "2:4a" + "20002:b4" + strings.Repeat("AAAA", 5000),
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, engineio.Config{})
			query, p := open(f)
			blocked := make(chan struct{})
			p.OnMessage = func(p *siotest.Peer, data []byte, binary bool) {
				p.Messages <- siotest.Message{Data: string(data), Binary: binary}
				<-blocked
			}
			posted := make(chan siotest.Response, 1)
			go func() {
				a, _ := try(context.Background(), f, "POST", query, strings.NewReader(body))
				posted <- a
			}()
			p.WantMessage(t, "a")
			p.Conn.Close()
			close(blocked) // the layer above returns after the end
			siotest.Receive(t, posted)
			if len(p.Messages) > 0 {
				t.Error("got a message after the end, want none")
			}
		})
	}
}

func TestSend_ends_only_clients_that_do_not_read(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{StallTimeout: 2 * time.Second}})
	stalled, lost := f.WebSocket()
	if err := stalled.Conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	healthy := make([]*siotest.WebSocket, 4)
	peers := []*siotest.Peer{lost}
	for i := range healthy {
		w, p := f.WebSocket()
		healthy[i], peers = w, append(peers, p)
	}
	_, idle := open(f) // a client that does not poll, too
	peers = append(peers, idle)

	const broadcasts = 250
	text := strings.Repeat("x", 32<<10)
	for range broadcasts {
		shared := engineio.Prepare([]byte(text))
		for _, p := range peers {
			_ = p.Conn.Send(shared) // the ends are checked below
		}
		for _, w := range healthy {
			if got := readMessage(t, w); len(got) != len(text)+1 {
				t.Fatalf("healthy client: got %d bytes, want %d", len(got), len(text)+1)
			}
		}
	}
	lost.WantClosed(t, engineio.ReasonTooSlow)
	idle.WantClosed(t, engineio.ReasonTooSlow)
	for _, p := range peers[1:5] {
		p.WantOpen(t)
	}
	w, _ := f.WebSocket() // a new client can connect
	w.Send("2")
	if got := w.Text(); got != "3" {
		t.Errorf("answer to a ping: got %q, want 3", got)
	}
}

// A client that reads all the time is not slow, although each batch of packets takes
// longer than StallTimeout.
func TestCloseWhenSent_waits_for_a_slow_reader(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{MaxPayload: 4 << 20, MaxQueueBytes: 64 << 20, StallTimeout: 300 * time.Millisecond}})
	w, p := f.WebSocket()
	text := strings.Repeat("x", 64<<10)
	const messages = 320 // 20 MB: more than the kernel's buffers hold
	for range messages {
		p.Send(t, text)
	}
	p.Conn.CloseWhenSent()
	for i := range messages { // at most 8 MB per second
		if got := readMessage(t, w); len(got) != len(text)+1 {
			t.Fatalf("message %d: got %d bytes, want %d", i, len(got), len(text)+1)
		}
		time.Sleep(8 * time.Millisecond)
	}
	w.WantEnd()
	p.WantClosed(t, engineio.ReasonForcedClose)
}

// A client that does not read delays Server.Close only briefly.
func TestServerClose_disconnects_clients_that_do_not_read(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{MaxQueueBytes: 64 << 20, StallTimeout: time.Hour}})
	_, p := f.WebSocket()
	text := strings.Repeat("x", 64<<10)
	for range 200 { // 12 MB: more than the kernel's buffers hold
		p.Send(t, text)
	}
	siotest.Close(t, f.Server)
	p.WantClosed(t, engineio.ReasonShutdown)
}

// readMessage reads a message, which the library may have sent in fragments.
func readMessage(t *testing.T, w *siotest.WebSocket) string {
	t.Helper()
	_ = w.Conn.SetReadDeadline(time.Now().Add(w.Patience))
	data, _, err := wsutil.ReadServerData(struct {
		io.Reader
		io.Writer
	}{w.Reader, w.Conn})
	if err != nil {
		t.Fatalf("read a message: %v", err)
	}
	return string(data)
}
