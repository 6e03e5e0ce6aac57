package sockettest_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio"
	"gifchat/socketio/sockettest"
)

// failures are tests that fail, with their messages.
var failures = map[string]struct {
	test func(testing.TB, *socketio.Server, *sockettest.Client)
	want string
}{
	"Expect another event": {
		func(_ testing.TB, s *socketio.Server, c *sockettest.Client) {
			_ = s.Of("/").Emit("left", "ann", 3)
			c.Expect("said")
		}, `event: got "left" ["ann",3], want "said"`,
	},
	"Expect without an event": {
		func(_ testing.TB, _ *socketio.Server, c *sockettest.Client) { c.Expect("said") },
		`event: got none in 10s, want "said"`,
	},
	"Expect after a disconnect": {
		func(_ testing.TB, s *socketio.Server, c *sockettest.Client) {
			s.Of("/").To(string(c.ID())).Disconnect()
			c.Expect("said")
		}, `event: got the disconnect "io server disconnect", want "said"`,
	},
	"Expect of a lost client": {
		func(_ testing.TB, _ *socketio.Server, c *sockettest.Client) {
			c.Lose()
			c.Expect("said")
		}, `event: got none and the client is disconnected, want "said"`,
	},
	"ExpectNone with an event": {
		func(_ testing.TB, s *socketio.Server, c *sockettest.Client) {
			_ = s.Of("/").Emit("said", strings.Repeat("x", 300))
			c.ExpectNone()
		}, `event: got "said" ["` + strings.Repeat("x", 199) + `], want none`,
	},
	"ExpectNone after a disconnect": {
		func(_ testing.TB, s *socketio.Server, c *sockettest.Client) {
			s.Of("/").To(string(c.ID())).Disconnect()
			c.ExpectNone()
		}, `event: got the disconnect "io server disconnect", want none`,
	},
	"ExpectNone of a suspended client": {
		func(_ testing.TB, _ *socketio.Server, c *sockettest.Client) {
			c.Suspend()
			c.ExpectNone()
		}, `ExpectNone: the server does not answer in 10s`,
	},
	"ExpectDisconnect with an event": {
		func(_ testing.TB, s *socketio.Server, c *sockettest.Client) {
			_ = s.Of("/").Emit("said")
			c.ExpectDisconnect(sockettest.TransportClose)
		}, `disconnect: got the event "said" [], want "transport close"`,
	},
	"ExpectDisconnect with another reason": {
		func(_ testing.TB, s *socketio.Server, c *sockettest.Client) {
			s.Of("/").To(string(c.ID())).Disconnect()
			c.ExpectDisconnect(sockettest.TransportClose)
		}, `disconnect: got "io server disconnect", want "transport close"`,
	},
	"ExpectDisconnect without a disconnect": {
		func(_ testing.TB, _ *socketio.Server, c *sockettest.Client) {
			c.ExpectDisconnect(sockettest.TransportClose)
		}, `disconnect: got none in 10s, want "transport close"`,
	},
	"Call without an acknowledgement": {
		func(_ testing.TB, _ *socketio.Server, c *sockettest.Client) { c.Call("unknown") },
		`Call("unknown"): got no acknowledgement in 10s, want one`,
	},
	"Call of an event that is refused": {
		func(_ testing.TB, s *socketio.Server, c *sockettest.Client) {
			socketio.On(s.Of("/"), "say", func(context.Context, *socketio.Socket, string) error { return nil })
			c.Call("say")
		}, `Call("say"): got the refusal "Invalid argument 1", want an acknowledgement`,
	},
	"CallError of an event that is accepted": {
		func(_ testing.TB, s *socketio.Server, c *sockettest.Client) {
			socketio.On(s.Of("/"), "say", func(context.Context, *socketio.Socket, string) error { return nil })
			c.CallError("say", "hi")
		}, `CallError("say"): got [], want a refusal`,
	},
	"Call of a client that is disconnected": {
		func(_ testing.TB, s *socketio.Server, c *sockettest.Client) {
			s.Of("/").On("kick", func(e *socketio.Event) { e.Socket.Disconnect() })
			c.Call("kick")
		}, `Call("kick"): got a disconnect, want an acknowledgement`,
	},
	"Emit of a lost client": {
		func(_ testing.TB, _ *socketio.Server, c *sockettest.Client) {
			c.Lose()
			c.Emit("say")
		}, `Emit: the client is disconnected`,
	},
	"Emit of a value that has no JSON": {
		func(_ testing.TB, _ *socketio.Server, c *sockettest.Client) { c.Emit("say", make(chan int)) },
		`Emit: socketio: encode argument: json: unsupported type: chan int`,
	},
	"Bind of another type": {
		func(_ testing.TB, s *socketio.Server, c *sockettest.Client) {
			_ = s.Of("/").Emit("said", "hi")
			var n int
			c.Expect("said").Bind(&n)
		}, `Bind: event "said" ["hi"]: argument 1: json: cannot unmarshal string into Go value of type int`,
	},
	"Bind of an acknowledgement": {
		func(_ testing.TB, s *socketio.Server, c *sockettest.Client) {
			socketio.On(s.Of("/"), "say", func(context.Context, *socketio.Socket, struct{}) error { return nil })
			var n int
			c.Call("say").Bind(&n)
		}, `Bind: acknowledgement of "say" []: argument 1: missing`,
	},
	"Ack of an event that wants none": {
		func(_ testing.TB, s *socketio.Server, c *sockettest.Client) {
			_ = s.Of("/").Emit("said")
			c.Expect("said").Ack()
		}, `Ack: the server wants no acknowledgement of the event "said" []`,
	},
	"Ack twice": {
		func(t testing.TB, s *socketio.Server, c *sockettest.Client) {
			socket, _ := s.Of("/").Socket(c.ID())
			socket.EmitWithAckFunc(0, func(socketio.Args, error) {}, "question")
			e := c.Expect("question")
			e.Ack()
			e.Ack()
		}, `Ack: the event "question" [] has been acknowledged`,
	},
	"Dial of a refused client": {
		func(t testing.TB, s *socketio.Server, _ *sockettest.Client) { sockettest.Dial(t, s, "/none") },
		`Dial: namespace /none: connect_error: Invalid namespace`,
	},
	"Dial of a server that does not answer": {
		func(t testing.TB, _ *socketio.Server, _ *sockettest.Client) {
			sockettest.Dial(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), "/")
		}, `Dial: namespace /: handshake: i/o timeout`,
	},
	"DialError of a client that can connect": {
		func(t testing.TB, s *socketio.Server, _ *sockettest.Client) { _ = sockettest.DialError(t, s, "/") },
		`DialError: namespace /: got a connected client, want a refusal`,
	},
	"DialError of a client that breaks the protocol": {
		func(t testing.TB, s *socketio.Server, _ *sockettest.Client) {
			_ = sockettest.DialError(t, s, "/", sockettest.Auth("no object"))
		}, `DialError: namespace /: the server closed the connection`,
	},
	"Connect to a namespace that refuses": {
		func(_ testing.TB, _ *socketio.Server, c *sockettest.Client) { c.Connect("/none") },
		`Connect: namespace /none: connect_error: Invalid namespace`,
	},
	"Connect to a namespace again": {
		func(_ testing.TB, _ *socketio.Server, c *sockettest.Client) { c.Connect("/") },
		`Connect: namespace /: the connection has a client in the namespace`,
	},
	"Reconnect of a connected client": {
		func(_ testing.TB, _ *socketio.Server, c *sockettest.Client) { c.Reconnect() },
		`Reconnect: the client is connected`,
	},
	"Reconnect to a closed server": {
		func(_ testing.TB, s *socketio.Server, c *sockettest.Client) {
			c.Lose()
			_ = s.Close(context.Background())
			c.Reconnect()
		}, `Reconnect: namespace /: handshake refused with status 503: Server is shutting down`,
	},
	"Lose twice": {
		func(_ testing.TB, _ *socketio.Server, c *sockettest.Client) {
			c.Lose()
			c.Lose()
		}, `Lose: the connection has ended`,
	},
	"Disconnect twice": {
		func(_ testing.TB, _ *socketio.Server, c *sockettest.Client) {
			c.Disconnect()
			c.Disconnect()
		}, `Disconnect: the client is disconnected`,
	},
	"no failure": {
		func(_ testing.TB, _ *socketio.Server, c *sockettest.Client) { c.ExpectNone() }, "",
	},
}

func TestFailure_names_the_line_of_the_test_and_what_came(t *testing.T) {
	for name, tt := range failures {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // so that the timeouts pass at once
				server := newServer(t, socketio.Config{PingInterval: time.Hour})
				record(t, func(r testing.TB) {
					tt.test(r, server, sockettest.Dial(r, server, "/"))
				}).want(t, tt.want)
			})
		})
	}
}

func TestFailure_reports_replies_without_JSON(t *testing.T) {
	server := newServer(t, socketio.Config{})
	r := record(t, func(r testing.TB) {
		c := sockettest.Dial(r, server, "/")
		c.Reply("question", func(socketio.Args) []any { return []any{make(chan int)} })
		socket, _ := server.Of("/").Socket(c.ID())
		socket.EmitWithAckFunc(0, func(socketio.Args, error) {}, "question")
		c.ExpectDisconnect("parse error")
	})
	if want := "unsupported type: chan int"; !strings.Contains(r.failure, want) {
		t.Errorf("failure: got %q, want %q in it", r.failure, want)
	}
}
