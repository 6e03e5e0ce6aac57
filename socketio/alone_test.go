package socketio_test

import (
	"testing"

	"gifchat/socketio"
	"gifchat/socketio/adaptertest"
)

func TestAServerAloneReachesNobodyElse(t *testing.T) {
	f := serve(t, socketio.Config{})
	n := f.Of("/")
	n.OnServerSide("e", func(socketio.Args) { t.Error("it told itself") })
	n.AnswerServerSide("e", func(socketio.Args) any { t.Error("it asked itself"); return nil })
	if err := n.ServerSideEmit("e", 1); err != nil {
		t.Error(err)
	}
	if answers, err := n.ServerSideEmitWithAck(t.Context(), "e", 1); err != nil || len(answers) != 0 {
		t.Errorf("got %v, %v", answers, err)
	}
	if err := n.ServerSideEmit("e", make(chan int)); err == nil {
		t.Error("a channel was encoded")
	}
	_, s := f.connect("/")
	s.SetData(make(chan int)) // tells others nothing
	list, err := n.FetchSockets(t.Context())
	if err != nil || len(list) != 1 || list[0].ID != s.ID() || !list[0].Data.IsZero() {
		t.Errorf("got %v, %v", list, err)
	}
}

func TestServerSideHandlersSurviveAPanic(t *testing.T) {
	f := serve(t, socketio.Config{})
	n := f.Of("/")
	n.OnServerSide("e", func(socketio.Args) { panic("oops") })
	n.AnswerServerSide("e", func(args socketio.Args) any { return args })
	args, err := socketio.NewArgs("x")
	if err != nil {
		t.Fatal(err)
	}
	if answer, ok := n.ReceiveServerSide("e", args); !ok || string(answer.JSON()) != `["x"]` {
		t.Errorf("got %s, %v", answer.JSON(), ok)
	}
	n.AnswerServerSide("e", func(socketio.Args) any { panic("oops") })
	if _, ok := n.ReceiveServerSide("e", nil); ok {
		t.Error("a panic is an answer")
	}
}

func TestArgsAreCopies(t *testing.T) {
	raw := []byte("raw")
	args, err := socketio.NewArgs(map[string]socketio.Binary{"x": raw}, raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	raw[0] = 'R'
	var object map[string]socketio.Binary
	var plain []byte
	if err := args.Bind(&object, &plain); err != nil || string(object["x"]) != "raw" || string(plain) != "raw" {
		t.Errorf("got %v, %s, %v", object, plain, err)
	}
	if _, err := socketio.NewArgs([]any{map[string]any{"_placeholder": true, "num": 0}, socketio.Binary("x")}); err == nil {
		t.Error("a foreign placeholder was taken")
	}
}

// counting counts the adapters that are open.
type counting struct {
	socketio.Adapter
	open chan string
}

func (c counting) Close() error { <-c.open; return c.Adapter.Close() }

func TestAdaptersCloseWithTheirNamespaces(t *testing.T) {
	open := make(chan string, 10)
	var hub adaptertest.Hub
	f := serve(t, socketio.Config{Adapter: func(n *socketio.Namespace) socketio.Adapter {
		open <- n.Name()
		return counting{hub.Adapter(n), open}
	}})
	if len(open) != 1 {
		t.Errorf("%d are open, want that of /", len(open))
	}
	tenants(f)
	c := f.dial()
	c.connect("/tenant-1")
	if len(open) != 2 {
		t.Errorf("%d are open", len(open))
	}
	c.say("41/tenant-1,")
	eventually(t, func() bool { return len(open) == 1 })
	f.close()
	if len(open) != 0 {
		t.Errorf("%d are left open", len(open))
	}
}
