package socketio_test

import (
	"strings"
	"testing"

	"gifchat/socketio"
)

// Middleware turns a recovered socket into a new one. Later middleware and the
// connect handlers see no trace of the lost session.
func TestStartOver_makes_a_recovered_socket_a_new_one(t *testing.T) {
	expired := make(chan socketio.LostSession, 10)
	f := recovering(t, socketio.Recovery{Expired: func(lost socketio.LostSession) { expired <- lost }})
	n := f.Of("/chat")
	n.Use(func(s *socketio.Socket) error {
		if s.Recovered() {
			s.Join("joined before")
			s.StartOver()
			s.StartOver() // does nothing
		}
		return nil
	})
	var ids journal
	fresh := func(s *socketio.Socket) {
		if s.Recovered() || len(s.Rooms()) > 0 || s.Data() != nil {
			t.Errorf("socket: got recovered %v, rooms %v, data %v, want a new one", s.Recovered(), s.Rooms(), s.Data())
		}
		ids.note(string(s.ID()))
	}
	n.Use(func(s *socketio.Socket) error { fresh(s); return nil })
	n.OnConnect(fresh)
	n.OnConnect(func(s *socketio.Socket) { s.Join("room"); s.SetData("ann") })
	r := &stockClient{}
	f.connectTo(r)
	f.lose(r)
	_ = n.Emit("missed")
	before := *r
	f.wantNewSocket(r)
	lost := receive(t, expired)
	if lost.ID != before.sid || lost.Failure != socketio.FailureStartedOver || len(lost.Rooms) != 1 || lost.Data != "ann" {
		t.Errorf("Expired: got %+v, want socket %s with its room and data", lost, before.sid)
	}
	_ = n.Emit("live")
	r.wantNext(`42/chat,["live"]`)
	ids.wantSoon(t, string(before.sid), string(before.sid), string(r.sid), string(r.sid)) // middleware and handler of each
	f.lose(r)
	f.wantNewSocket(r)
	f.wantNewSocket(&before) // its session is used up
	if got := n.Resuming(); got != 0 {
		t.Errorf("resuming sockets: got %d, want 0", got)
	}
}

func TestStartOver_does_nothing_elsewhere(t *testing.T) {
	f := recovering(t, socketio.Recovery{})
	n := f.Of("/chat")
	n.Use(func(s *socketio.Socket) error {
		if !s.Recovered() {
			s.Join("room")
			s.StartOver()
		}
		return nil
	})
	n.OnConnect(func(s *socketio.Socket) { s.StartOver() })
	n.OnDisconnect(func(s *socketio.Socket, _ socketio.Reason) { s.StartOver() })
	r := &stockClient{}
	f.connectTo(r)
	for range 2 {
		f.lose(r)
		_ = n.To("room").Emit("missed")
		wantMissed(t, f.resume(r), `42/chat,["missed"]`)
	}
	c, s := f.connect("/") // a namespace with recovery, and a client that names no session
	s.StartOver()
	c.wantAlive()
}

// The server disconnects the lost socket while middleware is checking the
// socket that was to resume it.
func TestStartOver_does_not_undo_Disconnect(t *testing.T) {
	for _, order := range []string{"before", "after"} {
		t.Run(order, func(t *testing.T) {
			f := recovering(t, socketio.Recovery{})
			n := f.Of("/chat")
			whenRecovered(n, func(s *socketio.Socket) error {
				if order == "after" {
					s.StartOver()
				}
				n.Disconnect()
				s.StartOver()
				return nil
			})
			r := &stockClient{}
			f.connectTo(r)
			f.lose(r)
			r.client = f.dial()
			r.send(`40/chat,{"pid":"` + r.pid + `"}`)
			want := `44/chat,{"message":"Disconnected by the server"}`
			if order == "after" { // like any other socket that middleware is checking
				want = `40/chat,{"sid":"`
			}
			if got := r.receive(); !strings.HasPrefix(got, want) {
				t.Errorf("answer: got %s, want %s", got, want)
			}
		})
	}
}
