package socketio_test

import (
	"encoding/json"
	"errors"
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

// recovering is a server whose namespaces have recovery.
func recovering(t testing.TB, r socketio.Recovery) *fixture {
	t.Helper()
	if r.MaxAbsence == 0 {
		r.MaxAbsence = time.Minute
	}
	return serve(t, socketio.Config{Recovery: func(string) socketio.Recovery { return r }})
}

// returning is a client as it comes back: what stock clients keep.
type returning struct {
	*client
	sid    socketio.SocketID
	pid    string
	offset string
}

// come connects to /chat and returns what came before the CONNECT.
func (f *fixture) come(r *returning) (missed []string) {
	f.t.Helper()
	f.Of("/chat")
	r.client = f.dial()
	return r.connectAgain()
}

func (r *returning) connectAgain() (missed []string) {
	r.t.Helper()
	auth, _ := json.Marshal(map[string]string{"pid": r.pid, "offset": r.offset})
	r.say("40/chat," + string(auth))
	for {
		packet := r.hear()
		text, ok := strings.CutPrefix(packet, "40/chat,")
		if !ok {
			missed = append(missed, r.note(packet))
			continue
		}
		var answer struct {
			SID socketio.SocketID
			PID string
		}
		if err := json.Unmarshal([]byte(text), &answer); err != nil || len(answer.SID) != 20 || len(answer.PID) < 20 {
			r.t.Fatalf("got %q, want a CONNECT with sid and pid", packet)
		}
		r.sid, r.pid = answer.SID, answer.PID
		return missed
	}
}

// next returns the next packet without its offset, which it keeps.
func (r *returning) next() string {
	r.t.Helper()
	return r.note(r.hear())
}

func (r *returning) note(packet string) string {
	i := strings.LastIndex(packet, `,"`)
	if !strings.HasPrefix(packet, "4") || i < 0 || !strings.HasSuffix(packet, `"]`) || len(packet)-i != 18 {
		return packet
	}
	r.offset = packet[i+2 : len(packet)-2]
	return packet[:i] + "]"
}

func (r *returning) wantNext(packets ...string) {
	r.t.Helper()
	for _, want := range packets {
		if got := r.next(); got != want {
			r.t.Fatalf("got %.200q, want %q", got, want)
		}
	}
}

// lose cuts the client off and waits until the server has noticed.
func (f *fixture) lose(r *returning) {
	f.t.Helper()
	before := f.Of("/chat").Count()
	r.close()
	eventually(f.t, func() bool { return f.Of("/chat").Count() < before })
}

func wantMissed(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("missed %q, want %q", got, want)
	}
}

// back comes back and expects the same socket.
func (f *fixture) back(r *returning) []string {
	f.t.Helper()
	sid, pid := r.sid, r.pid
	missed := f.come(r)
	if r.sid != sid || r.pid != pid {
		f.t.Fatalf("it has got another socket")
	}
	return missed
}

// backAnew comes back and expects another socket, and nothing missed.
func (f *fixture) backAnew(r *returning) {
	f.t.Helper()
	sid, pid := r.sid, r.pid
	missed := f.come(r)
	if r.sid == sid || r.pid == pid || len(missed) > 0 {
		f.t.Fatalf("it has come back to its socket, with %q", missed)
	}
}

func TestRecovery(t *testing.T) {
	f := recovering(t, socketio.Recovery{})
	n := f.Of("/chat")
	var happened journal
	n.OnConnect(func(s *socketio.Socket) {
		happened.note(fmt.Sprintf("connect %v %v %v", s.Recovered(), s.Rooms(), s.Data()))
		s.SetData("hers")
	})
	n.Use(func(s *socketio.Socket) error {
		if !s.Recovered() {
			s.Join("room")
		}
		return nil
	})
	n.OnDisconnect(func(s *socketio.Socket, r socketio.Reason) { happened.note("disconnect " + string(r)) })
	r := &returning{}
	f.come(r)
	_ = n.To("room").Emit("a", 1)
	r.wantNext(`42/chat,["a",1]`)
	f.lose(r)
	_ = n.To("room").Emit("b", "text")
	_ = n.To("other").Emit("not for it")
	_ = n.Emit("c", []byte("x"), map[string]any{"deep": socketio.Binary("yz")})
	_ = n.To(string(r.sid)).Emit("d")
	_ = n.Except("room").Emit("nor this")
	_ = n.To("room").Volatile().Emit("nor that")
	wantMissed(t, f.back(r),
		`42/chat,["b","text"]`,
		`452-/chat,["c",{"_placeholder":true,"num":0},{"deep":{"_placeholder":true,"num":1}}]`, "binary x", "binary yz",
		`42/chat,["d"]`)
	_ = n.To("room").Emit("e")
	r.wantNext(`42/chat,["e"]`)
	f.lose(r)
	wantMissed(t, f.back(r)) // again, with the same pid
	_ = n.To("room").Emit("f")
	r.wantNext(`42/chat,["f"]`)
	happened.wantSoon(t,
		"connect false [room] <nil>", "disconnect transport close",
		"connect true [room] hers", "disconnect transport close",
		"connect true [room] hers")
}

