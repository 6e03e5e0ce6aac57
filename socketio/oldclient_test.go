package socketio_test

import (
	"testing"

	"gifchat/socketio"
)

// Clients of Socket.IO 1.x and 2.x use revision 4 of the protocol over revision
// 3 of Engine.IO.

func TestOldClient_is_connected_to_the_main_namespace(t *testing.T) {
	f := serve(t, socketio.Config{})
	connected := make(chan *socketio.Socket, 1)
	f.Of("/").OnConnect(func(s *socketio.Socket) { connected <- s })
	c := f.dialAs(3)
	c.want("40")
	s := receive(t, connected)
	if !s.Handshake().Auth.IsZero() {
		t.Errorf("auth: got %s, want none", s.Handshake().Auth.JSON())
	}
	if err := s.Emit("hello", 1); err != nil {
		t.Fatal(err)
	}
	c.want(`42["hello",1]`)
}

func TestOldClient_authenticates_by_the_query_of_the_namespace(t *testing.T) {
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
	c.send("40/chat?token=a%26b&n=1,")
	c.want("40/chat,")
	if got := receive(t, tokens); got["token"] != "a&b" || got["n"] != "1" {
		t.Errorf("auth: got %v, want token a&b and n 1", got)
	}
}

func TestOldClient_is_refused_with_one_value(t *testing.T) {
	f := serve(t, socketio.Config{})
	f.Of("/plain").Use(func(*socketio.Socket) error { return &socketio.Error{Message: "not you"} })
	f.Of("/data").Use(func(*socketio.Socket) error {
		return &socketio.Error{Message: "not you", Data: map[string]int{"code": 7}}
	})
	c := f.dialAs(3)
	c.want("40")
	c.send("40/plain,")
	c.want(`44/plain,"not you"`)
	c.send("40/data,")
	c.want(`44/data,{"code":7}`)
	c.send("40/nowhere,")
	c.want(`44/nowhere,"Invalid namespace"`)
}

func TestOldClient_is_refused_by_RefuseOldClients(t *testing.T) {
	f := serve(t, socketio.Config{RefuseOldClients: true})
	if got := status(t, f.http.URL+"/?EIO=3&transport=polling"); got != 400 {
		t.Errorf("status: got %d, want 400", got)
	}
}
