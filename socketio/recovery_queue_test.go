package socketio_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio"
	"gifchat/socketio/engineio"
)

func TestRecovery_sends_one_large_event_after_the_answer(t *testing.T) {
	f := recovering(t, socketio.Recovery{})
	r := &stockClient{}
	f.connectTo(r)
	f.lose(r)
	text := strings.Repeat("x", 100_000)
	_ = f.Of("/chat").Emit("a", text)
	wantMissed(t, f.resume(r)) // before the answer
	r.wantNext(`42/chat,["a","` + text + `"]`)
}

// The queue is smaller than what is sent before the answer by default, than what
// a replay queues, and than what it holds.
func TestRecovery_fits_into_a_small_queue(t *testing.T) {
	cfg := socketio.Config{
		PingInterval: 24 * time.Hour,
		Recovery:     func(string) socketio.Recovery { return socketio.Recovery{MaxAbsence: time.Minute} },
		Limits:       socketio.Limits{Engine: engineio.Limits{MaxQueueBytes: 40 << 10}},
	}
	for name, missed := range map[string]int{"before the answer": 60, "in a replay": 200} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, cfg, func(b *bubble) {
				p := newPoller(b)
				p.lose()
				p.emit(1, missed, 1000)
				p.connect()
				p.pollUntil(missed)
				p.wantEvents(missed)
				if s, ok := p.n.Socket(p.sid); !ok || !s.Recovered() {
					t.Error("socket: got none or a new one, want the recovered one")
				}
			})
		})
	}
	t.Run("with too many acknowledgements", func(t *testing.T) {
		inBubble(t, cfg, func(b *bubble) {
			p := newPoller(b)
			answer := strings.Repeat("x", 1000)
			p.n.On("ask", func(e *socketio.Event) { _ = e.Ack(answer) })
			var reason socketio.Reason
			p.n.OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { reason = r })
			p.lose()
			p.emit(1, 60, 1000)
			p.connect()
			for range 60 {
				p.send(`42/chat,7["ask"]`)
			}
			if reason != socketio.ReasonForcedClose {
				t.Errorf("reason: got %q, want %q", reason, socketio.ReasonForcedClose)
			}
		})
	})
}

// The namespaces of a client share its queue. Together they have missed more
// than it holds.
func TestReplay_of_many_namespaces_fits_into_the_queue(t *testing.T) {
	const namespaces = 20
	for name, missed := range map[string]struct{ events, size int }{
		"one large event":  {1, 150_000},
		"many events":      {40, 10_000},
		"many tiny events": {3000, 1},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := socketio.Config{
				PingInterval: 24 * time.Hour,
				Recovery:     func(string) socketio.Recovery { return socketio.Recovery{MaxAbsence: time.Minute} },
			}
			inBubble(t, cfg, func(b *bubble) {
				connects := make([]string, namespaces)
				for i := range connects {
					b.server.Of(fmt.Sprintf("/%d", i))
					connects[i] = fmt.Sprintf("40/%d,", i)
				}
				b.request("POST", strings.Join(connects, "\x1e"))
				synctest.Wait()
				for packet := range strings.SplitSeq(b.request("GET", ""), "\x1e") {
					var i int
					head, pid, _ := strings.Cut(packet, `"pid":"`)
					if _, err := fmt.Sscanf(head, "40/%d,", &i); err != nil {
						t.Fatal(packet)
					}
					connects[i] += `{"pid":"` + pid
				}
				b.server.Of("/0").CloseConns()
				synctest.Wait()
				text := strings.Repeat("x", missed.size)
				for i := range namespaces {
					for number := range missed.events {
						_ = b.server.Of(fmt.Sprintf("/%d", i)).Emit("e", number, text)
					}
				}
				b.open()
				b.request("POST", strings.Join(connects, "\x1e"))
				synctest.Wait()
				received, total := make([]int, namespaces), 0
				for total < namespaces*missed.events && b.server.Len() == 1 {
					for packet := range strings.SplitSeq(b.request("GET", ""), "\x1e") {
						var i, number int
						if _, err := fmt.Sscanf(packet, `42/%d,["e",%d,`, &i, &number); err != nil {
							continue // a CONNECT
						}
						if number != received[i] {
							t.Fatalf("event of /%d: got %d, want %d", i, number, received[i])
						}
						received[i]++
						total++
					}
					synctest.Wait()
				}
				if total != namespaces*missed.events {
					t.Errorf("events: got %v, want %d of each namespace", received, missed.events)
				}
			})
		})
	}
}