// A client that got nothing yet knows no offset. All that could reach it since
// it connected has one, so it has missed all of that.
func TestRecoveryOfAQuietClient(t *testing.T) {
	f := recovering(t, socketio.Recovery{})
	n := f.Of("/chat")
	_ = n.Emit("before its time")
	r := &returning{}
	f.come(r)
	f.lose(r)
	_ = n.Emit("a")
	_ = n.Emit("b")
	wantMissed(t, f.back(r), `42/chat,["a"]`, `42/chat,["b"]`)
	r.offset = "otherLAAAAAAAB" // of the time before a restart
	f.lose(r)
	_ = n.Emit("c")
	wantMissed(t, f.back(r), `42/chat,["a"]`, `42/chat,["b"]`, `42/chat,["c"]`)
}

func TestRecoveryAndVolatileEvents(t *testing.T) {
	f := recovering(t, socketio.Recovery{})
	n := f.Of("/chat")
	r := &returning{}
	f.come(r)
	_ = n.Emit("a")
	_ = n.Volatile().Emit("v", "a string that is no offset")
	s, _ := n.Socket(r.sid)
	_ = s.EmitVolatile("w", "nor this")
	r.wantNext(`42/chat,["a"]`, `42/chat,["v","a string that is no offset"]`, `42/chat,["w","nor this"]`)
	f.lose(r)
	_ = n.Emit("b")
	wantMissed(t, f.back(r), `42/chat,["b"]`)
}

func TestOffsetsAndAcknowledgements(t *testing.T) {
	f := recovering(t, socketio.Recovery{})
	n := f.Of("/chat")
	n.On("ask", func(e *socketio.Event) { _ = e.Ack("answer") })
	r := &returning{}
	f.come(r)
	r.say(`42/chat,7["ask"]`)
	r.want(`43/chat,7["answer"]`)
	done := make(chan error, 1)
	go func() { _, err := n.EmitWithAck(ctx(t), "question", "q"); done <- err }()
	r.want(`42/chat,1["question","q"]`)
	r.say(`43/chat,1[]`)
	if err := receive(t, done); err != nil {
		t.Error(err)
	}
}

// Events are missed by those who were in the room when they were emitted.
func TestRecoveryFollowsTheRooms(t *testing.T) {
	f := recovering(t, socketio.Recovery{})
	n := f.Of("/chat")
	r := &returning{}
	f.come(r)
	_ = n.To("a").Emit("before it came")
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
	r.offset = "" // nothing has reached it
	_ = n.To("a").Emit("4")
	wantMissed(t, f.back(r), `42/chat,["1"]`, `42/chat,["2"]`, `42/chat,["3"]`, `42/chat,["4"]`)

	f.lose(r)
	_ = n.To("a").Emit("5")
	n.To("a").Leave("a") // it is away
	_ = n.To("a").Emit("after it was sent out")
	wantMissed(t, f.back(r), `42/chat,["5"]`)
	if s, _ = n.Socket(r.sid); len(s.Rooms()) > 0 {
		t.Errorf("it is in %q", s.Rooms())
	}
	s.Join("c")
	f.lose(r)
	_ = n.To("c").Emit("6")
	s.Leave("c") // the same by its socket
	_ = n.To("c").Emit("after it was sent out")
	wantMissed(t, f.back(r), `42/chat,["6"]`)
}

// A socket that comes and goes more often than is remembered.
func TestRecoveryWithoutACompletePast(t *testing.T) {
	f := recovering(t, socketio.Recovery{})
	n := f.Of("/chat")
	r := &returning{}
	f.come(r)
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
	wantMissed(t, f.back(r))
	f.lose(r)
	r.offset = ""
	f.backAnew(r)
	if r.offset = late; late == "" {
		t.Error("no offset")
	}
}

