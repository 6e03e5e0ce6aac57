package sockettest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"gifchat/socketio"
	"gifchat/socketio/sockettest"
)

func TestCall_returns_acknowledgement_of_handler(t *testing.T) {
	server := newServer(t, socketio.Config{})
	socketio.Handle(server.Of("/"), "add", func(_ context.Context, _ *socketio.Socket, in struct {
		A int `arg:"0"`
		B int `arg:"1"`
	},
	) (int, error) {
		return in.A + in.B, nil
	})
	c := sockettest.Dial(t, server, "/")
	for i := range 100 { // more than the inbox of the server
		c.Emit("ignored", i)
	}
	var sum int
	c.Call("add", 2, 3).Bind(&sum)
	if sum != 5 {
		t.Errorf("sum: got %d, want 5", sum)
	}
	if got := c.CallError("add", 2); got.Message != "Invalid argument 2" || !got.Data.IsZero() {
		t.Errorf("refusal: got %+v, want %q", got, "Invalid argument 2")
	}
	socketio.On(server.Of("/"), "refuse", func(context.Context, *socketio.Socket, struct{}) error {
		return &socketio.Error{Message: "not now", Data: map[string]int{"after": 3}}
	})
	refusal := c.CallError("refuse")
	var data struct{ After int }
	if err := refusal.Data.Bind(&data); err != nil || refusal.Message != "not now" || data.After != 3 {
		t.Errorf("refusal: got %+v with %+v, %v, want not now, after 3", refusal, data, err)
	}
	socketio.Handle(server.Of("/"), "echo", func(_ context.Context, _ *socketio.Socket, args socketio.Args) (socketio.Args, error) {
		return args, nil
	})
	for _, result := range []any{map[string]any{"error": 1}, map[string]any{"error": "x", "more": 1}, "error", nil} {
		c.Call("echo", result) // results that are no refusals
	}
}

func TestExpect_returns_events_in_order(t *testing.T) {
	server := newServer(t, socketio.Config{})
	chat := server.Of("/chat")
	socketio.On(chat, "say", func(_ context.Context, s *socketio.Socket, text string) error {
		return s.Broadcast().Emit("said", text, s.ID())
	})
	ann, bob := sockettest.Dial(t, server, "chat"), sockettest.Dial(t, server, "/chat")
	bob.ExpectNone()
	for i := range 3 {
		ann.Call("say", fmt.Sprint("hi ", i))
	}
	for i := range 3 {
		var text string
		var from socketio.SocketID
		bob.Expect("said").Bind(&text, &from)
		if want := fmt.Sprint("hi ", i); text != want || from != ann.ID() {
			t.Errorf("said: got %q from %s, want %q from %s", text, from, want, ann.ID())
		}
	}
	ann.ExpectNone()
	bob.ExpectNone()
}

// Volatile events reach a client that reads, also behind another event.
func TestExpect_returns_volatile_events(t *testing.T) {
	server := newServer(t, socketio.Config{})
	socketio.On(server.Of("/"), "go", func(_ context.Context, s *socketio.Socket, _ struct{}) error {
		for range 100 {
			if err := errors.Join(s.Emit("a"), s.Volatile().Emit("b")); err != nil {
				return err
			}
		}
		return nil
	})
	c := sockettest.Dial(t, server, "/")
	c.Call("go")
	for range 100 {
		c.Expect("a")
		c.Expect("b")
	}
	c.ExpectNone()
}

func TestDial_sends_the_handshake_of_its_options(t *testing.T) {
	server := newServer(t, socketio.Config{
		Identify: func(r *http.Request) (any, error) { return r.Host + r.URL.Path, nil },
	})
	server.Of("/").OnConnect(func(s *socketio.Socket) {
		h := s.Handshake()
		_ = s.Emit("hello", h.Header.Get("Cookie"), h.Query().Get("lang"), h.Address, h.Auth, h.Identity)
	})
	mux := http.NewServeMux()
	mux.Handle("/api/socket.io/", server)
	c := sockettest.Dial(t, mux, "/", sockettest.Auth(struct{ Token string }{"<secret>"}), sockettest.Header("Cookie", "id=1"),
		sockettest.Header("Host", "chat.example"), sockettest.Query("lang", "ko"), sockettest.Path("/api/socket.io/"), sockettest.Address("[2001:db8::1]:7"))
	got := fmt.Sprintf("%v", c.Expect("hello"))
	if want := `"hello" ["id=1","ko","[2001:db8::1]:7",{"Token":"\u003csecret\u003e"},"chat.example/api/socket.io/"]`; got != want {
		t.Errorf("handshake: got %s, want %s", got, want)
	}
}

