package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"gifchat/socketio"
)

// expiredRecorder notes the calls of Expired and of disconnect handlers.
type expiredRecorder struct {
	mu      sync.Mutex
	expired []socketio.LostSession // guarded by mu
	notes   journal
}

func (r *expiredRecorder) note(lost socketio.LostSession) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.expired = append(r.expired, lost)
	r.notes.note(fmt.Sprint("expired ", lost.ID))
}

// of returns the calls for one socket.
func (r *expiredRecorder) of(id socketio.SocketID) []socketio.LostSession {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.expired), func(lost socketio.LostSession) bool { return lost.ID != id })
}

// whenRecovered adds a middleware for recovered sockets.
func whenRecovered(n *socketio.Namespace, fn func(*socketio.Socket) error) {
	n.Use(func(s *socketio.Socket) error {
		if !s.Recovered() {
			return nil
		}
		return fn(s)
	})
}

func TestExpired_is_called_once_with_the_reason(t *testing.T) {
	resume := func(fn func(p *poller, s *socketio.Socket) error) func(*poller, *socketio.Socket) {
		return func(p *poller, _ *socketio.Socket) {
			whenRecovered(p.n, func(s *socketio.Socket) error { return fn(p, s) })
			p.connect()
		}
	}
	for why, act := range map[socketio.RecoveryFailure]func(p *poller, lost *socketio.Socket){
		socketio.FailureTooLate: func(*poller, *socketio.Socket) { time.Sleep(time.Minute) },
		socketio.FailureTooManySessions: func(p *poller, _ *socketio.Socket) {
			other := &poller{bubble: &bubble{t: p.t, server: p.server}, n: p.n}
			other.open()
			other.connect()
			other.poll()
			other.lose()
		},
		socketio.FailureDisconnected: func(_ *poller, lost *socketio.Socket) { lost.Disconnect() },
		socketio.FailureEventsEvicted: func(p *poller, _ *socketio.Socket) {
			p.emit(1, 3, 0)
			p.connect()
		},
		socketio.FailureInvalidOffset: func(p *poller, _ *socketio.Socket) {
			p.offset = "hello"
			p.connect()
		},
		socketio.FailureRefused: resume(func(*poller, *socketio.Socket) error { return errors.New("banned") }),
		socketio.FailureStartedOver: resume(func(_ *poller, s *socketio.Socket) error {
			s.StartOver()
			return nil
		}),
		socketio.FailureConnection: resume(func(_ *poller, s *socketio.Socket) error {
			s.CloseConn()
			return nil
		}),
		socketio.FailureClosed:                    func(p *poller, _ *socketio.Socket) { _ = p.server.Close(context.Background()) },
		socketio.FailureRefused + " with a panic": resume(func(*poller, *socketio.Socket) error { panic("a fault") }),
		socketio.FailureStartedOver + " and refused": resume(func(_ *poller, s *socketio.Socket) error {
			s.StartOver()
			return errors.New("banned")
		}),
		socketio.FailureDisconnected + " during middleware": resume(func(p *poller, _ *socketio.Socket) error {
			p.n.Disconnect()
			return nil
		}),
		socketio.FailureDisconnected + " with its room": func(p *poller, _ *socketio.Socket) { p.n.To("room").Disconnect() },
		socketio.FailureEventsEvicted + " during middleware": resume(func(p *poller, _ *socketio.Socket) error {
			p.emit(1, 3, 0)
			return nil
		}),
	} {
		t.Run(string(why), func(t *testing.T) {
			var recorder expiredRecorder
			withPoller(t, socketio.Recovery{MaxSessions: 1, MaxEvents: 2, Expired: recorder.note}, func(p *poller) {
				s, _ := p.n.Socket(p.sid)
				id := s.ID()
				s.SetData("ann")
				p.n.OnDisconnect(func(s *socketio.Socket, _ socketio.Reason) {
					recorder.notes.note(fmt.Sprintf("disconnect %s %v", s.ID(), s.Lost()))
				})
				p.lose()
				recorder.notes.want(t, fmt.Sprintf("disconnect %s true", id))
				act(p, s)
				time.Sleep(3 * time.Minute)
				_ = p.server.Close(context.Background())
				got := recorder.of(id)
				if len(got) != 1 {
					t.Fatalf("calls: got %v, want one", got)
				}
				base := got[0].Failure
				if len(why) < len(base) || why[:len(base)] != base || !slices.Equal(got[0].Rooms, []string{"room"}) || got[0].Data != "ann" {
					t.Errorf("got %+v, want room, ann and %q", got[0], why)
				}
			})
		})
	}
}

