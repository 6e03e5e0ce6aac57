package socketio_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio"
)

func TestRecovery_resumes_a_session(t *testing.T) {
	f := recovering(t, socketio.Recovery{})
	n := f.Of("/chat")
	var notes journal
	n.OnConnect(func(s *socketio.Socket) {
		notes.note(fmt.Sprintf("connect %v %v %v", s.Recovered(), s.Rooms(), s.Data()))
		s.SetData("data")
	})
	n.Use(func(s *socketio.Socket) error {
		if !s.Recovered() {
			s.Join("room")
		}
		return nil
	})
	n.OnDisconnect(func(s *socketio.Socket, r socketio.Reason) { notes.note("disconnect " + string(r)) })
	r := &stockClient{}
	f.connectTo(r)
	_ = n.To("room").Emit("a", 1)
	r.wantNext(`42/chat,["a",1]`)
	f.lose(r)
	_ = n.To("room").Emit("b", "text")
	_ = n.To("other").Emit("not for it")
	_ = n.Emit("c", []byte("x"), map[string]any{"deep": socketio.Binary("yz")})
	_ = n.To(string(r.sid)).Emit("d")
	_ = n.Except("room").Emit("nor this")
	_ = n.To("room").Volatile().Emit("nor that")
	wantMissed(t, f.resume(r),
		`42/chat,["b","text"]`,
		`452-/chat,["c",{"_placeholder":true,"num":0},{"deep":{"_placeholder":true,"num":1}}]`, "binary x", "binary yz",
		`42/chat,["d"]`)
	_ = n.To("room").Emit("e")
	r.wantNext(`42/chat,["e"]`)
	f.lose(r)
	wantMissed(t, f.resume(r)) // a second time, with the same pid
	_ = n.To("room").Emit("f")
	r.wantNext(`42/chat,["f"]`)
	notes.wantSoon(t,
		"connect false [room] <nil>", "disconnect transport close",
		"connect true [room] data", "disconnect transport close",
		"connect true [room] data")
}

// A client that has received no event has no offset. Every event since it
// connected carries one, so the client has missed all of them.
func TestRecovery_of_a_client_without_an_offset(t *testing.T) {
	f := recovering(t, socketio.Recovery{})
	n := f.Of("/chat")
	_ = n.Emit("before it connected")
	r := &stockClient{}
	f.connectTo(r)
	f.lose(r)
	_ = n.Emit("a")
	_ = n.Emit("b")
	wantMissed(t, f.resume(r), `42/chat,["a"]`, `42/chat,["b"]`)
	r.offset = "otherLAAAAAAAB" // from before a restart
	f.lose(r)
	_ = n.Emit("c")
	wantMissed(t, f.resume(r), `42/chat,["a"]`, `42/chat,["b"]`, `42/chat,["c"]`)
}

func TestRecovery_keeps_no_volatile_events(t *testing.T) {
	f := recovering(t, socketio.Recovery{})
	n := f.Of("/chat")
	r := &stockClient{}
	f.connectTo(r)
	_ = n.Emit("a")
	_ = n.Volatile().Emit("v", "a string that is not an offset")
	s, _ := n.Socket(r.sid)
	_ = s.Volatile().Emit("w", "nor this")
	r.wantNext(`42/chat,["a"]`, `42/chat,["v","a string that is not an offset"]`, `42/chat,["w","nor this"]`)
	f.lose(r)
	_ = n.Emit("b")
	wantMissed(t, f.resume(r), `42/chat,["b"]`)
}

func TestRecovery_adds_no_offset_to_acknowledged_events(t *testing.T) {
	f := recovering(t, socketio.Recovery{})
	n := f.Of("/chat")
	n.On("ask", func(e *socketio.Event) { _ = e.Ack("answer") })
	r := &stockClient{}
	f.connectTo(r)
	r.send(`42/chat,7["ask"]`)
	r.want(`43/chat,7["answer"]`)
	done := make(chan error, 1)
	go func() { _, err := n.EmitWithAck(ctx(t), "question", "q"); done <- err }()
	r.want(`42/chat,1["question","q"]`)
	r.send(`43/chat,1[]`)
	if err := receive(t, done); err != nil {
		t.Error(err)
	}
}

