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
	"gifchat/socketio/internal/siotest"
)

// One client stops reading while it and others receive messages of 64 KiB.
func TestSend_ends_a_stalled_reader_without_delaying_others(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	const healthy, messages = 3, 400
	stalledWire, stalled := f.WebSocket()
	_ = stalledWire.Conn.(*net.TCPConn).SetReadBuffer(4096)
	var conns []*engineio.Conn
	got := make(chan string, healthy)
	var wg sync.WaitGroup
	for range healthy {
		w, p := f.WebSocket()
		conns = append(conns, p.Conn)
		wg.Go(func() {
			for range messages {
				got <- w.Text()[:10]
			}
		})
	}
	body := strings.Repeat("x", 64<<10)
	var most int
	var longest time.Duration
	failedAt := -1
	for i := range messages {
		message := engineio.Prepare(fmt.Appendf(nil, "%09d%s", i, body))
		begin := time.Now()
		err := stalled.Conn.Send(message)
		longest = max(longest, time.Since(begin))
		if _, waiting := stalled.Conn.Queued(); waiting > most {
			most = waiting
		}
		if err != nil && failedAt < 0 {
			failedAt = i
		}
		for _, c := range conns {
			if err := c.Send(message); err != nil {
				t.Fatal(err)
			}
		}
		for range healthy { // wait until the healthy clients have it
			if number := siotest.Receive(t, got); number != fmt.Sprintf("4%09d", i) {
				t.Fatalf("healthy client: got number %s, want %d", number, i)
			}
		}
	}
	wg.Wait()
	stalled.WantClosed(t, engineio.ReasonTooSlow)
	if limit := 2<<20 + 2*(64<<10); most > limit {
		t.Errorf("Queued: got %d bytes, want at most %d", most, limit)
	}
	if failedAt < 0 || longest > 4*time.Second { // a blocking write would take StallTimeout
		t.Errorf("got an error at message %d and a Send of %v, want an error and at most 4 s", failedAt, longest)
	}
}

func TestSend_ends_a_client_that_does_not_poll(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{Limits: engineio.Limits{MaxQueueBytes: 1000}}, nil)
	for name, size := range map[string]int{"large packets": 300, "small packets": 1} {
		t.Run(name, func(t *testing.T) {
			_, p := f.Open()
			message := engineio.Prepare([]byte(strings.Repeat("x", size)))
			sent := 0
			for p.Conn.Send(message) == nil {
				if sent++; sent > 100 {
					t.Fatal("Send: got more than 100 packets queued, want an error")
				}
			}
			// A frame of 1 byte of text has 4 bytes, one of 300 has 305. Each packet counts 64 more.
			if want := map[int]int{300: 2, 1: 14}[size]; sent != want {
				t.Errorf("got %d packets queued, want %d", sent, want)
			}
			p.WantClosed(t, engineio.ReasonTooSlow)
		})
	}
}

func TestSend_queues_one_message_above_the_limit(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{Limits: engineio.Limits{MaxQueueBytes: 1000}}, nil)
	sid, p := f.Open()
	p.Send(t, strings.Repeat("x", 5000))
	if err := p.Conn.Send(engineio.Prepare([]byte("y"))); err == nil {
		t.Error("Send of a second message: got no error, want one")
	}
	p.WantClosed(t, engineio.ReasonTooSlow)
	f.Call("GET", "&sid="+sid, "").Want(t, 400, unknownSID)
}

func TestSend_returns_the_limit_and_then_ErrClosed(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{Limits: engineio.Limits{MaxQueueBytes: 1}}, nil)
	_, p := f.Open()
	p.Send(t, "x")
	if err := p.Conn.Send(engineio.Prepare([]byte("y"))); err == nil || errors.Is(err, engineio.ErrClosed) {
		t.Errorf("Send above the limit: got %v, want an error that is not ErrClosed", err)
	}
	if err := p.Conn.Send(engineio.Prepare([]byte("z"))); !errors.Is(err, engineio.ErrClosed) {
		t.Errorf("Send after the end: got %v, want ErrClosed", err)
	}
}