func TestRecoveryIsAuthorisedAnew(t *testing.T) {
	var identity atomic.Value
	identity.Store("her")
	f := serve(t, socketio.Config{
		Recovery: func(string) socketio.Recovery { return socketio.Recovery{MaxAbsence: time.Minute} },
		Identify: func(*http.Request) (any, error) { return identity.Load(), nil },
	})
	n := f.Of("/chat")
	var banned atomic.Bool
	n.Use(func(s *socketio.Socket) error {
		if banned.Load() {
			return errors.New("banned")
		}
		if s.Recovered() {
			s.Leave("secret")
			s.Join("new")
		} else {
			s.Join("secret", "open")
		}
		return nil
	})
	r := &returning{}
	f.come(r)
	f.lose(r)
	_ = n.To("secret").Emit("secret")
	_ = n.To("open").Emit("open")
	wantMissed(t, f.back(r), `42/chat,["open"]`)
	if s, _ := n.Socket(r.sid); !slices.Equal(s.Rooms(), []string{"open", "new"}) {
		t.Errorf("it is in %q", s.Rooms())
	}

	f.lose(r)
	identity.Store("somebody else")
	f.backAnew(r)

	f.lose(r)
	banned.Store(true)
	c := f.dial()
	c.say(`40/chat,{"pid":"` + r.pid + `"}`)
	c.want(`44/chat,{"message":"banned"}`)
	banned.Store(false)
	f.backAnew(r) // it is used up
}

func TestNoRecovery(t *testing.T) {
	cases := map[string]func(f *fixture, r *returning, s *socketio.Socket){
		"the client disconnects": func(_ *fixture, r *returning, _ *socketio.Socket) { r.say("41/chat,") },
		"it sends a message that is too large": func(_ *fixture, r *returning, _ *socketio.Socket) {
			r.say("42/chat," + strings.Repeat("x", 1_000_000))
		},
		"it sends attachments that are too large": func(_ *fixture, r *returning, _ *socketio.Socket) {
			part := make([]byte, 900_000)
			r.say(`455-/chat,["e"]`, part, part, part, part, part)
		},
		"it breaks the protocol": func(_ *fixture, r *returning, _ *socketio.Socket) { r.say("nonsense") },
		"it is sent away":        func(_ *fixture, _ *returning, s *socketio.Socket) { s.Disconnect() },
		"with all others":        func(f *fixture, _ *returning, _ *socketio.Socket) { f.Of("/chat").Disconnect() },
		"while it is away, by a broadcast": func(f *fixture, r *returning, _ *socketio.Socket) {
			f.lose(r)
			f.Of("/chat").To("room").Disconnect()
		},
		"while it is away, by its socket": func(f *fixture, r *returning, s *socketio.Socket) {
			f.lose(r)
			s.Disconnect()
		},
		"with an offset of the future": func(f *fixture, r *returning, _ *socketio.Socket) {
			f.lose(r)
			r.offset = r.offset[:6] + "__________"[:8]
		},
		"with something that is no offset": func(f *fixture, r *returning, _ *socketio.Socket) {
			f.lose(r)
			r.offset = "hello"
		},
	}
	for name, act := range cases {
		t.Run(name, func(t *testing.T) {
			f := recovering(t, socketio.Recovery{})
			n := f.Of("/chat")
			n.Use(func(s *socketio.Socket) error { s.Join("room"); return nil })
			r := &returning{}
			f.come(r)
			_ = n.To("room").Emit("a") // it is in the room
			r.wantNext(`42/chat,["a"]`)
			s, _ := n.Socket(r.sid)
			act(f, r, s)
			eventually(t, func() bool { return n.Count() == 0 })
			f.backAnew(r)
		})
	}
}

func TestRecoveryWithinItsLimits(t *testing.T) {
	t.Run("events", func(t *testing.T) {
		f := recovering(t, socketio.Recovery{MaxEvents: 3})
		r := &returning{}
		f.come(r)
		f.lose(r)
		for i := range 3 {
			_ = f.Of("/chat").Emit("a", i)
		}
		wantMissed(t, f.back(r), `42/chat,["a",0]`, `42/chat,["a",1]`, `42/chat,["a",2]`)
		f.lose(r)
		for i := range 4 {
			_ = f.Of("/chat").Emit("b", i)
		}
		f.backAnew(r)
	})
	t.Run("bytes", func(t *testing.T) {
		f := recovering(t, socketio.Recovery{MaxBytes: 1000})
		r := &returning{}
		f.come(r)
		f.lose(r)
		_ = f.Of("/chat").Emit("a", strings.Repeat("x", 1000))
		f.backAnew(r)
	})
	t.Run("sessions", func(t *testing.T) {
		f := recovering(t, socketio.Recovery{MaxSessions: 1})
		first, second := &returning{}, &returning{}
		f.come(first)
		f.come(second)
		f.lose(first)
		f.lose(second)
		f.backAnew(first)
		f.back(second)
	})
}