// A client misses the events of the rooms that it was in when they were emitted.
func TestRecovery_brings_events_of_rooms_at_their_time(t *testing.T) {
	f := recovering(t, socketio.Recovery{})
	n := f.Of("/chat")
	r := &stockClient{}
	f.connectTo(r)
	_ = n.To("a").Emit("before it joined")
	s, _ := n.Socket(r.sid)
	s.Join("a", "b")
	_ = n.To("a").Emit("1")
	_ = n.Except("b").Emit("not for those in b")
	s.Leave("a", "b")
	_ = n.To("a").Emit("after it left")
	_ = n.Except("b").Emit("2")
	s.Join("a")
	_ = n.To("a", "b").Emit("3")
	f.lose(r)
	r.offset = "" // as if it had received nothing
	_ = n.To("a").Emit("4")
	wantMissed(t, f.resume(r), `42/chat,["1"]`, `42/chat,["2"]`, `42/chat,["3"]`, `42/chat,["4"]`)

	f.lose(r)
	_ = n.To("a").Emit("5")
	n.To("a").Leave("a") // while the client is offline
	_ = n.To("a").Emit("after it was removed")
	wantMissed(t, f.resume(r), `42/chat,["5"]`)
	if s, _ = n.Socket(r.sid); len(s.Rooms()) > 0 {
		t.Errorf("rooms: got %q, want none", s.Rooms())
	}
	s.Join("c")
	f.lose(r)
	_ = n.To("c").Emit("6")
	s.Leave("c") // the same by the socket
	_ = n.To("c").Emit("after it was removed")
	wantMissed(t, f.resume(r), `42/chat,["6"]`)
}

// A socket has left more rooms than the session remembers.
func TestRecovery_fails_if_memberships_are_forgotten(t *testing.T) {
	f := recovering(t, socketio.Recovery{})
	n := f.Of("/chat")
	r := &stockClient{}
	f.connectTo(r)
	s, _ := n.Socket(r.sid)
	for i := range 40 {
		room := fmt.Sprint(i)
		s.Join(room)
		_ = n.To(room).Emit("in", i)
		s.Leave(room)
	}
	for i := range 40 {
		r.wantNext(fmt.Sprintf(`42/chat,["in",%d]`, i))
	}
	late := r.offset
	f.lose(r)
	wantMissed(t, f.resume(r))
	f.lose(r)
	r.offset = ""
	f.wantNewSocket(r)
	if r.offset = late; late == "" {
		t.Error("offset: got none, want one")
	}
}

func TestRecovery_runs_middleware_again(t *testing.T) {
	var identity atomic.Value
	identity.Store("ann")
	f := serve(t, socketio.Config{
		Recovery: func(string) socketio.Recovery { return socketio.Recovery{MaxAbsence: time.Minute} },
		Identify: func(*http.Request) (any, error) { return identity.Load(), nil },
	})
	n := f.Of("/chat")
	var banned atomic.Bool
	n.Use(func(s *socketio.Socket) error {
		if banned.Load() {
			return &socketio.Error{Message: "banned"}
		}
		if s.Recovered() {
			s.Leave("secret")
			s.Join("new")
		} else {
			s.Join("secret", "open")
		}
		return nil
	})
	r := &stockClient{}
	f.connectTo(r)
	f.lose(r)
	_ = n.To("secret").Emit("secret")
	_ = n.To("open").Emit("open")
	wantMissed(t, f.resume(r), `42/chat,["open"]`)
	if s, _ := n.Socket(r.sid); !slices.Equal(s.Rooms(), []string{"open", "new"}) {
		t.Errorf("rooms: got %q, want open and new", s.Rooms())
	}

	f.lose(r)
	identity.Store("bob")
	f.wantNewSocket(r)

	f.lose(r)
	banned.Store(true)
	c := f.dial()
	c.send(`40/chat,{"pid":"` + r.pid + `"}`)
	c.want(`44/chat,{"message":"banned"}`)
	banned.Store(false)
	f.wantNewSocket(r) // the session is used up
}

func TestRecovery_does_not_take_place(t *testing.T) {
	cases := map[string]func(f *fixture, r *stockClient, s *socketio.Socket){
		"the client disconnects": func(_ *fixture, r *stockClient, _ *socketio.Socket) { r.send("41/chat,") },
		"the client sends a message that is too large": func(_ *fixture, r *stockClient, _ *socketio.Socket) {
			r.send("42/chat," + strings.Repeat("x", 1_000_000))
		},
		"the client sends attachments that are too large": func(_ *fixture, r *stockClient, _ *socketio.Socket) {
			part := make([]byte, 900_000)
			r.send(`455-/chat,["e"]`, part, part, part, part, part)
		},
		"the client breaks the protocol": func(_ *fixture, r *stockClient, _ *socketio.Socket) { r.send("nonsense") },
		"Socket.Disconnect":              func(_ *fixture, _ *stockClient, s *socketio.Socket) { s.Disconnect() },
		"Namespace.Disconnect":           func(f *fixture, _ *stockClient, _ *socketio.Socket) { f.Of("/chat").Disconnect() },
		"Broadcast.Disconnect while offline": func(f *fixture, r *stockClient, _ *socketio.Socket) {
			f.lose(r)
			f.Of("/chat").To("room").Disconnect()
		},
		"Socket.Disconnect while offline": func(f *fixture, r *stockClient, s *socketio.Socket) {
			f.lose(r)
			s.Disconnect()
		},
		"an offset of the future": func(f *fixture, r *stockClient, _ *socketio.Socket) {
			f.lose(r)
			r.offset = r.offset[:6] + "__________"[:8]
		},
		"a malformed offset": func(f *fixture, r *stockClient, _ *socketio.Socket) {
			f.lose(r)
			r.offset = "hello"
		},
	}
	for name, act := range cases {
		t.Run(name, func(t *testing.T) {
			f := recovering(t, socketio.Recovery{})
			n := f.Of("/chat")
			n.Use(func(s *socketio.Socket) error { s.Join("room"); return nil })
			r := &stockClient{}
			f.connectTo(r)
			_ = n.To("room").Emit("a")
			r.wantNext(`42/chat,["a"]`)
			s, _ := n.Socket(r.sid)
			act(f, r, s)
			eventually(t, func() bool { return n.Len() == 0 })
			f.wantNewSocket(r)
		})
	}
}