// The socket has left more rooms than its session remembers.
func TestExpired_is_called_if_memberships_are_forgotten(t *testing.T) {
	var recorder expiredRecorder
	withPoller(t, socketio.Recovery{Expired: recorder.note}, func(p *poller) {
		s, _ := p.n.Socket(p.sid)
		for i := range 40 {
			s.Join(fmt.Sprint(i))
			_ = p.n.Volatile().To(fmt.Sprint(i)).Emit("in")
			_ = p.n.To("nobody").Emit("in")
			s.Leave(fmt.Sprint(i))
		}
		p.lose()
		p.offset = ""
		p.connect()
		if got := recorder.of(s.ID()); len(got) != 1 || got[0].Failure != socketio.FailureRoomsForgotten {
			t.Errorf("calls: got %v, want one with %q", got, socketio.FailureRoomsForgotten)
		}
	})
}

func TestExpired_is_not_called_without_a_lost_session(t *testing.T) {
	for name, act := range map[string]func(p *poller){
		"the client disconnects": func(p *poller) { p.send("41/chat,") },
		"Socket.Disconnect": func(p *poller) {
			s, _ := p.n.Socket(p.sid)
			s.Disconnect()
		},
		"Namespace.Disconnect":           func(p *poller) { p.n.Disconnect() },
		"the client breaks the protocol": func(p *poller) { p.send("4nonsense") },
		"the client has resumed": func(p *poller) {
			p.lose()
			p.connect()
			p.send("41/chat,")
		},
	} {
		t.Run(name, func(t *testing.T) {
			var recorder expiredRecorder
			withPoller(t, socketio.Recovery{Expired: recorder.note}, func(p *poller) {
				var lost []bool
				p.n.OnDisconnect(func(s *socketio.Socket, _ socketio.Reason) { lost = append(lost, s.Lost()) })
				act(p)
				time.Sleep(3 * time.Minute)
				_ = p.server.Close(context.Background())
				if got := recorder.of(p.sid); len(got) > 0 || len(lost) == 0 || lost[len(lost)-1] {
					t.Errorf("got Expired %v and Lost %v, want no call, and false at the end", got, lost)
				}
			})
		})
	}
}

// A client with another identity can neither resume nor end the session.
func TestExpired_is_not_called_for_the_attempt_of_another_client(t *testing.T) {
	user := "ann"
	var recorder expiredRecorder
	r := socketio.Recovery{Identify: func(*socketio.Handshake) any { return user }, Expired: recorder.note}
	withPoller(t, r, func(p *poller) {
		ann := *p
		p.lose()
		user = "mallory"
		p.connect()
		synctest.Wait()
		if got := recorder.of(ann.sid); len(got) > 0 {
			t.Errorf("after mallory: got %v, want no call", got)
		}
		user, p.pid = "ann", ann.pid
		p.open()
		p.connect()
		if s, ok := p.n.Socket(ann.sid); !ok || !s.Recovered() {
			t.Error("ann: got a new socket, want the recovered one")
		}
	})
}

