package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gifchat/socketio"
)

func TestBroadcast_reaches_the_selected_sockets(t *testing.T) {
	f := serve(t, socketio.Config{})
	n := f.Of("/")
	var clients []*client
	var sockets []*socketio.Socket
	for range 4 {
		c, s := f.connect("/")
		clients, sockets = append(clients, c), append(sockets, s)
	}
	sockets[0].Join("a")
	sockets[1].Join("a", "b")
	sockets[2].Join("b")
	id3 := string(sockets[3].ID())
	for _, tt := range []struct {
		name string
		b    socketio.Broadcast
		want []int
	}{
		{"one room", n.To("a"), []int{0, 1}},
		{"two rooms, each socket once", n.To("a", "b"), []int{0, 1, 2}},
		{"two calls", n.To("a").To("b"), []int{0, 1, 2}},
		{"a socket's id", n.To(id3), []int{3}},
		{"a room and a socket's id", n.To("a", id3), []int{0, 1, 3}},
		{"an unknown room", n.To("none"), nil},
		{"the empty name", n.To(""), nil},
		{"except a room", n.Except("a"), []int{2, 3}},
		{"except a socket", n.Except(id3), []int{0, 1, 2}},
		{"a room except another", n.To("a").Except("b"), []int{0}},
		{"except an empty room", n.Except("none"), []int{0, 1, 2, 3}},
		{"all but the sender", sockets[1].Broadcast(), []int{0, 2, 3}},
		{"a room but the sender", sockets[1].To("a"), []int{0}},
		{"a room the sender is not in", sockets[3].To("a"), []int{0, 1}},
		{"to the sender itself", sockets[1].To(string(sockets[1].ID())), nil},
		{"local", n.Local(), []int{0, 1, 2, 3}},
		{"volatile", n.Volatile().To("a"), []int{0, 1}},
		{"volatile but the sender", sockets[0].Broadcast().Volatile(), []int{1, 2, 3}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.b.Emit("e", tt.name); err != nil {
				t.Fatal(err)
			}
			var targets []*socketio.Socket
			for i, s := range sockets {
				if err := s.Emit("end"); err != nil {
					t.Fatal(err)
				}
				if slices.Contains(tt.want, i) {
					targets = append(targets, s)
					clients[i].want(fmt.Sprintf(`42["e","%s"]`, tt.name))
				}
				clients[i].want(`42["end"]`)
			}
			if got := tt.b.Sockets(); len(got) != len(targets) || slices.ContainsFunc(got, func(s *socketio.Socket) bool { return !slices.Contains(targets, s) }) {
				t.Errorf("Sockets: got %d, want %d", len(got), len(targets))
			}
		})
	}
	if err := n.Emit("e", make(chan int)); err == nil {
		t.Error("Emit of a channel: got no error, want one")
	}
	if err := n.Emit("disconnect"); err == nil {
		t.Error("Emit of a reserved name: got no error, want one")
	}
}

func TestBroadcast_is_a_value(t *testing.T) {
	f := serve(t, socketio.Config{})
	_, s := f.connect("/")
	s.Join("b")
	base := f.Of("/").To("a")
	one, two := base.To("b"), base.To("c")
	if len(one.Sockets()) != 1 || len(two.Sockets()) != 0 || len(base.Sockets()) != 0 {
		t.Errorf("sockets: got %d, %d and %d, want 1, 0 and 0", len(one.Sockets()), len(two.Sockets()), len(base.Sockets()))
	}
}

