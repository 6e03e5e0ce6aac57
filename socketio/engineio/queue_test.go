package engineio_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"

	"gifchat/socketio/engineio"
)

// When too much waits for all clients together, the longest queue gives way.
func TestBacklog_over_the_limit_ends_the_longest_queue(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{MaxBacklog: 100_000}}, nil)
	_, short := f.poll()
	_, long := f.poll()
	_, middle := f.poll()
	for p, packets := range map[*peer]int{short: 1, long: 5, middle: 3} {
		for range packets {
			p.send(t, strings.Repeat("x", 10_000))
		}
	}
	short.send(t, strings.Repeat("x", 10_000))
	long.wantClosed(t, engineio.ReasonTooSlow)
	short.wantOpen(t)
	middle.wantOpen(t)
	if got := f.engine.Backlog(); got < 50_000 || got > 51_000 {
		t.Errorf("%d bytes wait, want those of five packets", got)
	}
}

func TestBacklog_counts_the_bytes_of_a_broadcast_once(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{MaxBacklog: 100_000}}, nil)
	broadcast := engineio.Prepare([]byte(strings.Repeat("x", 80_000)))
	var peers []*peer
	var sids []string
	for range 50 {
		sid, p := f.poll()
		peers, sids = append(peers, p), append(sids, sid)
		if err := p.conn.Send(broadcast); err != nil {
			t.Fatal(err)
		}
	}
	if got := f.engine.Backlog(); got < 80_000+50*64 || got > 80_100+50*64 {
		t.Errorf("%d bytes wait, want 80,000 once and 64 for each of 50 queues", got)
	}
	for i, p := range peers {
		p.wantOpen(t)
		f.call("GET", "&sid="+sids[i], "").want(t, 200, "4"+strings.Repeat("x", 80_000))
	}
	if got := f.engine.Backlog(); got != 0 {
		t.Errorf("%d bytes wait when all were taken", got)
	}
}

// Whatever becomes of a queue, it leaves nothing in the count.
func TestBacklog_is_empty_after_every_end(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	big := engineio.Prepare([]byte(strings.Repeat("x", 300_000)))
	for name, end := range map[string]func(p *peer, w *wire){
		"closed_by_the_server": func(p *peer, w *wire) { p.conn.Close(); w.close() },
		"rejected":             func(p *peer, _ *wire) { p.conn.Reject() },
		"cut_by_the_client":    func(_ *peer, w *wire) { w.close() },
		"finished":             func(p *peer, w *wire) { p.conn.CloseWhenSent(); w.wantClose(ws.StatusNormalClosure) },
		"read": func(_ *peer, w *wire) {
			for range 40 {
				w.text()
			}
		},
		"too_slow": func(p *peer, _ *wire) {
			for p.conn.Send(big) == nil {
				continue
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, p := f.websocket()
			for range 40 {
				if p.conn.Send(engineio.Prepare([]byte(strings.Repeat("y", 50_000)))) != nil {
					t.Fatal("the queue has a lower limit than 2 MB")
				}
			}
			if f.engine.Backlog() == 0 {
				t.Fatal("the socket took everything: the test tests nothing")
			}
			end(p, w)
			eventually(t, func() bool { return f.engine.Backlog() == 0 })
		})
	}
}

func TestWaitQueue(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll()
	for range 3 {
		p.send(t, strings.Repeat("x", 400_000))
	}
	if packets, bytes := p.conn.Queued(); packets != 3 || bytes < 1_200_000 || bytes > 1_200_100 {
		t.Errorf("%d packets of %d bytes are queued, want 3 of 400,000", packets, bytes)
	}
	if err := p.conn.WaitQueue(t.Context(), 2_000_000); err != nil {
		t.Errorf("below the mark: %v", err)
	}
	timeout, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := p.conn.WaitQueue(timeout, 500_000); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the end of the context", err)
	}
	done := make(chan error, 1)
	go func() { done <- p.conn.WaitQueue(t.Context(), 500_000) }()
	if got := f.call("GET", "&sid="+sid, ""); len(got.body) < 800_000 {
		t.Errorf("the poll took %d bytes", len(got.body))
	}
	if err := receive(t, done); err != nil {
		t.Errorf("got %v when the client had taken two of three", err)
	}
	go func() { done <- p.conn.WaitQueue(t.Context(), 0) }()
	p.conn.Reject()
	if err := receive(t, done); !errors.Is(err, engineio.ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}