func TestRecovery_limits_what_is_kept(t *testing.T) {
	t.Run("events", func(t *testing.T) {
		f := recovering(t, socketio.Recovery{MaxEvents: 3})
		r := &stockClient{}
		f.connectTo(r)
		f.lose(r)
		for i := range 3 {
			_ = f.Of("/chat").Emit("a", i)
		}
		wantMissed(t, f.resume(r), `42/chat,["a",0]`, `42/chat,["a",1]`, `42/chat,["a",2]`)
		f.lose(r)
		for i := range 4 {
			_ = f.Of("/chat").Emit("b", i)
		}
		f.wantNewSocket(r)
	})
	t.Run("bytes", func(t *testing.T) {
		f := recovering(t, socketio.Recovery{MaxBytes: 1000})
		r := &stockClient{}
		f.connectTo(r)
		f.lose(r)
		_ = f.Of("/chat").Emit("a", strings.Repeat("x", 1000))
		f.wantNewSocket(r)
	})
	t.Run("sessions", func(t *testing.T) {
		f := recovering(t, socketio.Recovery{MaxSessions: 1})
		first, second := &stockClient{}, &stockClient{}
		f.connectTo(first)
		f.connectTo(second)
		f.lose(first)
		f.lose(second)
		f.wantNewSocket(first)
		f.resume(second)
	})
}

func TestRecovery_expires_after_MaxAbsence(t *testing.T) {
	cfg := socketio.Config{
		PingInterval: time.Hour,
		Recovery:     func(string) socketio.Recovery { return socketio.Recovery{MaxAbsence: time.Minute} },
	}
	inBubble(t, cfg, func(b *bubble) {
		n := b.server.Of("/")
		visit := func(pid string) (answer struct{ SID, PID string }) {
			b.open()
			b.request("POST", `40{"pid":"`+pid+`"}`)
			synctest.Wait()
			for packet := range strings.SplitSeq(b.request("GET", ""), "\x1e") {
				if text, ok := strings.CutPrefix(packet, "40"); ok && json.Unmarshal([]byte(text), &answer) != nil {
					t.Fatal(packet)
				}
			}
			b.request("POST", "1")
			synctest.Wait()
			return answer
		}
		first := visit("")
		time.Sleep(59 * time.Second)
		if again := visit(first.PID); again.SID != first.SID {
			t.Errorf("after 59 s: got sid %s, want %s", again.SID, first.SID)
		}
		_ = n.Emit("kept")
		time.Sleep(61 * time.Second)
		if again := visit(first.PID); again.SID == first.SID {
			t.Errorf("after 61 s: got sid %s again, want a new one", again.SID)
		}
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		if events, sessions := n.Kept(); events+sessions > 0 {
			t.Errorf("kept: got %d events and %d sessions, want none", events, sessions)
		}
	})
}

// Events of other rooms do not delay the missed events behind the answer.
func TestRecovery_finds_missed_events_among_many(t *testing.T) {
	f := recovering(t, socketio.Recovery{})
	n := f.Of("/chat")
	r := &stockClient{}
	f.connectTo(r)
	f.lose(r)
	for range 5000 {
		_ = n.To("other").Emit("not for it")
	}
	_ = n.To(string(r.sid)).Emit("a")
	wantMissed(t, f.resume(r), `42/chat,["a"]`)
}