func TestExpired_follows_the_disconnect_handlers(t *testing.T) {
	var recorder expiredRecorder
	withPoller(t, socketio.Recovery{Expired: recorder.note}, func(p *poller) {
		p.n.OnDisconnect(func(s *socketio.Socket, _ socketio.Reason) {
			time.Sleep(2 * time.Minute) // the session expires
			s.SetData("late")
			recorder.notes.note("disconnected")
		})
		p.lose()
		time.Sleep(3 * time.Minute)
		recorder.notes.want(t, "disconnected", fmt.Sprint("expired ", p.sid))
		if got := recorder.of(p.sid); len(got) != 1 || got[0].Data != "late" {
			t.Errorf("calls: got %+v, want one with the data of the handler", got)
		}
	})
}

func TestExpired_is_called_for_one_session_at_a_time_and_survives_panics(t *testing.T) {
	var notes journal
	r := socketio.Recovery{Expired: func(lost socketio.LostSession) {
		notes.note(fmt.Sprint("begin ", lost.Data))
		time.Sleep(time.Second)
		notes.note(fmt.Sprint("end ", lost.Data))
		panic("a fault")
	}}
	withPoller(t, r, func(p *poller) {
		other := &poller{bubble: &bubble{t: p.t, server: p.server}, n: p.n}
		other.open()
		other.connect()
		other.poll()
		for i, p := range []*poller{p, other} {
			s, _ := p.n.Socket(p.sid)
			s.SetData(i)
			p.lose()
		}
		time.Sleep(2 * time.Minute)
		notes.want(t, "begin 0", "end 0", "begin 1", "end 1")
	})
}

// Close waits for Expired as long as ctx allows.
func TestClose_waits_for_Expired(t *testing.T) {
	var block chan struct{}
	var recorder expiredRecorder
	r := socketio.Recovery{Expired: func(lost socketio.LostSession) {
		<-block
		recorder.note(lost)
	}}
	withPoller(t, r, func(p *poller) {
		block = make(chan struct{}) // in the bubble
		short, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := p.server.Close(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close during the call: got %v, want %v", err, context.DeadlineExceeded)
		}
		close(block)
		synctest.Wait()
		if got := recorder.of(p.sid); len(got) != 1 || got[0].Failure != socketio.FailureClosed {
			t.Errorf("calls: got %v, want one with %q", got, socketio.FailureClosed)
		}
	})
	slow := socketio.Recovery{Expired: func(lost socketio.LostSession) {
		time.Sleep(5 * time.Second)
		recorder.note(lost)
	}}
	withPoller(t, slow, func(p *poller) {
		if err := p.server.Close(context.Background()); err != nil || len(recorder.of(p.sid)) != 1 {
			t.Errorf("Close: got %v and %d calls, want nil after 1", err, len(recorder.of(p.sid)))
		}
	})
}

// A namespace of OfFunc ends its sessions with its last socket.
func TestExpired_is_called_when_a_namespace_is_removed(t *testing.T) {
	var recorder expiredRecorder
	cfg := socketio.Config{
		PingInterval: 24 * time.Hour,
		Recovery: func(string) socketio.Recovery {
			return socketio.Recovery{MaxAbsence: time.Minute, Expired: recorder.note}
		},
	}
	inBubble(t, cfg, func(b *bubble) {
		b.server.OfFunc(func(string) bool { return true })
		p := &poller{bubble: b}
		p.connect()
		p.poll()
		p.n, _ = b.server.Lookup("/chat")
		p.lose()
		if got := recorder.of(p.sid); len(got) != 1 || got[0].Failure != socketio.FailureClosed {
			t.Errorf("calls: got %v, want one with %q", got, socketio.FailureClosed)
		}
	})
}

// A lost session keeps the memory of its connection no longer than necessary.
func TestRecovery_keeps_no_socket_for_an_offline_client(t *testing.T) {
	f := recovering(t, socketio.Recovery{})
	r := &stockClient{}
	f.connectTo(r)
	s, _ := f.Of("/chat").Socket(r.sid)
	lost, handshake := weak.Make(s), weak.Make(s.Handshake().Handshake)
	f.lose(r)
	eventually(t, func() bool {
		runtime.GC()
		return lost.Value() == nil && handshake.Value() == nil
	})
	f.resume(r)
}
