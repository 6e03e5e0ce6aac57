package socketio_test

import (
	"strings"
	"testing"
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
