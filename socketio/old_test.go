package socketio_test

import (
	"errors"
	"testing"

	"gifchat/socketio"
)

// Clients of Socket.IO 1.x and 2.x speak revision 4 of the protocol over
// revision 3 of Engine.IO.

func TestOldClientsAreConnectedToTheMainNamespace(t *testing.T) {
	f := serve(t, socketio.Config{})
	connected := make(chan *socketio.Socket, 1)
	f.Of("/").OnConnect(func(s *socketio.Socket) { connected <- s })
	c := f.dialAs(3)
	c.want("40")
	s := receive(t, connected)
	if !s.Handshake().Auth.IsZero() {
		t.Error("there is an auth payload")
	}
	if err := s.Emit("hello", 1); err != nil {
		t.Fatal(err)
	}
	c.want(`42["hello",1]`)
}

func TestOldClientsAuthenticateByTheQueryOfTheNamespace(t *testing.T) {
	f := serve(t, socketio.Config{})
	tokens := make(chan map[string]string, 1)
	f.Of("/chat").OnConnect(func(s *socketio.Socket) {
		var auth map[string]string
		if err := s.Handshake().Auth.Bind(&auth); err != nil {
			t.Error(err)
		}
		tokens <- auth
	})
	c := f.dialAs(3)
	c.want("40")
	c.say("40/chat?token=a%26b&n=1,")
	c.want("40/chat,")
	if got := receive(t, tokens); got["token"] != "a&b" || got["n"] != "1" {
		t.Errorf("got %v", got)
	}
}

func TestOldClientsAreRefusedWithOneValue(t *testing.T) {
	f := serve(t, socketio.Config{})
	f.Of("/plain").Use(func(*socketio.Socket) error { return errors.New("not you") })
	f.Of("/data").Use(func(*socketio.Socket) error {
		return &socketio.ConnectError{Message: "not you", Data: map[string]int{"code": 7}}
	})
	c := f.dialAs(3)
	c.want("40")
	c.say("40/plain,")
	c.want(`44/plain,"not you"`)
	c.say("40/data,")
	c.want(`44/data,{"code":7}`)
	c.say("40/nowhere,")
	c.want(`44/nowhere,"Invalid namespace"`)
}

func TestOldClientsCanBeRefused(t *testing.T) {
	f := serve(t, socketio.Config{RefuseOldClients: true})
	if got := status(t, f.http.URL+"/?EIO=3&transport=polling"); got != 400 {
		t.Errorf("got %d, want 400", got)
	}
}