// The broadcast goes to more than twoRounds sockets.
func TestBroadcast_in_two_rounds_keeps_the_order(t *testing.T) {
	f := serve(t, socketio.Config{})
	const n, messages = 40, 30
	var clients []*client
	for range n {
		c, s := f.connect("/")
		s.Join("all")
		clients = append(clients, c)
	}
	var wg sync.WaitGroup
	for sender := range 4 {
		wg.Go(func() {
			for i := range messages {
				if err := f.Of("/").To("all").Emit("e", sender, i); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for _, c := range clients {
		var next [4]int
		for range 4 * messages {
			var sender, i int
			packet := c.receive()
			if _, err := fmt.Sscanf(packet, `42["e",%d,%d]`, &sender, &i); err != nil || i != next[sender] {
				t.Fatalf("packet: got %s, want number %d of its sender", packet, next[sender])
			}
			next[sender]++
		}
	}
}

func TestBroadcast_collects_acknowledgements(t *testing.T) {
	f := serve(t, socketio.Config{})
	n := f.Of("/")
	answers, err := n.EmitWithAck(t.Context(), "ask")
	if err != nil || len(answers) != 0 {
		t.Errorf("without sockets: got %v, %v, want no answers", answers, err)
	}
	a, _ := f.connect("/")
	b, sb := f.connect("/")
	type result struct {
		answers []socketio.Args
		err     error
	}
	ask := func(ctx context.Context) <-chan result {
		r := make(chan result, 1)
		go func() {
			answers, err := n.EmitWithAck(ctx, "ask")
			r <- result{answers, err}
		}()
		return r
	}
	both := ask(t.Context())
	a.want(`422["ask"]`)
	b.want(`422["ask"]`)
	b.send(`432["b"]`)
	a.send(`432["a"]`)
	if r := receive(t, both); r.err != nil || len(r.answers) != 2 {
		t.Errorf("got %+v, want two answers", r)
	}
	limited, cancel := context.WithCancel(t.Context())
	one := ask(limited)
	a.want(`423["ask"]`)
	b.want(`423["ask"]`)
	a.send(`433["a"]`)
	a.send(`424["no event of that name"]`)
	eventually(t, func() bool { return n.To(string(sb.ID())).Sockets()[0].PendingAcks() == 1 })
	a.wantAlive()
	cancel()
	if r := receive(t, one); !errors.Is(r.err, context.Canceled) || len(r.answers) != 1 {
		t.Errorf("got %+v, want one answer and an error", r)
	}
	if sb.PendingAcks() != 0 {
		t.Errorf("pending acknowledgements: got %d, want 0", sb.PendingAcks())
	}
	gone := ask(context.Background())
	a.want(`424["ask"]`)
	b.want(`424["ask"]`)
	a.send(`434[]`)
	b.close()
	if r := receive(t, gone); r.err == nil || len(r.answers) != 1 {
		t.Errorf("got %+v, want one answer and an error", r)
	}
}

func TestBinary_is_sent_both_ways(t *testing.T) {
	f := serve(t, socketio.Config{})
	type file struct {
		Name string          `json:"name"`
		Body socketio.Binary `json:"body"`
	}
	n := f.Of("/")
	socketio.Handle(n, "file", func(_ context.Context, _ *socketio.Socket, in file) (socketio.Args, error) {
		return socketio.NewArgs(file{in.Name, append(in.Body, '!')}, []byte("plain"))
	})
	n.On("relay", func(e *socketio.Event) { _ = n.Emit("relayed", e.Args.Any()...) })
	c, _ := f.connect("/")
	c.send(`451-5["file",{"name":"f","body":{"_placeholder":true,"num":0}}]`, []byte{0xff, 0})
	c.want(`462-5[{"name":"f","body":{"_placeholder":true,"num":0}},{"_placeholder":true,"num":1}]`, "binary \xff\x00!", "binary plain")
	c.send(`452-["relay",{"x":{"_placeholder":true,"num":1}},{"_placeholder":true,"num":0}]`, []byte("zero"), []byte("one"))
	c.want(`452-["relayed",{"x":{"_placeholder":true,"num":0}},{"_placeholder":true,"num":1}]`, "binary one", "binary zero")
}

// Fifty clients connect and disconnect, join and leave, emit and are kicked.
func TestServer_stays_consistent_under_churn(t *testing.T) {
	const clients, rounds = 50, 4
	f := serve(t, socketio.Config{})
	n := f.Of("/chat")
	var connects, disconnects atomic.Int64
	n.OnConnect(func(s *socketio.Socket) { connects.Add(1); s.Join("lobby") })
	n.OnDisconnect(func(*socketio.Socket, socketio.Reason) { disconnects.Add(1) })
	socketio.On(n, "join", func(_ context.Context, s *socketio.Socket, room string) error { s.Join(room); return nil })
	socketio.On(n, "leave", func(_ context.Context, s *socketio.Socket, room string) error { s.Leave(room); return nil })
	socketio.On(n, "say", func(_ context.Context, s *socketio.Socket, room string) error { return s.To(room).Emit("said", room) })
	stop := make(chan struct{})
	var background sync.WaitGroup
	background.Go(func() { // broadcasts, disconnects sockets and checks the rooms
		random := rand.New(rand.NewPCG(1, 2))
		for {
			select {
			case <-stop:
				return
			default:
			}
			_ = n.To("lobby").Emit("news", connects.Load())
			if sockets := n.To("1", "2").Sockets(); len(sockets) > 0 && random.IntN(20) == 0 {
				sockets[random.IntN(len(sockets))].Disconnect()
			}
			if err := n.ConsistencyCheck(); err != nil {
				t.Error(err)
				return
			}
			time.Sleep(time.Millisecond)
		}
	})
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(3, uint64(i)))
			for range rounds {
				c := f.dial()
				c.send("40/chat,")
				for j := range 10 {
					room := fmt.Sprint(random.IntN(5))
					c.send(fmt.Sprintf(`42/chat,%d["%s","%s"]`, j, []string{"join", "leave", "say"}[random.IntN(3)], room))
					packet, err := c.tryReceive()
					if err != nil {
						t.Errorf("connection lost: %v", err)
					}
					if packet == "41/chat," {
						break // kicked
					}
				}
				switch random.IntN(3) {
				case 0:
					c.send("41/chat,")
				case 1:
					c.send("41/chat,")
					c.send("1")
				}
				c.close()
			}
		})
	}
	wg.Wait()
	close(stop)
	background.Wait()
	f.close()
	if connects.Load() != disconnects.Load() || connects.Load() != clients*rounds {
		t.Errorf("connects and disconnects: got %d and %d, want %d", connects.Load(), disconnects.Load(), clients*rounds)
	}
}

