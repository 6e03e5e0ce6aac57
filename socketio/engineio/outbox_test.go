package engineio_test

import (
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio/engineio"
)

// One client stops reading while 64 KiB messages go to it and to others.
func TestAStalledReaderIsCutAndHoldsNobodyUp(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	const healthy, messages = 3, 400
	stalledWire, stalled := f.websocket()
	_ = stalledWire.conn.(*net.TCPConn).SetReadBuffer(4096)
	var conns []*engineio.Conn
	got := make(chan string, healthy)
	var wg sync.WaitGroup
	for range healthy {
		w, p := f.websocket()
		conns = append(conns, p.conn)
		wg.Go(func() {
			for range messages {
				got <- w.text()[:10]
			}
		})
	}
	body := strings.Repeat("x", 64<<10)
	var most int
	var longest time.Duration
	cut := -1
	for i := range messages {
		message := engineio.Prepare(fmt.Appendf(nil, "%09d%s", i, body))
		begin := time.Now()
		err := stalled.conn.Send(message)
		longest = max(longest, time.Since(begin))
		if _, waiting := stalled.conn.Queued(); waiting > most {
			most = waiting
		}
		if err != nil && cut < 0 {
			cut = i
		}
		for _, c := range conns {
			if err := c.Send(message); err != nil {
				t.Fatal(err)
			}
		}
		for range healthy { // the healthy ones set the pace
			if number := receive(t, got); number != fmt.Sprintf("4%09d", i) {
				t.Fatalf("got number %s, want %d", number, i)
			}
		}
	}
	wg.Wait()
	stalled.wantClosed(t, engineio.ReasonTooSlow)
	if limit := 2<<20 + 2*(64<<10); most > limit {
		t.Errorf("%d bytes were waiting, want at most %d", most, limit)
	}
	if cut < 0 || longest > 4*time.Second { // a write that blocks takes the write timeout of 5 s
		t.Errorf("cut at message %d; the longest Send took %v", cut, longest)
	}
}

func TestAClientThatDoesNotPollIsCut(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{MaxQueueBytes: 1000}}, nil)
	for name, size := range map[string]int{"large packets": 300, "small packets": 1} {
		t.Run(name, func(t *testing.T) {
			_, p := f.poll()
			message := engineio.Prepare([]byte(strings.Repeat("x", size)))
			sent := 0
			for p.conn.Send(message) == nil {
				if sent++; sent > 100 {
					t.Fatal("there is no limit")
				}
			}
			// A packet of 1 byte has 4 bytes as a frame, one of 300 has 305; and 64 are added.
			if want := map[int]int{300: 2, 1: 14}[size]; sent != want {
				t.Errorf("%d packets were accepted, want %d", sent, want)
			}
			p.wantClosed(t, engineio.ReasonTooSlow)
		})
	}
}

func TestALargeMessageMayWaitAlone(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{MaxQueueBytes: 1000}}, nil)
	sid, p := f.poll()
	p.send(t, strings.Repeat("x", 5000))
	if err := p.conn.Send(engineio.Prepare([]byte("y"))); err == nil {
		t.Error("a second message may wait too")
	}
	p.wantClosed(t, engineio.ReasonTooSlow)
	f.call("GET", "&sid="+sid, "").want(t, 400, unknownSID)
}

func TestSendTellsOfItsLimit(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{MaxQueueBytes: 1}}, nil)
	_, p := f.poll()
	p.send(t, "x")
	if err := p.conn.Send(engineio.Prepare([]byte("y"))); err == nil || errors.Is(err, engineio.ErrClosed) {
		t.Errorf("got %v, want the limit", err)
	}
	if err := p.conn.Send(engineio.Prepare([]byte("z"))); !errors.Is(err, engineio.ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}

// What several broadcasts queue leaves as one write.
func TestQueuedPacketsAreJoined(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		w := b.dial("")
		w.text()
		p := <-b.peers
		synctest.Wait() // until that write is over
		if !p.conn.Queue(engineio.Prepare([]byte("one"))) {
			t.Error("the first Queue does not ask for a flush")
		}
		for _, text := range []string{"two", "three"} {
			if p.conn.Queue(engineio.Prepare([]byte(text))) {
				t.Errorf("Queue of %s asks for a second flush", text)
			}
		}
		p.conn.Flush()
		synctest.Wait()
		one := make([]byte, 1024)
		n, err := w.conn.Read(one)
		if want := "\x81\x044one\x81\x044two\x81\x064three"; err != nil || string(one[:n]) != want {
			t.Errorf("one write carries %q, %v, want %q", one[:n], err, want)
		}
		synctest.Wait()
		if !p.conn.Queue(engineio.Prepare([]byte("four"))) {
			t.Error("Queue does not ask for a flush any more")
		}
		p.conn.Flush()
		w.wantText("4four")
		w.close()
	})
}

// Queue, Flush and Send from many goroutines: nothing is lost or doubled, and
// the order of each sender is kept.
func TestTheOrderOfEachSenderIsKept(t *testing.T) {
	const senders, messages = 8, 500
	for _, transport := range []string{"websocket", "polling"} {
		t.Run(transport, func(t *testing.T) {
			f := serve(t, engineio.Config{Limits: engineio.Limits{MaxQueueBytes: 64 << 20}}, nil)
			var next func() []string
			var p *peer
			if transport == "polling" {
				var sid string
				sid, p = f.poll()
				next = func() []string { return strings.Split(f.call("GET", "&sid="+sid, "").body, "\x1e") }
			} else {
				var w *wire
				w, p = f.websocket()
				next = func() []string { return []string{w.text()} }
			}
			var wg sync.WaitGroup
			for s := range senders {
				wg.Go(func() {
					for i := range messages {
						message := engineio.Prepare(fmt.Appendf(nil, "%d %d", s, i))
						if i%3 == s%3 {
							if err := p.conn.Send(message); err != nil {
								t.Error(err)
							}
						} else if p.conn.Queue(message) {
							if i%2 == 0 {
								runtime.Gosched()
							}
							p.conn.Flush()
						}
					}
				})
			}
			var want [senders]int
			for n := 0; n < senders*messages; {
				for _, text := range next() {
					var s, i int
					if _, err := fmt.Sscanf(text, "4%d %d", &s, &i); err != nil {
						t.Fatalf("got %q", text)
					}
					if i != want[s] {
						t.Fatalf("sender %d: got %d, want %d", s, i, want[s])
					}
					want[s]++
					n++
				}
			}
			wg.Wait()
		})
	}
}

// A broadcast that has not come round to flushing yet is not the client's fault.
func TestAQueueThatNobodyHasFlushedIsNoSlowClient(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{MaxQueueBytes: 10_000}}, nil)
	w, p := f.websocket()
	const packets = 20 // 60 KB: the socket takes them
	for i := range packets {
		p.conn.Queue(engineio.Prepare(fmt.Appendf(nil, "%d%s", 1000+i, strings.Repeat("x", 3000))))
	}
	p.wantOpen(t)
	p.conn.Flush()
	for i := range packets {
		if got := w.text(); got[:5] != fmt.Sprintf("4%d", 1000+i) {
			t.Fatalf("got %.10q, want %d", got, 1000+i)
		}
	}
}