func TestDialError_returns_refusal(t *testing.T) {
	server := newServer(t, socketio.Config{Identify: func(r *http.Request) (any, error) {
		if r.Header.Get("X-Banned") != "" {
			return nil, errors.New("banned")
		}
		return "", nil
	}})
	server.Of("/").Use(func(*socketio.Socket) error {
		return &socketio.Error{Message: "full", Data: map[string]int{"retry": 60}}
	})
	server.Of("/hidden").Use(func(*socketio.Socket) error { return errors.New("secret") })
	for want, got := range map[string]*sockettest.ConnectError{
		`connect_error: full {"retry":60}`:                 sockettest.DialError(t, server, "/"),
		`connect_error: Internal server error`:             sockettest.DialError(t, server, "/hidden"),
		`connect_error: Invalid namespace`:                 sockettest.DialError(t, server, "/none"),
		`handshake refused with status 403: Forbidden`:     sockettest.DialError(t, server, "/", sockettest.Header("X-Banned", "1")),
		`handshake refused with status 404: 404 not found`: sockettest.DialError(t, http.HandlerFunc(notFound), "/"),
	} {
		if got.Error() != want {
			t.Errorf("refusal: got %q, want %q", got, want)
		}
	}
	var data struct{ Retry int }
	if err := sockettest.DialError(t, server, "/").Data.Bind(&data); err != nil || data.Retry != 60 {
		t.Errorf("data: got %v, %v, want 60", data, err)
	}
}

func notFound(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "404 not found", http.StatusNotFound)
}

func TestAck_answers_EmitWithAck(t *testing.T) {
	server := newServer(t, socketio.Config{})
	answers := make(chan socketio.Args, 1)
	server.Of("/").OnConnect(func(s *socketio.Socket) {
		s.EmitWithAckFunc(time.Minute, func(args socketio.Args, _ error) { answers <- args }, "question", 6)
	})
	c := sockettest.Dial(t, server, "/")
	c.Expect("question").Ack("answer", []byte("raw"))
	var text string
	var raw []byte
	if err := (<-answers).Bind(&text, &raw); err != nil || text != "answer" || string(raw) != "raw" {
		t.Errorf("acknowledgement: got %q, %q, %v, want answer and raw", text, raw, err)
	}
}

func TestReply_answers_while_the_test_waits_in_Call(t *testing.T) {
	server := newServer(t, socketio.Config{})
	socketio.Handle(server.Of("/"), "sum", func(ctx context.Context, s *socketio.Socket, n int) (int, error) {
		answer, err := s.EmitWithAck(ctx, "double", n)
		if err != nil {
			return 0, err
		}
		err = answer.Bind(&n)
		return n + 1, err
	})
	c := sockettest.Dial(t, server, "/")
	c.Reply("double", func(args socketio.Args) []any {
		var n int
		_ = args.Bind(&n)
		return []any{2 * n}
	})
	var got int
	c.Call("sum", 20).Bind(&got)
	if got != 41 {
		t.Errorf("sum: got %d, want 41", got)
	}
	c.ExpectNone()
}