// Packets of several broadcasts are sent with one write.
func TestQueue_joins_packets_into_one_write(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		w := b.dial("")
		w.Text()
		p := <-b.peers
		synctest.Wait() // until the write of the open packet is complete
		if !p.Conn.Queue(engineio.Prepare([]byte("one"))) {
			t.Error("first Queue: got false, want true")
		}
		for _, text := range []string{"two", "three"} {
			if p.Conn.Queue(engineio.Prepare([]byte(text))) {
				t.Errorf("Queue of %s: got true, want false", text)
			}
		}
		p.Conn.Flush()
		synctest.Wait()
		one := make([]byte, 1024)
		n, err := w.Conn.Read(one)
		if want := "\x81\x044one\x81\x044two\x81\x064three"; err != nil || string(one[:n]) != want {
			t.Errorf("write: got %q, %v, want %q", one[:n], err, want)
		}
		synctest.Wait()
		if !p.Conn.Queue(engineio.Prepare([]byte("four"))) {
			t.Error("Queue after the flush: got false, want true")
		}
		p.Conn.Flush()
		w.WantText("4four")
		w.Close()
	})
}

// Many goroutines call Queue, Flush and Send. Every message arrives once and in the order
// of its sender.
func TestSend_keeps_the_order_of_each_sender(t *testing.T) {
	const senders, messages = 8, 500
	for _, transport := range []string{"websocket", "polling"} {
		t.Run(transport, func(t *testing.T) {
			f := siotest.Serve(t, engineio.Config{Limits: engineio.Limits{MaxQueueBytes: 64 << 20}}, nil)
			var next func() []string
			var p *siotest.Peer
			if transport == "polling" {
				var sid string
				sid, p = f.Open()
				next = func() []string { return strings.Split(f.Call("GET", "&sid="+sid, "").Body, "\x1e") }
			} else {
				var w *siotest.WebSocket
				w, p = f.WebSocket()
				next = func() []string { return []string{w.Text()} }
			}
			var wg sync.WaitGroup
			for s := range senders {
				wg.Go(func() {
					for i := range messages {
						message := engineio.Prepare(fmt.Appendf(nil, "%d %d", s, i))
						if i%3 == s%3 {
							if err := p.Conn.Send(message); err != nil {
								t.Error(err)
							}
						} else if p.Conn.Queue(message) {
							if i%2 == 0 {
								runtime.Gosched()
							}
							p.Conn.Flush()
						}
					}
				})
			}
			var want [senders]int
			for n := 0; n < senders*messages; {
				for _, text := range next() {
					var s, i int
					if _, err := fmt.Sscanf(text, "4%d %d", &s, &i); err != nil {
						t.Fatalf("message: got %q, want 4<sender> <number>", text)
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

// A queue that is full because Flush has not been called yet is not a slow client.
func TestQueue_flushes_a_full_queue_of_a_fast_client(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{Limits: engineio.Limits{MaxQueueBytes: 10_000}}, nil)
	w, p := f.WebSocket()
	const packets = 20 // 60 KB: less than the socket's buffer
	for i := range packets {
		p.Conn.Queue(engineio.Prepare(fmt.Appendf(nil, "%d%s", 1000+i, strings.Repeat("x", 3000))))
	}
	p.WantOpen(t)
	p.Conn.Flush()
	for i := range packets {
		if got := w.Text(); got[:5] != fmt.Sprintf("4%d", 1000+i) {
			t.Fatalf("got %.10q, want %d", got, 1000+i)
		}
	}
}

// The queue of such a client accepts further packets, so only its age shows that the
// client is slow.
func TestQueue_ends_a_client_that_never_polls(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		_, p := b.poll()
		for i := range 12 { // StallTimeout is 10 s
			b.at(time.Duration(i) * time.Second)
			p.WantOpen(t)
			if p.Conn.Queue(engineio.Prepare([]byte("x"))) {
				p.Conn.Flush()
			}
		}
		p.WantClosed(t, engineio.ReasonTooSlow)
	})
}

func TestQueue_flushes_a_full_queue_into_a_waiting_poll(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{Limits: engineio.Limits{MaxQueueBytes: 100_000}}, nil)
	sid, p := f.Open()
	waiting := waitingPoll(t, f, sid, p)
	packet := strings.Repeat("x", 10_000)
	for range 15 {
		p.Conn.Queue(engineio.Prepare([]byte(packet)))
	}
	p.WantOpen(t)
	siotest.Receive(t, waiting).Want(t, 200, strings.Repeat("4"+packet+"\x1e", 8)+"4"+packet) // the tenth packet did not fit
}
