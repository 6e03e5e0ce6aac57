package socketio_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio"
)

// closeInBackground calls Close and returns when the server ignores events.
func (f *fixture) closeInBackground(ctx context.Context) <-chan error {
	f.t.Helper()
	closed := make(chan error, 1)
	go func() { closed <- f.Close(ctx) }()
	eventually(f.t, f.IgnoresEvents)
	return closed
}

// slowHandler adds a handler for "slow" that emits "progress" and acknowledges the
// event with "done" after release is closed.
func slowHandler(f *fixture) (entered <-chan struct{}, release chan struct{}) {
	running, release := make(chan struct{}, 8), make(chan struct{})
	f.Of("/").On("slow", func(e *socketio.Event) {
		running <- struct{}{}
		<-release
		_ = e.Socket.Emit("progress")
		_ = e.Ack("done")
	})
	return running, release
}

func TestServerClose_delivers_the_answers_of_running_handlers(t *testing.T) {
	for name, connect := range peers {
		t.Run(name, func(t *testing.T) {
			f := serve(t, socketio.Config{})
			entered, release := slowHandler(f)
			reasons := make(chan socketio.Reason, 1)
			f.Of("/").OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { reasons <- r })
			p := connect(t, f.http.URL)
			p.send(`421["slow"]`)
			receive(t, entered)
			closed := f.closeInBackground(ctx(t))
			close(release)
			wantPackets(t, p, `42["progress"]`, `431["done"]`)
			if err := receive(t, closed); err != nil {
				t.Errorf("Close: got %v, want no error", err)
			}
			if got := receive(t, reasons); got != socketio.ReasonServerShutdown {
				t.Errorf("reason: got %q, want %q", got, socketio.ReasonServerShutdown)
			}
		})
	}
}

// A polling client fetches its last packets up to 200 ms after its handler has
// returned.
func TestServerClose_waits_for_the_next_poll_of_a_client_with_packets(t *testing.T) {
	for delay, want := range map[time.Duration]string{
		199 * time.Millisecond: `42["progress"]` + "\x1e" + `431["done"]`,
		201 * time.Millisecond: "Session ID unknown",
	} {
		t.Run(delay.String(), func(t *testing.T) {
			inBubble(t, socketio.Config{}, func(b *bubble) {
				release := make(chan struct{})
				b.server.Of("/").On("slow", func(e *socketio.Event) {
					<-release
					_ = e.Socket.Emit("progress")
					_ = e.Ack("done")
				})
				b.request("POST", "40")
				b.request("GET", "")
				b.request("POST", `421["slow"]`)
				go b.server.Close(context.Background())
				time.Sleep(time.Second)
				close(release)
				time.Sleep(delay)
				if got := b.request("GET", ""); !strings.Contains(got, want) {
					t.Errorf("poll: got %q, want %q", got, want)
				}
				if delay < 200*time.Millisecond {
					if got := b.request("GET", ""); got != "1" {
						t.Errorf("second poll: got %q, want a close packet", got)
					}
				}
			})
		})
	}
}

// A handler waits for the acknowledgements of its own client, whose inbox is full, and
// of another client.
func TestServerClose_lets_handlers_wait_for_clients(t *testing.T) {
	for name, connect := range peers {
		t.Run(name, func(t *testing.T) {
			f := serve(t, socketio.Config{Limits: socketio.Limits{MaxInbox: 1}})
			entered := make(chan struct{})
			f.Of("/").On("survey", func(e *socketio.Event) {
				close(entered)
				answers, err := f.Of("/").EmitWithAck(ctx(t), "ask")
				_ = e.Ack(len(answers), err == nil)
			})
			own, other := connect(t, f.http.URL), connect(t, f.http.URL)
			own.send(`427["survey"]`)
			receive(t, entered)
			for _, p := range []peer{own, other} {
				if got, err := p.next(); got != `421["ask"]` || err != nil {
					t.Fatalf("packet: got %q, %v, want the question", got, err)
				}
			}
			own.send(`42["ignored"]`) // fills the inbox
			if _, ok := own.(webSocketPeer); ok {
				own.send(`42["ignored"]`) // waits for the inbox
			}
			closed := f.closeInBackground(ctx(t))
			own.send(`431["yes"]`)
			other.send(`431["no"]`)
			wantPackets(t, own, `437[2,true]`)
			wantPackets(t, other)
			if err := receive(t, closed); err != nil {
				t.Errorf("Close: got %v, want no error", err)
			}
		})
	}
}

func TestServerClose_ignores_events_that_arrive_after_its_start(t *testing.T) {
	for name, connect := range peers {
		t.Run(name, func(t *testing.T) {
			f := serve(t, socketio.Config{})
			entered, release := slowHandler(f)
			var handled journal
			f.Of("/").On("late", func(*socketio.Event) { handled.note("late") })
			f.Of("/").OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { handled.note(string(r)) })
			busy, idle := connect(t, f.http.URL), connect(t, f.http.URL)
			busy.send(`421["slow"]`)
			receive(t, entered)
			closed := f.closeInBackground(ctx(t))
			for _, p := range []peer{busy, idle} {
				p.send(`42["late"]`)
			}
			idle.send("41")
			handled.wantSoon(t, string(socketio.ReasonClientDisconnect)) // after its event
			close(release)
			wantPackets(t, busy, `42["progress"]`, `431["done"]`)
			if err := receive(t, closed); err != nil {
				t.Errorf("Close: got %v, want no error", err)
			}
			handled.want(t, string(socketio.ReasonClientDisconnect), string(socketio.ReasonServerShutdown))
		})
	}
}