// CloseWhenSent: everything queued, then the end.
func TestCloseWhenSent_over_WebSocket(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{MaxQueueBytes: 64 << 20}}, nil)
	w, p := f.websocket()
	const messages = 100
	for i := range messages {
		p.send(t, fmt.Sprintf("%03d%s", i, strings.Repeat("x", 100_000))) // 10 MB: more than the socket takes
	}
	p.conn.CloseWhenSent()
	if err := p.conn.Send(engineio.Prepare([]byte("late"))); !errors.Is(err, engineio.ErrClosed) {
		t.Errorf("Send after it returned %v, want ErrClosed", err)
	}
	p.wantOpen(t)
	for i := range messages {
		if got := w.text(); got[:4] != fmt.Sprintf("4%03d", i) {
			t.Fatalf("got %.10q, want number %d", got, i)
		}
	}
	w.wantClose(ws.StatusNormalClosure)
	p.wantClosed(t, engineio.ReasonForcedClose)
}

func TestCloseWhenSent_over_polling(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{MaxPayload: 1000}}, nil)
	for name, sizes := range map[string][]int{"nothing_queued": {}, "one_poll": {100, 200}, "three_polls": {800, 800, 800}} {
		t.Run(name, func(t *testing.T) {
			for _, waits := range []bool{false, true} {
				sid, p := f.poll()
				var first <-chan answer
				if waits {
					first = f.waitingPoll(sid, p)
				}
				var want strings.Builder
				for _, size := range sizes {
					text := strings.Repeat("x", size)
					p.conn.Queue(engineio.Prepare([]byte(text)))
					want.WriteString("4" + text + "\x1e")
				}
				p.conn.CloseWhenSent()
				var got strings.Builder
				for ended := false; !ended; {
					var a answer
					if first != nil {
						a, first = receive(t, first), nil
					} else {
						a = f.call("GET", "&sid="+sid, "")
					}
					if a.status != 200 {
						t.Fatalf("got %d %s behind %q", a.status, a.body, got.String())
					}
					got.WriteString(a.body)
					ended = a.body == "1" || strings.HasSuffix(a.body, "\x1e1")
					if !ended {
						got.WriteString("\x1e")
					}
				}
				if got.String() != want.String()+"1" {
					t.Errorf("with a poll that waits %t: got %q", waits, got.String())
				}
				p.wantClosed(t, engineio.ReasonForcedClose)
			}
		})
	}
}

func TestCloseWhenSent_during_an_upgrade(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll()
	w := f.probe(sid)
	p.send(t, "last words")
	p.conn.CloseWhenSent()
	p.wantOpen(t)
	w.say("5")
	w.wantText("4last words")
	w.wantClose(ws.StatusNormalClosure)
	p.wantClosed(t, engineio.ReasonForcedClose)
}

func TestCloseWhenSent_of_a_client_that_does_not_come_is_bounded(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		_, p := b.poll()
		p.send(t, "last words")
		p.conn.CloseWhenSent()
		b.at(10*time.Second - time.Nanosecond)
		p.wantOpen(t)
		b.at(10 * time.Second)
		p.wantClosed(t, engineio.ReasonTooSlow)
	})
	inBubble(t, engineio.Config{}, func(b *bubble) {
		w := b.dial("")
		w.text()
		p := <-b.peers
		p.send(t, "last words")
		p.conn.CloseWhenSent()
		b.at(10 * time.Second)
		synctest.Wait()
		p.wantClosed(t, engineio.ReasonTooSlow)
		w.close()
	})
}

// A ping is no reason to cut a client that is taking one large message.
func TestHeartbeats_have_room_in_a_full_queue(t *testing.T) {
	inBubble(t, engineio.Config{Limits: engineio.Limits{MaxQueueBytes: 1000, StallTimeout: time.Hour}}, func(b *bubble) {
		w := b.dial("")
		w.text()
		p := <-b.peers
		synctest.Wait()
		p.send(t, strings.Repeat("x", 100_000))
		b.at(26 * time.Second)
		p.wantOpen(t)
		if text := w.text(); len(text) != 100_001 {
			t.Errorf("got %d bytes", len(text))
		}
		w.wantText("2")
		w.close()
	})
}
