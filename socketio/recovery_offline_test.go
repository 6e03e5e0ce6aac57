package socketio_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"gifchat/socketio"
)

// resuming returns a server whose clients join "room" and "other" of /chat, and
// an offline client. The middleware calls during for a client that resumes.
func resuming(t *testing.T, during func(*socketio.Namespace, socketio.SocketID)) (*fixture, *stockClient) {
	t.Helper()
	f := recovering(t, socketio.Recovery{})
	n := f.Of("/chat")
	n.Use(func(s *socketio.Socket) error {
		if s.Recovered() {
			during(n, s.ID())
		} else {
			s.Join("room", "other")
		}
		return nil
	})
	r := &stockClient{}
	f.connectTo(r)
	_ = n.To("room").Emit("a")
	r.wantNext(`42/chat,["a"]`)
	f.lose(r)
	return f, r
}

// A socket that is removed from a room during middleware gets no event of it.
func TestLeave_reaches_sockets_that_resume(t *testing.T) {
	f, r := resuming(t, func(n *socketio.Namespace, _ socketio.SocketID) {
		n.To("room").Except("nobody").Leave("room")
		_ = n.To("room").Emit("c")
		_ = n.To("other").Emit("d")
	})
	_ = f.Of("/chat").To("room").Emit("b")
	wantMissed(t, f.resume(r), `42/chat,["d"]`)
	_ = f.Of("/chat").To("room").Emit("e")
	_ = f.Of("/chat").To("other").Emit("f")
	r.wantNext(`42/chat,["f"]`)
	r.wantAlive()
}

func TestLeave_spares_excluded_sockets_that_resume(t *testing.T) {
	f, r := resuming(t, func(n *socketio.Namespace, _ socketio.SocketID) { n.To("room").Except("other").Leave("room") })
	_ = f.Of("/chat").To("room").Emit("b")
	wantMissed(t, f.resume(r), `42/chat,["b"]`)
}

// A socket that is disconnected during middleware gets a connect_error.
func TestDisconnect_reaches_sockets_that_resume(t *testing.T) {
	for what, disconnect := range map[string]func(*socketio.Namespace, socketio.SocketID){
		"a room":        func(n *socketio.Namespace, _ socketio.SocketID) { n.To("room").Disconnect() },
		"the namespace": func(n *socketio.Namespace, _ socketio.SocketID) { n.Disconnect() },
		"by its own id": func(n *socketio.Namespace, id socketio.SocketID) { n.To(string(id)).Disconnect() },
	} {
		t.Run(what, func(t *testing.T) {
			f, r := resuming(t, disconnect)
			n := f.Of("/chat")
			n.OnConnect(func(s *socketio.Socket) {
				if s.Recovered() {
					t.Error("a connect handler ran after Disconnect")
				}
			})
			_ = n.To("room").Emit("b")
			r.client = f.dial()
			r.send(`40/chat,{"pid":"` + r.pid + `","offset":"` + r.offset + `"}`)
			r.want(`44/chat,{"message":"Disconnected by the server"}`)
			if n.Len() != 0 {
				t.Errorf("sockets: got %d, want 0", n.Len())
			}
			f.wantNewSocket(r) // the session is used up
		})
	}
}

func TestRecovery_forgets_sockets_that_middleware_refuses(t *testing.T) {
	f, r := resuming(t, func(*socketio.Namespace, socketio.SocketID) { panic("a fault") })
	r.client = f.dial()
	r.send(`40/chat,{"pid":"` + r.pid + `"}`)
	if answer := r.receive(); !strings.HasPrefix(answer, "44/chat,") {
		t.Fatalf("got %s, want a connect_error", answer)
	}
	if got := f.Of("/chat").Resuming(); got != 0 {
		t.Errorf("resuming sockets: got %d, want 0", got)
	}
}

