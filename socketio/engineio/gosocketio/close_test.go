package gosocketio_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"gifchat/socketio/engineio"
)

func TestCloseAnswersPollsAndEndsAll(t *testing.T) {
	f := serve(t, engineio.Config{})
	query, polling := f.open()
	polled := make(chan answer, 1)
	go func() {
		a, _ := request(context.Background(), f.http.URL, "GET", query, nil)
		polled <- a
	}()
	polling.send(t, "before")
	first := receive(t, polled)
	first.want(t, 200, "7:4before")
	go func() {
		a, _ := request(context.Background(), f.http.URL, "GET", query, nil)
		polled <- a
	}()
	w, socket := f.connect()
	_, idle := f.open() // nobody polls

	polling.send(t, "again") // the second poll may or may not be there yet
	if got := receive(t, polled); got.body != "6:4again" {
		t.Errorf("got %v", got)
	}
	closeEngine(t, f.engine)
	for _, p := range []*peer{polling, socket, idle} {
		p.wantClosed(t, engineio.ReasonShutdown)
	}
	w.wantEnd()
	if n := f.engine.Len(); n != 0 {
		t.Errorf("%d connections are left", n)
	}
	f.call("GET", "&transport=polling", "").want(t, 503, `{"code":3,"message":"Server is shutting down"}`)
}

// What was sent before Close still leaves, then the connection ends.
func TestTheLastWord(t *testing.T) {
	f := serve(t, engineio.Config{})
	w, p := f.connect()
	for range 50 {
		p.send(t, "word")
	}
	p.send(t, "last word")
	p.conn.Close()
	got := ""
	for !strings.HasSuffix(got, "last word") {
		got += w.text()
	}
	w.wantEnd()

	for tries := 1; ; tries++ {
		query, p := f.open()
		polled := make(chan answer, 1)
		go func() {
			a, _ := request(context.Background(), f.http.URL, "GET", query, nil)
			polled <- a
		}()
		time.Sleep(time.Duration(tries) * 5 * time.Millisecond) // nothing tells that the poll has arrived
		p.send(t, "last word")
		p.conn.Close()
		a := receive(t, polled)
		f.call("GET", query, "").want(t, 400, `{"code":1,"message":"Session ID unknown"}`)
		if a.body == "10:4last word" || a.body == "10:4last word1:1" {
			return
		}
		if tries == 20 {
			t.Fatalf("got %v", a)
		}
	}
}

// Who posts does not wait for ever when the connection ends in the middle of
// its body.
func TestCloseInTheMiddleOfABody(t *testing.T) {
	for name, body := range map[string]string{
		"messages": "2:4a2:4b2:4c",
		"pings":    "2:4a1:21:21:2",
		"binary":   "2:4a6:b4/8Op6:b4/8Op",
		"long":     "2:4a" + strings.Repeat("12:4ten letters", 2000) + "2:4b",
		"base64":   "2:4a" + "20002:b4" + strings.Repeat("AAAA", 5000),
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, engineio.Config{})
			query, p := f.open()
			p.stuck = make(chan struct{})
			posted := make(chan answer, 1)
			go func() {
				a, _ := request(context.Background(), f.http.URL, "POST", query, strings.NewReader(body))
				posted <- a
			}()
			p.wantMessage(t, heard{"a", false})
			p.conn.Close()
			close(p.stuck) // as the layer above lets go of what has ended
			receive(t, posted)
			if len(p.messages) > 0 {
				t.Error("a message was heard after the end")
			}
		})
	}
}

func TestAClientThatDoesNotReadLosesOnlyItself(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{StallTimeout: 2 * time.Second}})
	stalled, lost := f.connect()
	if err := stalled.conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	healthy := make([]*wire, 4)
	peers := []*peer{lost}
	for i := range healthy {
		w, p := f.connect()
		healthy[i], peers = w, append(peers, p)
	}
	_, idle := f.open() // neither does one that does not poll
	peers = append(peers, idle)

	const broadcasts = 250
	text := strings.Repeat("x", 32<<10)
	for range broadcasts {
		shared := engineio.Prepare([]byte(text))
		for _, p := range peers {
			_ = p.conn.Send(shared) // those that end say so below
		}
		for _, w := range healthy {
			if got := w.text(); len(got) != len(text)+1 {
				t.Fatalf("got %d bytes", len(got))
			}
		}
	}
	lost.wantClosed(t, engineio.ReasonTooSlow)
	idle.wantClosed(t, engineio.ReasonTooSlow)
	for _, p := range peers[1:5] {
		p.wantOpen(t)
	}
	w, _ := f.connect() // and others still come in
	w.say("2")
	if got := w.text(); got != "3" {
		t.Errorf("got %q", got)
	}
}

// A client that does not read must not hold the end of the server up.
func TestServerClose_cuts_clients_that_do_not_read(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{MaxQueueBytes: 64 << 20, StallTimeout: time.Hour}})
	_, p := f.connect()
	text := strings.Repeat("x", 64<<10)
	for range 200 { // 12 MB: more than the kernel's buffers take
		p.send(t, text)
	}
	closeEngine(t, f.engine)
	p.wantClosed(t, engineio.ReasonShutdown)
}