// A client can lose its connection long before the server notices.
func TestRecovery_closes_the_lost_connection_first(t *testing.T) {
	f := recovering(t, socketio.Recovery{})
	n := f.Of("/chat")
	var notes journal
	hold, held := make(chan struct{}), make(chan struct{})
	n.On("hold", func(*socketio.Event) { close(held); <-hold })
	n.OnConnect(func(s *socketio.Socket) { notes.note(fmt.Sprint("connect ", s.Recovered())) })
	n.OnDisconnect(func(*socketio.Socket, socketio.Reason) { notes.note("disconnect") })
	r := &stockClient{}
	f.connectTo(r)
	lost := r.client
	lost.send(`42/chat,["hold"]`) // the handlers of the lost connection run first
	receive(t, held)
	go func() {
		lost.wantEnd()
		_ = n.Emit("a")
		close(hold)
	}()
	wantMissed(t, f.resume(r), `42/chat,["a"]`)
	notes.wantSoon(t, "connect false", "disconnect", "connect true")
	_ = n.Emit("b")
	r.wantNext(`42/chat,["b"]`)
	f.lose(r)
	wantMissed(t, f.resume(r)) // the end of the lost connection has not changed the session
	if n.Len() != 1 {
		t.Errorf("sockets: got %d, want 1", n.Len())
	}
}

// A client with another identity that knows the pid gets no session and does not
// end it.
func TestRecovery_requires_the_same_identity(t *testing.T) {
	var identity atomic.Value
	identity.Store("ann")
	f := serve(t, socketio.Config{
		Recovery: func(string) socketio.Recovery {
			return socketio.Recovery{MaxAbsence: time.Minute}
		},
		Identify: func(*http.Request) (any, error) { return identity.Load(), nil },
	})
	r := &stockClient{}
	f.connectTo(r)
	identity.Store("mallory")
	mallory := *r
	f.wantNewSocket(&mallory)
	r.wantAlive()
	f.lose(r)
	mallory = *r
	f.wantNewSocket(&mallory)
	identity.Store("ann")
	f.resume(r)
}

// Several clients resume with one pid. A later one closes the connection of an
// earlier one, so at the end one of them has the socket.
func TestRecovery_lets_one_of_several_clients_resume(t *testing.T) {
	f := recovering(t, socketio.Recovery{})
	for range 20 {
		r := &stockClient{}
		f.connectTo(r)
		f.lose(r)
		twins := make(chan *stockClient, 8)
		for range cap(twins) {
			go func() {
				twin := *r
				twin.client = f.dial()
				twin.sendConnect()
				twins <- &twin
			}()
		}
		same := map[socketio.SocketID]int{}
		for range cap(twins) {
			same[receive(t, twins).sid]++
		}
		if same[r.sid] == 0 {
			t.Fatalf("sids: got %v, want also %s", same, r.sid)
		}
		n := 0
		for _, s := range f.Of("/chat").Sockets() {
			if s.ID() == r.sid {
				n++
			}
		}
		if n != 1 {
			t.Fatalf("sockets with sid %s: got %d, want 1", r.sid, n)
		}
		f.Of("/chat").Disconnect()
	}
}

// Clients of Socket.IO 1.x and 2.x do not know recovery. They get the offsets,
// but no session, and cannot resume that of another client.
func TestRecovery_ignores_old_clients(t *testing.T) {
	f := recovering(t, socketio.Recovery{})
	n := f.Of("/chat")
	r := &stockClient{}
	f.connectTo(r)
	f.lose(r)
	c := f.dialAs(3)
	c.want("40")
	c.send("40/chat?pid=" + r.pid + ",")
	c.want("40/chat,")
	s := n.Sockets()[0]
	if s.Recovered() || s.ID() == r.sid {
		t.Errorf("old client: got recovered %v, sid %s, want a new socket", s.Recovered(), s.ID())
	}
	s.Join("room")
	_ = n.To("room").Emit("a")
	old := &stockClient{client: c}
	old.wantNext(`42/chat,["a"]`)
	if old.offset == "" {
		t.Error("offset: got none, want one")
	}
	c.close()
	eventually(t, func() bool { return n.Len() == 0 })
	if _, sessions := n.Kept(); sessions != 1 {
		t.Errorf("sessions: got %d, want that of the other client", sessions)
	}
	wantMissed(t, f.resume(r)) // it was not in the room
}

// The pid is a secret and random like the sid.
func TestPIDs_are_distinct(t *testing.T) {
	f := recovering(t, socketio.Recovery{})
	seen := map[string]bool{}
	c := f.dial()
	for i := range 30 { // each namespace of a connection has its own session
		name := fmt.Sprintf("/%d", i)
		f.Of(name)
		c.send("40" + name + ",")
		_, pid, _ := strings.Cut(c.receive(), `"pid":"`)
		if pid = strings.TrimSuffix(pid, `"}`); len(pid) != 24 || seen[pid] {
			t.Fatalf("pid: got %q, want a new one of 24 characters", pid)
		}
		seen[pid] = true
	}
}
