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
	"gifchat/socketio/internal/siotest"
)

// A backlog above MaxBacklog ends the connection with the longest queue.
func TestMaxBacklog_ends_the_longest_queue(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{Limits: engineio.Limits{MaxBacklog: 100_000}}, nil)
	_, short := f.Open()
	_, long := f.Open()
	_, middle := f.Open()
	for p, packets := range map[*siotest.Peer]int{short: 1, long: 5, middle: 3} {
		for range packets {
			p.Send(t, strings.Repeat("x", 10_000))
		}
	}
	short.Send(t, strings.Repeat("x", 10_000))
	long.WantClosed(t, engineio.ReasonTooSlow)
	short.WantOpen(t)
	middle.WantOpen(t)
	if got := f.Server.Backlog(); got < 50_000 || got > 51_000 {
		t.Errorf("Backlog: got %d bytes, want 50,000 to 51,000: five packets", got)
	}
}

func TestMaxBacklog_counts_a_broadcast_once(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{Limits: engineio.Limits{MaxBacklog: 100_000}}, nil)
	broadcast := engineio.Prepare([]byte(strings.Repeat("x", 80_000)))
	var peers []*siotest.Peer
	var sids []string
	for range 50 {
		sid, p := f.Open()
		peers, sids = append(peers, p), append(sids, sid)
		if err := p.Conn.Send(broadcast); err != nil {
			t.Fatal(err)
		}
	}
	if got := f.Server.Backlog(); got < 80_000+50*64 || got > 80_100+50*64 {
		t.Errorf("Backlog: got %d bytes, want 80,000 once and 64 for each of 50 queues", got)
	}
	for i, p := range peers {
		p.WantOpen(t)
		f.Call("GET", "&sid="+sids[i], "").Want(t, 200, "4"+strings.Repeat("x", 80_000))
	}
	if got := f.Server.Backlog(); got != 0 {
		t.Errorf("Backlog after all polls: got %d bytes, want 0", got)
	}
}

// A queue that ends in any way no longer counts in the backlog.
func TestBacklog_is_empty_after_every_kind_of_end(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	big := engineio.Prepare([]byte(strings.Repeat("x", 300_000)))
	for name, end := range map[string]func(p *siotest.Peer, w *siotest.WebSocket){
		"closed by the server":       func(p *siotest.Peer, w *siotest.WebSocket) { p.Conn.Close(); w.Close() },
		"rejected":                   func(p *siotest.Peer, _ *siotest.WebSocket) { p.Conn.Reject() },
		"disconnected by the client": func(_ *siotest.Peer, w *siotest.WebSocket) { w.Close() },
		"finished": func(p *siotest.Peer, w *siotest.WebSocket) {
			p.Conn.CloseWhenSent()
			w.WantClose(ws.StatusNormalClosure)
		},
		"read": func(_ *siotest.Peer, w *siotest.WebSocket) {
			for range 40 {
				w.Text()
			}
		},
		"too slow": func(p *siotest.Peer, _ *siotest.WebSocket) {
			for p.Conn.Send(big) == nil {
				continue
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, p := f.WebSocket()
			for range 40 {
				if p.Conn.Send(engineio.Prepare([]byte(strings.Repeat("y", 50_000)))) != nil {
					t.Fatal("Send: got an error below 2 MB, want none")
				}
			}
			if f.Server.Backlog() == 0 {
				t.Fatal("Backlog: got 0, want more: the socket has accepted everything")
			}
			end(p, w)
			siotest.Eventually(t, func() bool { return f.Server.Backlog() == 0 })
		})
	}
}

func TestWaitQueue_returns_when_the_queue_is_short(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	for range 3 {
		p.Send(t, strings.Repeat("x", 400_000))
	}
	if packets, bytes := p.Conn.Queued(); packets != 3 || bytes < 1_200_000 || bytes > 1_200_100 {
		t.Errorf("Queued: got %d packets of %d bytes together, want 3 of 400,000", packets, bytes)
	}
	if err := p.Conn.WaitQueue(t.Context(), 2_000_000); err != nil {
		t.Errorf("WaitQueue with a shorter queue: got %v, want nil", err)
	}
	timeout, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := p.Conn.WaitQueue(timeout, 500_000); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("WaitQueue with a timeout: got %v, want %v", err, context.DeadlineExceeded)
	}
	done := make(chan error, 1)
	go func() { done <- p.Conn.WaitQueue(t.Context(), 500_000) }()
	if got := f.Call("GET", "&sid="+sid, ""); len(got.Body) < 800_000 {
		t.Errorf("poll: got %d bytes, want two messages of 400,000", len(got.Body))
	}
	if err := siotest.Receive(t, done); err != nil {
		t.Errorf("WaitQueue after a poll: got %v, want nil", err)
	}
	go func() { done <- p.Conn.WaitQueue(t.Context(), 0) }()
	p.Conn.Reject()
	if err := siotest.Receive(t, done); !errors.Is(err, engineio.ErrClosed) {
		t.Errorf("WaitQueue after the end: got %v, want ErrClosed", err)
	}
}

func TestWaitQueue_ends_with_the_connection(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		_, p := b.poll()
		done := make(chan error, 1)
		go func() { done <- p.Conn.WaitQueue(b.t.Context(), -1) }() // an empty queue has more bytes
		synctest.Wait()
		p.Conn.Close()
		if err := <-done; !errors.Is(err, engineio.ErrClosed) {
			t.Errorf("WaitQueue after the end: got %v, want ErrClosed", err)
		}
	})
}

