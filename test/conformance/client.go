package main

import (
	"context"
	"net/http"
	"time"

	"gifchat/socketio"
)

// connectDelay is how long a handshake takes at least. Some cases need a client
// that times out before it is connected.
const connectDelay = 10 * time.Millisecond

// client is the server that the suite of socket.io-client expects: the
// counterpart of packages/socket.io-client/test/support/server.ts. It omits what
// only the browser cases use, such as events with a Blob.
func client() http.Handler {
	server := socketio.NewServer(socketio.Config{
		PingInterval: 2 * time.Second,
		Recovery: func(string) socketio.Recovery {
			return socketio.Recovery{MaxAbsence: 2 * time.Minute}
		},
		Identify: func(*http.Request) (any, error) {
			time.Sleep(connectDelay)
			return nil, nil
		},
	})
	for _, name := range []string{"/timeout_socket", "/valid", "/asd"} {
		server.Of(name)
	}
	socketio.Handle(server.Of("/foo"), "getId", socketID)
	server.Of("/abc").OnConnect(func(s *socketio.Socket) {
		_ = s.Emit("handshake", describe(s.Handshake())) // the suite detects an error
	})
	server.Of("/no").Use(func(*socketio.Socket) error {
		return &socketio.Error{Message: "Auth failed (custom namespace)"}
	})
	root := server.Of("/")
	addAcks(root)
	addTexts(root)
	addBinary(root)
	return server
}

// addAcks adds the events with acknowledgements.
func addAcks(n *socketio.Namespace) {
	socketio.Handle(n, "echo", func(_ context.Context, _ *socketio.Socket, v socketio.Value) (socketio.Value, error) {
		return v, nil
	})
	socketio.Handle(n, "getId", socketID)
	socketio.Handle(n, "getHandshake", func(_ context.Context, s *socketio.Socket, _ struct{}) (handshake, error) {
		return describe(s.Handshake()), nil
	})
	socketio.Handle(n, "getAckDate", func(context.Context, *socketio.Socket, struct{}) (time.Time, error) {
		return time.Now(), nil
	})
	// A case waits for an acknowledgement of "ack" that must not arrive, so the
	// handler gets the whole event: On acknowledges by itself.
	n.On("ack", func(e *socketio.Event) {
		s := e.Socket
		s.EmitWithAckFunc(0, func(args socketio.Args, err error) {
			var number int
			var object struct{ Test bool }
			if err == nil && args.Bind(&number, &object) == nil && number == 5 && object.Test {
				_ = s.Emit("got it") // the suite detects an error
			}
		}, "ack")
	})
}

// addTexts adds the events that are answered with text.
func addTexts(n *socketio.Namespace) {
	reply(n, "hi", "hi")
	reply(n, "false", "false", false)
	socketio.On(n, "getDate", func(_ context.Context, s *socketio.Socket, _ struct{}) error {
		return s.Emit("takeDate", time.Now())
	})
	socketio.On(n, "getDateObj", func(_ context.Context, s *socketio.Socket, _ struct{}) error {
		return s.Emit("takeDateObj", map[string]time.Time{"date": time.Now()})
	})
	texts := []string{"てすと", "Я Б Г Д Ж Й", "Ä ä Ü ü ß", "utf8 — string", "utf8 — string"}
	socketio.On(n, "getUtf8", func(_ context.Context, s *socketio.Socket, _ struct{}) error {
		for _, text := range texts {
			if err := s.Emit("takeUtf8", text); err != nil {
				return err
			}
		}
		return nil
	})
}

// addBinary adds the events with binary data. A handler that does not receive
// what the suite has sent emits nothing, and the case times out.
func addBinary(n *socketio.Namespace) {
	reply(n, "doge", "doge", []byte("asdfasdf"))
	socketio.On(n, "buffa", func(_ context.Context, s *socketio.Socket, _ socketio.Binary) error {
		return s.Emit("buffack")
	})
	type mixed struct {
		Hello, Goodbye string
		Message        socketio.Binary
	}
	socketio.On(n, "jsonbuff", func(_ context.Context, s *socketio.Socket, in mixed) error {
		if in.Hello != "lol" || in.Goodbye != "gotcha" || in.Message == nil {
			return nil
		}
		return s.Emit("jsonbuff-ack")
	})
	type received struct{}
	socketio.On(n, "abuff1", func(_ context.Context, s *socketio.Socket, _ socketio.Binary) error {
		s.SetData(received{})
		return nil
	})
	socketio.On(n, "abuff2", func(_ context.Context, s *socketio.Socket, _ struct{}) error {
		if _, ok := socketio.Data[received](s); !ok {
			return nil
		}
		return s.Emit("abuff2-ack")
	})
}

// reply adds an event that is answered with another event.
func reply(n *socketio.Namespace, event, answer string, args ...any) {
	socketio.On(n, event, func(_ context.Context, s *socketio.Socket, _ struct{}) error {
		return s.Emit(answer, args...)
	})
}

func socketID(_ context.Context, s *socketio.Socket, _ struct{}) (socketio.SocketID, error) {
	return s.ID(), nil
}

// handshake is the part of the reference server's handshake that the suite
// reads.
type handshake struct {
	Query map[string]string `json:"query"`
	Auth  any               `json:"auth"`
}

func describe(h *socketio.Handshake) handshake {
	out := handshake{Query: map[string]string{}, Auth: h.Auth}
	if h.Auth.IsZero() {
		out.Auth = struct{}{}
	}
	for key, values := range h.Query() {
		out.Query[key] = values[0]
	}
	return out
}