func TestRecoveryEndsInTime(t *testing.T) {
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
			t.Error("forgotten too early")
		}
		_ = n.Emit("an event that is kept")
		time.Sleep(61 * time.Second)
		if again := visit(first.PID); again.SID == first.SID {
			t.Error("forgotten too late")
		}
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		if events, sessions := n.Kept(); events+sessions > 0 {
			t.Errorf("%d events and %d sessions are kept for nobody", events, sessions)
		}
	})
}

// The network may lose a client long before the server notices.
func TestRecoveryTakesASocketOver(t *testing.T) {
	f := recovering(t, socketio.Recovery{})
	n := f.Of("/chat")
	var happened journal
	hold, held := make(chan struct{}), make(chan struct{})
	n.On("hold", func(*socketio.Event) { close(held); <-hold })
	n.OnConnect(func(s *socketio.Socket) { happened.note(fmt.Sprint("connect ", s.Recovered())) })
	n.OnDisconnect(func(*socketio.Socket, socketio.Reason) { happened.note("disconnect") })
	r := &returning{}
	f.come(r)
	lost := r.client
	lost.say(`42/chat,["hold"]`) // the handlers of the old connection come first
	receive(t, held)
	go func() {
		lost.wantEnd()
		_ = n.Emit("a")
		close(hold)
	}()
	wantMissed(t, f.back(r), `42/chat,["a"]`)
	happened.wantSoon(t, "connect false", "disconnect", "connect true")
	_ = n.Emit("b")
	r.wantNext(`42/chat,["b"]`)
	f.lose(r)
	wantMissed(t, f.back(r)) // the end of the lost one has not touched the session
	if n.Count() != 1 {
		t.Errorf("%d sockets", n.Count())
	}
}

// Who knows the name of a session but is somebody else, gets nothing and ends
// nothing.
func TestRecoveryIsNotForThieves(t *testing.T) {
	var identity atomic.Value
	identity.Store("her")
	f := serve(t, socketio.Config{
		Recovery: func(string) socketio.Recovery {
			return socketio.Recovery{MaxAbsence: time.Minute, SameIdentity: func(before, now any) bool {
				if now == "a fault" {
					panic("a fault")
				}
				return before == now
			}}
		},
		Identify: func(*http.Request) (any, error) { return identity.Load(), nil },
	})
	r := &returning{}
	f.come(r)
	for _, other := range []string{"a thief", "a fault"} {
		identity.Store(other)
		thief := *r
		f.backAnew(&thief)
		r.wantAlive()
	}
	f.lose(r)
	identity.Store("a thief")
	thief := *r
	f.backAnew(&thief)
	identity.Store("her")
	f.back(r)
}

// Of two that come back with one name, one gets the socket.
func TestRecoveryIsForOne(t *testing.T) {
	f := recovering(t, socketio.Recovery{})
	for range 20 {
		r := &returning{}
		f.come(r)
		f.lose(r)
		twins := make(chan *returning, 8)
		for range cap(twins) {
			go func() {
				twin := *r
				twin.client = f.dial()
				twin.connectAgain()
				twins <- &twin
			}()
		}
		same := map[socketio.SocketID]int{}
		for range cap(twins) {
			same[receive(t, twins).sid]++
		}
		if f.Of("/chat").Count() > cap(twins)*20 || len(same) < 1 {
			t.Fatalf("%v", same)
		}
		n := 0
		for _, s := range f.Of("/chat").Sockets() {
			if s.ID() == r.sid {
				n++
			}
		}
		if n > 1 {
			t.Fatalf("%d sockets of one id", n)
		}
		f.Of("/chat").Disconnect()
	}
}

// The name of a session is a secret: it comes from the same source as the sid.
func TestPIDsAreDistinct(t *testing.T) {
	f := recovering(t, socketio.Recovery{})
	seen := map[string]bool{}
	c := f.dial()
	for i := range 30 { // namespaces of one connection: each has a session of its own
		name := fmt.Sprintf("/%d", i)
		f.Of(name)
		c.say("40" + name + ",")
		_, pid, _ := strings.Cut(c.hear(), `"pid":"`)
		if pid = strings.TrimSuffix(pid, `"}`); len(pid) != 24 || seen[pid] {
			t.Fatalf("pid %q", pid)
		}
		seen[pid] = true
	}
}