// The client has not received the queue, so only the start of the end can wake WaitQueue.
func TestWaitQueue_returns_when_the_connection_is_about_to_end(t *testing.T) {
	for name, end := range map[string]func(*engineio.Conn){
		"CloseWhenSent":              (*engineio.Conn).CloseWhenSent,
		"Shutdown":                   (*engineio.Conn).Shutdown,
		"Close that writes the rest": (*engineio.Conn).Close,
	} {
		for _, transport := range []string{"polling", "websocket"} {
			t.Run(name+" over "+transport, func(t *testing.T) {
				inBubble(t, engineio.Config{}, func(b *bubble) {
					var p *siotest.Peer
					if transport == "polling" {
						_, p = b.poll()
					} else {
						b.dial("").Text() // the open packet
						p = <-b.peers
					}
					for range 3 {
						p.Send(b.t, strings.Repeat("x", 1000))
					}
					done := make(chan error, 1)
					go func() { done <- p.Conn.WaitQueue(b.t.Context(), 0) }()
					synctest.Wait()
					end(p.Conn)
					synctest.Wait()
					select {
					case err := <-done:
						if !errors.Is(err, engineio.ErrClosed) {
							t.Errorf("WaitQueue: got %v, want ErrClosed", err)
						}
					default:
						t.Error("WaitQueue: still waits, want ErrClosed at once")
					}
				})
			})
		}
	}
}

func TestCloseWhenSent_sends_everything_over_WebSocket(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{Limits: engineio.Limits{MaxQueueBytes: 64 << 20}}, nil)
	w, p := f.WebSocket()
	const messages = 100
	for i := range messages {
		p.Send(t, fmt.Sprintf("%03d%s", i, strings.Repeat("x", 100_000))) // 10 MB: more than the socket accepts
	}
	p.Conn.CloseWhenSent()
	if err := p.Conn.Send(engineio.Prepare([]byte("late"))); !errors.Is(err, engineio.ErrClosed) {
		t.Errorf("Send after CloseWhenSent: got %v, want ErrClosed", err)
	}
	p.WantOpen(t)
	for i := range messages {
		if got := w.Text(); got[:4] != fmt.Sprintf("4%03d", i) {
			t.Fatalf("message: got %.10q, want number %d", got, i)
		}
	}
	w.WantClose(ws.StatusNormalClosure)
	p.WantClosed(t, engineio.ReasonForcedClose)
}

func TestCloseWhenSent_sends_everything_over_polling(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{Limits: engineio.Limits{MaxPayload: 1000}}, nil)
	for name, sizes := range map[string][]int{"nothing queued": {}, "one poll": {100, 200}, "three polls": {800, 800, 800}} {
		t.Run(name, func(t *testing.T) {
			for _, waits := range []bool{false, true} {
				sid, p := f.Open()
				var first <-chan siotest.Response
				if waits {
					first = waitingPoll(t, f, sid, p)
				}
				var want strings.Builder
				for _, size := range sizes {
					text := strings.Repeat("x", size)
					p.Conn.Queue(engineio.Prepare([]byte(text)))
					want.WriteString("4" + text + "\x1e")
				}
				p.Conn.CloseWhenSent()
				var got strings.Builder
				for ended := false; !ended; {
					var a siotest.Response
					if first != nil {
						a, first = siotest.Receive(t, first), nil
					} else {
						a = f.Call("GET", "&sid="+sid, "")
					}
					if a.Status != 200 {
						t.Fatalf("poll after %q: got %d %s, want 200", got.String(), a.Status, a.Body)
					}
					got.WriteString(a.Body)
					ended = a.Body == "1" || strings.HasSuffix(a.Body, "\x1e1")
					if !ended {
						got.WriteString("\x1e")
					}
				}
				if got.String() != want.String()+"1" {
					t.Errorf("waiting poll %t: got %q, want %q", waits, got.String(), want.String()+"1")
				}
				p.WantClosed(t, engineio.ReasonForcedClose)
			}
		})
	}
}

func TestCloseWhenSent_completes_an_upgrade(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	w := f.Probe(sid)
	p.Send(t, "last words")
	p.Conn.CloseWhenSent()
	p.WantOpen(t)
	w.Send("5")
	w.WantText("4last words")
	w.WantClose(ws.StatusNormalClosure)
	p.WantClosed(t, engineio.ReasonForcedClose)
}

func TestCloseWhenSent_ends_after_StallTimeout(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		_, p := b.poll()
		p.Send(t, "last words")
		p.Conn.CloseWhenSent()
		b.at(10*time.Second - time.Nanosecond)
		p.WantOpen(t)
		b.at(10 * time.Second)
		p.WantClosed(t, engineio.ReasonTooSlow)
	})
	inBubble(t, engineio.Config{}, func(b *bubble) {
		w := b.dial("")
		w.Text()
		p := <-b.peers
		p.Send(t, "last words")
		p.Conn.CloseWhenSent()
		b.at(10 * time.Second)
		synctest.Wait()
		p.WantClosed(t, engineio.ReasonTooSlow)
		w.Close()
	})
}

// A ping does not end a client that is receiving one large message.
func TestHeartbeat_fits_into_a_full_queue(t *testing.T) {
	inBubble(t, engineio.Config{Limits: engineio.Limits{MaxQueueBytes: 1000, StallTimeout: time.Hour}}, func(b *bubble) {
		w := b.dial("")
		w.Text()
		p := <-b.peers
		synctest.Wait()
		p.Send(t, strings.Repeat("x", 100_000))
		b.at(26 * time.Second)
		p.WantOpen(t)
		if text := w.Text(); len(text) != 100_001 {
			t.Errorf("message: got %d bytes, want 100001", len(text))
		}
		w.WantText("2")
		w.Close()
	})
}
