package socketio_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio"
	"gifchat/socketio/engineio"
)

// A client has sent more events than may wait for slow handlers. The server stops
// reading, and the client's pong lies behind them.
func TestSlowHandlers_do_not_end_the_connection(t *testing.T) {
	cfg := socketio.Config{PingInterval: 2 * time.Second, PingTimeout: 2 * time.Second}
	inBubble(t, cfg, func(b *bubble) {
		const events = 80
		handled := 0
		b.server.Of("/").On("slow", func(*socketio.Event) {
			time.Sleep(5 * time.Second)
			handled++
		})
		ended := make(chan socketio.Reason, 1)
		b.server.Of("/").OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { ended <- r })
		b.request("POST", "40")
		pings := make(chan bool, 100)
		var silent atomic.Bool
		go func() {
			for {
				body := b.request("GET", "")
				if body == "" || body[0] == '{' {
					close(pings)
					return
				}
				if strings.Contains("\x1e"+body, "\x1e2") && !silent.Load() {
					pings <- true
				}
			}
		}()
		go func() { // as stock clients do: one POST at a time
			b.request("POST", strings.TrimSuffix(strings.Repeat(`42["slow"]`+"\x1e", events), "\x1e"))
			for range pings {
				b.request("POST", "3")
			}
		}()
		time.Sleep(events*5*time.Second + time.Second)
		synctest.Wait()
		if handled != events {
			t.Errorf("%d of %d events were handled", handled, events)
		}
		time.Sleep(20 * time.Second) // and the heartbeat goes on
		select {
		case r := <-ended:
			t.Errorf("the connection ended: %s", r)
		default:
		}
		silent.Store(true) // now its silence means something again
		time.Sleep(5 * time.Second)
		synctest.Wait()
		select {
		case r := <-ended:
			if r != socketio.ReasonPingTimeout {
				t.Errorf("a silent client ended with %q", r)
			}
		default:
			t.Error("a silent client is kept")
		}
	})
}

// Attachments may take as long as they need while they come at Engine.MinRate.
func TestAttachments_that_make_progress_arrive(t *testing.T) {
	for name, test := range map[string]struct {
		piece int // bytes each second
		ok    bool
	}{"5_KB/s": {5_000, true}, "500_bytes/s": {500, false}} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, socketio.Config{PingInterval: time.Hour}, func(b *bubble) {
				got := make(chan int, 1)
				b.server.Of("/").On("photo", func(e *socketio.Event) {
					var photo [][]byte
					for i := range e.Args {
						var part []byte
						if err := e.Args[i].Bind(&part); err != nil {
							t.Error(err)
						}
						photo = append(photo, part)
					}
					got <- len(photo)
				})
				ended := make(chan socketio.Reason, 1)
				b.server.Of("/").OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { ended <- r })
				b.request("POST", "40")
				const parts = 10
				placeholders := make([]string, parts)
				for i := range placeholders {
					placeholders[i] = `{"_placeholder":true,"num":` + string(rune('0'+i)) + `}`
				}
				b.request("POST", `4510-["photo",`+strings.Join(placeholders, ",")+`]`)
				for range parts { // in 40 s
					time.Sleep(4 * time.Second)
					b.request("POST", "b"+strings.Repeat("AAAA", 4*test.piece/3))
				}
				synctest.Wait()
				select {
				case n := <-got:
					if !test.ok || n != parts {
						t.Errorf("an event with %d attachments arrived", n)
					}
				case r := <-ended:
					if test.ok || r != socketio.ReasonParseError {
						t.Errorf("the connection ended with %q", r)
					}
				default:
					t.Error("nothing came of it")
				}
			})
		})
	}
}

// DisconnectClient does what socket.disconnect(true) does.
func TestDisconnectClient(t *testing.T) {
	f := serve(t, socketio.Config{})
	reasons := make(chan socketio.Reason, 2)
	for _, name := range []string{"/", "/chat"} {
		f.Of(name).OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { reasons <- r })
	}
	for _, revision := range []int{3, 4} {
		c := f.dialAs(revision)
		var s *socketio.Socket
		if revision == 4 {
			s = f.join(c, "/")
			f.join(c, "/chat")
		} else {
			c.want("40")
			c.say("40/chat")
			c.want("40/chat,")
			s = f.Of("/").Sockets()[0]
		}
		if err := s.Emit("bye"); err != nil {
			t.Fatal(err)
		}
		s.DisconnectClient()
		if err := s.Emit("late"); err == nil {
			t.Error("an event can be sent after it")
		}
		c.want(`42["bye"]`, "41", "41/chat,")
		c.wantEnd()
		for range 2 {
			if r := receive(t, reasons); r != socketio.ReasonServerDisconnect {
				t.Errorf("revision %d: the reason is %q", revision, r)
			}
		}
	}
}

// A burst that is larger than the queue is sent in parts.
func TestWaitQueue_lets_a_program_send_more_than_the_queue_holds(t *testing.T) {
	f := serve(t, socketio.Config{Limits: socketio.Limits{Engine: engineio.Limits{MaxQueueBytes: 1 << 20}}})
	c, s := f.connect("/")
	const messages, size = 400, 100_000
	sent := make(chan error, 1)
	go func() {
		body := strings.Repeat("x", size)
		for range messages {
			if err := s.WaitQueue(t.Context(), 500_000); err != nil {
				sent <- err
				return
			}
			if err := s.Emit("part", body); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	for range messages {
		if got := c.hear(); len(got) < size {
			t.Fatalf("got %.20q", got)
		}
	}
	if err := receive(t, sent); err != nil {
		t.Error(err)
	}
	c.close()
	eventually(t, func() bool { return errors.Is(s.WaitQueue(t.Context(), 0), socketio.ErrDisconnected) })
}
