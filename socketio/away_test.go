package socketio_test

import (
	"strings"
	"testing"

	"gifchat/socketio"
)

// onItsWay is a server on whose /chat everybody is in "room" and "other", and
// meanwhile runs while a client is on its way back to its socket.
func onItsWay(t *testing.T, meanwhile func(*socketio.Namespace, socketio.SocketID)) (*fixture, *returning) {
	t.Helper()
	f := recovering(t, socketio.Recovery{})
	n := f.Of("/chat")
	n.Use(func(s *socketio.Socket) error {
		if s.Recovered() {
			meanwhile(n, s.ID())
		} else {
			s.Join("room", "other")
		}
		return nil
	})
	r := &returning{}
	f.come(r)
	_ = n.To("room").Emit("a")
	r.wantNext(`42/chat,["a"]`)
	f.lose(r)
	return f, r
}

// Who is sent out of a room while middleware looks at the socket is out, and hears
// nothing of what was said in it.
func TestLeaveReachesWhoIsOnTheWayBack(t *testing.T) {
	f, r := onItsWay(t, func(n *socketio.Namespace, _ socketio.SocketID) {
		n.To("room").Except("nobody").Leave("room")
		_ = n.To("room").Emit("c")
		_ = n.To("other").Emit("d")
	})
	_ = f.Of("/chat").To("room").Emit("b")
	wantMissed(t, f.back(r), `42/chat,["d"]`)
	_ = f.Of("/chat").To("room").Emit("e")
	_ = f.Of("/chat").To("other").Emit("f")
	r.wantNext(`42/chat,["f"]`)
	r.wantAlive()
}

// An exception holds for it as for anybody.
func TestLeaveSparesWhoIsExceptedOnTheWayBack(t *testing.T) {
	f, r := onItsWay(t, func(n *socketio.Namespace, _ socketio.SocketID) { n.To("room").Except("other").Leave("room") })
	_ = f.Of("/chat").To("room").Emit("b")
	wantMissed(t, f.back(r), `42/chat,["b"]`)
}

// Who is sent away then does not come back.
func TestDisconnectReachesWhoIsOnTheWayBack(t *testing.T) {
	for what, disconnect := range map[string]func(*socketio.Namespace, socketio.SocketID){
		"a room":        func(n *socketio.Namespace, _ socketio.SocketID) { n.To("room").Disconnect() },
		"everybody":     func(n *socketio.Namespace, _ socketio.SocketID) { n.Disconnect() },
		"by its own id": func(n *socketio.Namespace, id socketio.SocketID) { n.To(string(id)).Disconnect() },
	} {
		t.Run(what, func(t *testing.T) {
			f, r := onItsWay(t, disconnect)
			n := f.Of("/chat")
			n.OnConnect(func(s *socketio.Socket) {
				if s.Recovered() {
					t.Error("it is connected")
				}
			})
			_ = n.To("room").Emit("b")
			r.client = f.dial()
			r.say(`40/chat,{"pid":"` + r.pid + `","offset":"` + r.offset + `"}`)
			r.want(`44/chat,{"message":"Disconnected by the server"}`)
			if n.Count() != 0 {
				t.Errorf("%d sockets", n.Count())
			}
			f.backAnew(r) // its session is used up
		})
	}
}

// A refused one leaves nothing behind.
func TestRefusedOnTheWayBackIsForgotten(t *testing.T) {
	f, r := onItsWay(t, func(*socketio.Namespace, socketio.SocketID) { panic("a fault") })
	r.client = f.dial()
	r.say(`40/chat,{"pid":"` + r.pid + `"}`)
	if answer := r.hear(); !strings.HasPrefix(answer, "44/chat,") {
		t.Fatal(answer)
	}
	if on := f.Of("/chat").Resuming(); on != 0 {
		t.Errorf("%d sockets are on their way back for ever", on)
	}
}