// A handler can still have the socket of the lost connection.
func TestLeave_of_a_lost_socket_does_not_change_the_resumed_session(t *testing.T) {
	f, r := resuming(t, func(*socketio.Namespace, socketio.SocketID) {})
	n := f.Of("/chat")
	wantMissed(t, f.resume(r))
	lost, _ := n.Socket(r.sid)
	f.lose(r)
	wantMissed(t, f.resume(r))
	lost.Leave("room")
	f.lose(r)
	_ = n.To("room").Emit("a")
	_ = n.To("other").Emit("b")
	wantMissed(t, f.resume(r), `42/chat,["a"]`, `42/chat,["b"]`)
}

// The middleware disconnects the socket that it checks, or another goroutine
// disconnects the socket of the lost connection.
func TestSocketDisconnect_reaches_a_socket_that_resumes(t *testing.T) {
	for _, which := range []string{"the new socket", "the lost socket"} {
		t.Run(which, func(t *testing.T) {
			f := recovering(t, socketio.Recovery{})
			var sockets []*socketio.Socket // the lost one and the new one
			f.Of("/chat").Use(func(s *socketio.Socket) error {
				if sockets = append(sockets, s); s.Recovered() {
					disconnect := sockets[0]
					if which == "the new socket" {
						disconnect = s
					}
					disconnect.Disconnect()
				}
				return nil
			})
			r := &stockClient{}
			f.connectTo(r)
			f.lose(r)
			r.client = f.dial()
			r.send(`40/chat,{"pid":"` + r.pid + `"}`)
			r.want(`44/chat,{"message":"Disconnected by the server"}`)
			f.wantNewSocket(r) // the session is used up
		})
	}
}

// Another goroutine disconnects the socket after its middleware. Its connect and
// disconnect handlers run, and it leaves the namespace once.
func TestSocketDisconnect_just_before_a_socket_is_connected(t *testing.T) {
	cfg := socketio.Config{
		PingInterval: 24 * time.Hour,
		Recovery:     func(string) socketio.Recovery { return socketio.Recovery{MaxAbsence: time.Minute} },
	}
	inBubble(t, cfg, func(b *bubble) {
		var notes journal
		parent := b.server.OfFunc(func(string) bool { return true })
		p, other := &poller{bubble: b}, &poller{bubble: &bubble{t: b.t, server: b.server}}
		p.connect()
		p.poll()
		p.n, _ = b.server.Lookup("/chat")
		other.open()
		other.connect() // keeps the namespace
		p.lose()
		parent.OnConnect(func(*socketio.Socket) { notes.note("connect") })
		parent.OnDisconnect(func(*socketio.Socket, socketio.Reason) { notes.note("disconnect") })
		p.n.BeforeBegin((*socketio.Socket).Disconnect)
		p.connect()
		notes.want(b.t, "connect", "disconnect")
		if n, ok := b.server.Lookup("/chat"); !ok || n != p.n || n.Len() != 1 {
			b.t.Errorf("namespace: got %v, want it with the other socket", n)
		}
		other.send("41/chat,")
		if _, ok := b.server.Lookup("/chat"); ok {
			b.t.Error("namespace: got it after its last socket, want it removed")
		}
	})
}

// The socket is refused while another goroutine waits for its acknowledgement.
func TestSocketDisconnect_of_a_socket_that_resumes_ends_the_wait_for_its_acknowledgement(t *testing.T) {
	withPoller(t, socketio.Recovery{}, func(p *poller) {
		lost, _ := p.n.Socket(p.sid)
		p.lose()
		answered := make(chan error, 1)
		p.n.BeforeBegin(func(s *socketio.Socket) {
			go func() { _, err := s.EmitWithAck(context.Background(), "question"); answered <- err }()
			for s.PendingAcks() == 0 {
				runtime.Gosched()
			}
			lost.Disconnect()
		})
		p.connect()
		select {
		case err := <-answered:
			if !errors.Is(err, socketio.ErrDisconnected) {
				t.Errorf("EmitWithAck: got %v, want %v", err, socketio.ErrDisconnected)
			}
		default:
			t.Error("EmitWithAck: got no result, want an error")
		}
	})
}