func TestClient_sends_and_receives_binary(t *testing.T) {
	type picture struct {
		Name string
		GIF  socketio.Binary
	}
	server := newServer(t, socketio.Config{})
	socketio.Handle(server.Of("/"), "echo", func(_ context.Context, s *socketio.Socket, args socketio.Args) (socketio.Args, error) {
		return args, s.Emit("echoed", args.Any()...)
	})
	c := sockettest.Dial(t, server, "/")
	sent := []any{[]byte("raw\xff"), []picture{{"a", socketio.Binary("1")}, {"b", socketio.Binary("")}}, "text", map[string]any{"_placeholder": true, "num": "0"}}
	ack := c.Call("echo", sent[:3]...)
	for name, args := range map[string]socketio.Args{"acknowledgement": ack.Args, "event": c.Expect("echoed").Args} {
		var raw []byte
		var pictures []picture
		var text string
		if err := args.Bind(&raw, &pictures, &text); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, want := fmt.Sprintf("%q %q %s", raw, pictures, text), `"raw\xff" [{"a" "1"} {"b" ""}] text`; got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	if got, want := string(c.Call("echo", sent[3]).Args[0].JSON()), `{"_placeholder":true,"num":"0"}`; got != want {
		t.Errorf("placeholder without attachments: got %s, want %s", got, want)
	}
}

func TestConnect_shares_the_connection(t *testing.T) {
	server := newServer(t, socketio.Config{})
	server.Of("/admin").Use(func(s *socketio.Socket) error {
		if s.Handshake().Auth.IsZero() {
			return errors.New("no auth")
		}
		return nil
	})
	main := sockettest.Dial(t, server, "/")
	admin := main.Connect("/admin", sockettest.Auth(map[string]int{"level": 1}))
	wantShared := func() {
		t.Helper()
		a, _ := server.Of("/").Socket(main.ID())
		b, _ := server.Of("/admin").Socket(admin.ID())
		if a.Handshake().Handshake != b.Handshake().Handshake {
			t.Error("handshakes of the two clients: got two, want one")
		}
	}
	wantShared()
	_ = server.Of("/admin").Emit("alarm")
	admin.Expect("alarm")
	main.ExpectNone()
	main.Lose()
	admin.Reconnect()
	main.Reconnect()
	wantShared()
	_ = server.Of("/admin").Emit("alarm")
	admin.Expect("alarm")
}

func TestClient_disconnects_and_is_disconnected(t *testing.T) {
	server := newServer(t, socketio.Config{})
	reasons := make(chan socketio.Reason, 1)
	main := server.Of("/")
	main.OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { reasons <- r })
	main.On("disconnect me", func(e *socketio.Event) { _ = e.Socket.Emit("bye"); e.Socket.Disconnect() })
	main.On("close", func(e *socketio.Event) { e.Socket.CloseConn() })
	main.On("leave", func(e *socketio.Event) { e.Socket.DisconnectClient() })
	wantReason := func(want socketio.Reason) {
		t.Helper()
		if got := <-reasons; got != want {
			t.Errorf("reason: got %q, want %q", got, want)
		}
	}
	c := sockettest.Dial(t, server, "/")
	first := c.ID()
	c.Disconnect()
	wantReason(socketio.ReasonClientDisconnect)
	c.ExpectNone()
	c.Reconnect()
	if c.ID() == first || c.Recovered() {
		t.Errorf("id after Reconnect: got %s, recovered %t, want a new one", c.ID(), c.Recovered())
	}

	c.Emit("disconnect me")
	c.Expect("bye")
	c.ExpectDisconnect(sockettest.ServerDisconnect)
	wantReason(socketio.ReasonServerDisconnect)
	c.Reconnect()

	c.Emit("close")
	c.ExpectDisconnect(sockettest.TransportClose)
	wantReason(socketio.ReasonForcedClose)
	c.Reconnect()

	c.Emit("leave")
	c.ExpectDisconnect(sockettest.ServerDisconnect)
	wantReason(socketio.ReasonServerDisconnect)
	c.Reconnect()

	c.Lose()
	wantReason(socketio.ReasonTransportClose)
	c.Reconnect()
	_ = server.Close(context.Background())
	c.ExpectDisconnect(sockettest.TransportClose)
	wantReason(socketio.ReasonServerShutdown)
}

func TestReconnect_resumes_the_session(t *testing.T) {
	server := newServer(t, socketio.Config{
		Recovery: func(string) socketio.Recovery { return socketio.Recovery{MaxAbsence: time.Minute} },
	})
	news := server.Of("/")
	news.Use(func(s *socketio.Socket) error {
		var auth struct{ Token string }
		_ = s.Handshake().Auth.Bind(&auth) // there may be no payload
		if auth.Token == "banned" {
			return &socketio.Error{Message: "banned"}
		}
		s.Join("readers")
		return nil
	})
	c := sockettest.Dial(t, server, "/", sockettest.Auth(map[string]string{"token": "ann"}))
	id := c.ID()
	for i := range 3 { // the offset is that of the last event
		_ = news.Emit("before", i)
		c.Expect("before")
		c.Lose()
		large := strings.Repeat("x", 100<<10) // comes behind the answer
		_ = news.To("readers").Emit("missed", []byte("binary"), large)
		c.Reconnect()
		if !c.Recovered() || c.ID() != id {
			t.Fatalf("Reconnect: got recovered %t and id %s, want true and %s", c.Recovered(), c.ID(), id)
		}
		var data []byte
		c.Expect("missed").Bind(&data)
		if string(data) != "binary" {
			t.Errorf("missed: got %q, want %q", data, "binary")
		}
		c.ExpectNone()
	}
	c.Lose()
	if got := c.ReconnectError(sockettest.Auth(map[string]string{"token": "banned"})); got.Message != "banned" {
		t.Errorf("ReconnectError: got %q, want %q", got, "banned")
	}
	c.Reconnect(sockettest.Auth(nil))
	if c.Recovered() || c.ID() == id {
		t.Errorf("Reconnect after a refusal: got the session again, want a new one")
	}
}
