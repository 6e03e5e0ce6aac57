package socketio_test

import (
	"testing"

	"gifchat/socketio"
	"gifchat/socketio/adaptertest"
)

func TestNamespace_without_an_adapter_reaches_no_other_server(t *testing.T) {
	f := serve(t, socketio.Config{})
	n := f.Of("/")
	n.OnServerSide("e", func(socketio.Args) { t.Error("OnServerSide handler ran on the sender's server") })
	n.AnswerServerSide("e", func(socketio.Args) any { t.Error("AnswerServerSide handler ran on the sender's server"); return nil })
	if err := n.ServerSideEmit("e", 1); err != nil {
		t.Error(err)
	}
	if answers, err := n.ServerSideEmitWithAck(t.Context(), "e", 1); err != nil || len(answers) != 0 {
		t.Errorf("ServerSideEmitWithAck: got %v, %v, want no answers", answers, err)
	}
	if err := n.ServerSideEmit("e", make(chan int)); err == nil {
		t.Error("ServerSideEmit of a channel: got no error, want one")
	}
	_, s := f.connect("/")
	s.SetData(make(chan int)) // cannot be encoded
	list, err := n.FetchSockets(t.Context())
	if err != nil || len(list) != 1 || list[0].ID != s.ID() || !list[0].Data.IsZero() {
		t.Errorf("FetchSockets: got %v, %v, want socket %s without data", list, err, s.ID())
	}
}

func TestReceiveServerSide_survives_a_panic(t *testing.T) {
	f := serve(t, socketio.Config{})
	n := f.Of("/")
	n.OnServerSide("e", func(socketio.Args) { panic("oops") })
	n.AnswerServerSide("e", func(args socketio.Args) any { return args })
	args, err := socketio.NewArgs("x")
	if err != nil {
		t.Fatal(err)
	}
	if answer, ok := n.ReceiveServerSide("e", args); !ok || string(answer.JSON()) != `["x"]` {
		t.Errorf("answer: got %s, %v, want [\"x\"]", answer.JSON(), ok)
	}
	n.AnswerServerSide("e", func(socketio.Args) any { panic("oops") })
	if _, ok := n.ReceiveServerSide("e", nil); ok {
		t.Error("ReceiveServerSide with a panicking handler: got ok, want no answer")
	}
}

func TestNewArgs_copies_its_arguments(t *testing.T) {
	raw := []byte("raw")
	args, err := socketio.NewArgs(map[string]socketio.Binary{"x": raw}, raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	raw[0] = 'R'
	var object map[string]socketio.Binary
	var plain []byte
	if err := args.Bind(&object, &plain); err != nil || string(object["x"]) != "raw" || string(plain) != "raw" {
		t.Errorf("got %v, %s, %v, want raw twice", object, plain, err)
	}
	if _, err := socketio.NewArgs([]any{map[string]any{"_placeholder": true, "num": 0}, socketio.Binary("x")}); err == nil {
		t.Error("NewArgs of a foreign placeholder: got no error, want one")
	}
}

// counting is an adapter that is removed from a channel when it is closed.
type counting struct {
	socketio.Adapter
	open chan string
}

func (c counting) Close() error { <-c.open; return c.Adapter.Close() }

func TestAdapter_closes_with_its_namespace(t *testing.T) {
	open := make(chan string, 10)
	var hub adaptertest.Hub
	f := serve(t, socketio.Config{Adapter: func(n *socketio.Namespace) socketio.Adapter {
		open <- n.Name()
		return counting{hub.Adapter(n), open}
	}})
	if len(open) != 1 {
		t.Errorf("open adapters: got %d, want 1 for /", len(open))
	}
	tenants(f)
	c := f.dial()
	c.connect("/tenant-1")
	if len(open) != 2 {
		t.Errorf("open adapters: got %d, want 2", len(open))
	}
	c.send("41/tenant-1,")
	eventually(t, func() bool { return len(open) == 1 })
	f.close()
	if len(open) != 0 {
		t.Errorf("open adapters after Close: got %d, want 0", len(open))
	}
}