// A list of rooms that is empty by mistake must not reach everybody.
func TestTo_without_rooms_reaches_nobody(t *testing.T) {
	for _, recovered := range []bool{false, true} {
		f := serve(t, socketio.Config{Recovery: func(string) socketio.Recovery {
			if recovered {
				return socketio.Recovery{MaxAbsence: time.Minute}
			}
			return socketio.Recovery{}
		}})
		n := f.Of("/")
		c, s := f.connect("/")
		for _, b := range []socketio.Broadcast{n.To(), n.Broadcast().To(), n.Except("x").To(), s.To(), n.Volatile().To()} {
			if err := b.Emit("secret"); err != nil || b.Len() != 0 || len(b.Sockets()) != 0 {
				t.Errorf("broadcast: got %v and %d sockets, want none", err, b.Len())
			}
			if answers, err := b.EmitWithAck(t.Context(), "secret"); err != nil || len(answers) != 0 {
				t.Errorf("EmitWithAck: got %v, %v, want no answers", answers, err)
			}
			b.Join("room")
			b.Leave("room")
			b.CloseConns()
			b.Disconnect()
			b.DisconnectClients()
		}
		if s.InRoom("room") || !s.Connected() {
			t.Errorf("socket: got in the room %v and connected %v, want false and true", s.InRoom("room"), s.Connected())
		}
		if err := n.To().To("public").Emit("nothing"); err != nil {
			t.Error(err)
		}
		s.Join("public")
		if rooms := n.Rooms(); !slices.Equal(rooms, []string{"public"}) || !s.InRoom("public") || s.InRoom("") {
			t.Errorf("rooms: got %q and %v, want public", rooms, s.InRoom("public"))
		}
		_ = n.To().To("public").Emit("hello")
		if got := c.receive(); !strings.HasPrefix(got, `42["hello"`) {
			t.Errorf("got %s, want hello", got)
		}
	}
}

// A client that joins a room with the id of another socket does not receive its events
// in its place.
func TestTo_id_reaches_its_socket_beside_a_room_of_that_name(t *testing.T) {
	f := serve(t, socketio.Config{})
	n := f.Of("/")
	owner, s := f.connect("/")
	other, intruder := f.connect("/")
	intruder.Join(string(s.ID()))
	if got := n.To(string(s.ID())).Len(); got != 2 {
		t.Errorf("sockets: got %d, want 2", got)
	}
	_ = n.To(string(s.ID())).Emit("private")
	owner.want(`42["private"]`)
	other.want(`42["private"]`)
	s.Join(string(s.ID()))
	if got := n.To(string(s.ID())).Sockets(); len(got) != 2 {
		t.Errorf("sockets after the owner has joined: got %d, want 2", len(got))
	}
	if got := n.Except(string(s.ID())).Len(); got != 0 {
		t.Errorf("sockets except the id: got %d, want 0", got)
	}
}