// A handler that never returns costs the time of the context.
func TestServerClose_cuts_everything_when_its_context_ends(t *testing.T) {
	for name, connect := range peers {
		t.Run(name, func(t *testing.T) {
			f := serve(t, socketio.Config{})
			entered, release := slowHandler(f)
			p := connect(t, f.http.URL)
			p.send(`421["slow"]`)
			receive(t, entered)
			p.send(`421["slow"]`) // not handled
			limited, cancel := context.WithCancelCause(t.Context())
			closed := f.closeInBackground(limited)
			enough := errors.New("enough")
			cancel(enough)
			if err := receive(t, closed); !errors.Is(err, enough) || err.Error() != "enough" {
				t.Errorf("Close: got %v, want %v", err, enough)
			}
			wantPackets(t, p)
			if f.Len() != 0 {
				t.Errorf("connections: got %d, want 0", f.Len())
			}
			close(release)
			if err := f.Close(ctx(t)); err != nil {
				t.Errorf("second Close: got %v, want no error", err)
			}
			select {
			case <-entered:
				t.Error("second event: handled, want it dropped")
			default:
			}
		})
	}
}

// connectedBubbles returns n clients of one server.
func connectedBubbles(b *bubble, n int) []*bubble {
	all := make([]*bubble, n)
	for i := range all {
		all[i] = b
		if i > 0 {
			all[i] = &bubble{t: b.t, server: b.server}
			all[i].open()
		}
		all[i].request("POST", "40")
		all[i].request("GET", "")
	}
	return all
}

func TestCloseOver_spreads_the_end_of_the_connections(t *testing.T) {
	inBubble(t, socketio.Config{CloseOver: 10 * time.Second}, func(b *bubble) {
		clients := connectedBubbles(b, 10)
		b.server.Of("/").On("e", func(e *socketio.Event) { _ = e.Ack() })
		begin, closed := time.Now(), make(chan error, 1)
		go func() { closed <- b.server.Close(context.Background()) }()
		for want := 9; want >= 0; want-- {
			synctest.Wait()
			if got := b.server.Len(); got != want {
				t.Errorf("connections after %v: got %d, want %d", time.Since(begin), got, want)
			}
			works := 0
			for _, c := range clients {
				if c.request("POST", `421["e"]`) == "ok" && c.request("GET", "") == "431[]" {
					works++
				}
			}
			if works != want {
				t.Errorf("clients that work after %v: got %d, want %d", time.Since(begin), works, want)
			}
			if got := (&bubble{t: t, server: b.server}).request("GET", ""); !strings.Contains(got, "shutting down") {
				t.Errorf("handshake: got %q, want a refusal", got)
			}
			time.Sleep(time.Second)
		}
		if err := <-closed; err != nil {
			t.Errorf("Close: got %v, want no error", err)
		}
	})
}

func TestCloseOver_delays_no_server_without_clients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := socketio.NewServer(socketio.Config{CloseOver: time.Hour})
		begin := time.Now()
		if err := server.Close(t.Context()); err != nil || time.Since(begin) != 0 {
			t.Errorf("Close: got %v after %v, want no error at once", err, time.Since(begin))
		}
	})
}

func TestCloseOver_is_cut_by_the_context(t *testing.T) {
	inBubble(t, socketio.Config{CloseOver: time.Hour, PingInterval: 2 * time.Hour}, func(b *bubble) {
		connectedBubbles(b, 10)
		limited, cancel := context.WithTimeout(context.Background(), 30*time.Minute)
		defer cancel()
		if err := b.server.Close(limited); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close: got %v, want %v", err, context.DeadlineExceeded)
		}
		if b.server.Len() != 0 {
			t.Errorf("connections: got %d, want 0", b.server.Len())
		}
	})
}

// The handler of a client whose turn has come delays its own end only.
func TestCloseOver_waits_for_the_handler_of_each_client(t *testing.T) {
	inBubble(t, socketio.Config{CloseOver: 2 * time.Second, HandlerGrace: 10 * time.Second}, func(b *bubble) {
		clients := connectedBubbles(b, 2)
		release := make(chan struct{})
		b.server.Of("/").On("slow", func(e *socketio.Event) { <-release; _ = e.Ack() })
		clients[0].request("POST", `421["slow"]`)
		clients[1].request("POST", `421["slow"]`)
		closed := make(chan error, 1)
		go func() { closed <- b.server.Close(context.Background()) }()
		time.Sleep(5 * time.Second)
		if got := b.server.Len(); got != 2 {
			t.Errorf("connections with a handler: got %d, want 2", got)
		}
		close(release)
		for _, c := range clients {
			if got := c.request("GET", ""); got != "431[]" {
				t.Errorf("poll: got %q, want the acknowledgement", got)
			}
		}
		if err := <-closed; err != nil {
			t.Errorf("Close: got %v, want no error", err)
		}
	})
}
