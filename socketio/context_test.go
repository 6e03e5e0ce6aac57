package socketio_test

import (
	"context"
	"errors"
	"testing"

	"gifchat/socketio"
)

func TestContext_ends_with_the_reason(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(*fixture, *client, *socketio.Socket)
		want socketio.Reason
	}{
		{"client disconnects", func(_ *fixture, c *client, _ *socketio.Socket) { c.send("41/chat,") }, socketio.ReasonClientDisconnect},
		{"server disconnects", func(_ *fixture, _ *client, s *socketio.Socket) { s.Disconnect() }, socketio.ReasonServerDisconnect},
		{"client is lost", func(_ *fixture, c *client, _ *socketio.Socket) { c.close() }, socketio.ReasonTransportClose},
		{"server closes", func(f *fixture, _ *client, _ *socketio.Socket) { f.close() }, socketio.ReasonServerShutdown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := serve(t, socketio.Config{})
			f.Of("/chat")
			c, s := f.connect("/chat")
			ctx := s.Context()
			if err := ctx.Err(); err != nil || s.Context() != ctx {
				t.Errorf("context of a connected socket: got %v, want one without an end", err)
			}
			tt.end(f, c, s)
			receive(t, ctx.Done())
			cause := context.Cause(ctx)
			end, ok := errors.AsType[*socketio.DisconnectError](cause)
			if !ok || end.Reason != tt.want || !errors.Is(cause, socketio.ErrDisconnected) {
				t.Errorf("cause: got %v, want %q, which wraps ErrDisconnected", cause, tt.want)
			}
		})
	}
}

func TestContext_created_after_the_end_has_ended(t *testing.T) {
	f := serve(t, socketio.Config{})
	f.Of("/chat")
	_, s := f.connect("/chat")
	s.Disconnect()
	end, ok := errors.AsType[*socketio.DisconnectError](context.Cause(s.Context()))
	if !ok || end.Reason != socketio.ReasonServerDisconnect {
		t.Errorf("cause: got %v, want %q", context.Cause(s.Context()), socketio.ReasonServerDisconnect)
	}
}

func TestContext_of_a_refused_socket_ends(t *testing.T) {
	f := serve(t, socketio.Config{})
	contexts := make(chan context.Context, 1)
	f.Of("/chat").Use(func(s *socketio.Socket) error {
		contexts <- s.Context()
		return &socketio.Error{Message: "no"}
	})
	c := f.dial()
	c.send("40/chat,")
	c.want(`44/chat,{"message":"no"}`)
	receive(t, receive(t, contexts).Done())
}

// The context ends while the handler runs.
func TestHandle_context_ends_with_the_socket(t *testing.T) {
	f := serve(t, socketio.Config{})
	causes := make(chan error, 1)
	running := make(chan struct{})
	socketio.On(f.Of("/chat"), "wait", func(ctx context.Context, _ *socketio.Socket, _ struct{}) error {
		close(running)
		<-ctx.Done()
		causes <- context.Cause(ctx)
		return nil
	})
	c, _ := f.connect("/chat")
	c.send(`42/chat,["wait"]`)
	receive(t, running)
	c.close()
	if got := receive(t, causes); !errors.Is(got, socketio.ErrDisconnected) {
		t.Errorf("cause: got %v, want %v", got, socketio.ErrDisconnected)
	}
}

// The client disconnects from the namespace and keeps its connection. The handler waits
// for the end, and for an acknowledgement that will not come.
func TestHandle_context_ends_when_the_client_leaves_the_namespace(t *testing.T) {
	for name, wait := range map[string]func(context.Context, *socketio.Socket) error{
		"context": func(ctx context.Context, _ *socketio.Socket) error {
			<-ctx.Done()
			return context.Cause(ctx)
		},
		"acknowledgement": func(_ context.Context, s *socketio.Socket) error {
			_, err := s.EmitWithAck(context.Background(), "ask")
			return err
		},
		"late acknowledgement": func(ctx context.Context, s *socketio.Socket) error {
			<-ctx.Done()
			_, err := s.EmitWithAck(context.Background(), "ask")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, socketio.Config{})
			entered, causes := make(chan struct{}), make(chan error, 1)
			socketio.On(f.Of("/chat"), "wait", func(ctx context.Context, s *socketio.Socket, _ struct{}) error {
				close(entered)
				causes <- wait(ctx, s)
				return nil
			})
			c, s := f.connect("/chat")
			c.send(`42/chat,["wait"]`)
			receive(t, entered)
			eventually(t, func() bool { return s.PendingAcks() > 0 || name != "acknowledgement" })
			c.send("41/chat,")
			if got := receive(t, causes); !errors.Is(got, socketio.ErrDisconnected) {
				t.Errorf("error: got %v, want %v", got, socketio.ErrDisconnected)
			}
		})
	}
}

// Middleware waits while the client is lost.
func TestContext_ends_during_middleware(t *testing.T) {
	f := serve(t, socketio.Config{})
	entered, causes := make(chan struct{}), make(chan error, 1)
	f.Of("/chat").Use(func(s *socketio.Socket) error {
		close(entered)
		<-s.Context().Done()
		causes <- context.Cause(s.Context())
		return nil
	})
	c := f.dial()
	c.send("40/chat,")
	receive(t, entered)
	c.close()
	end, ok := errors.AsType[*socketio.DisconnectError](receive(t, causes))
	if !ok || end.Reason != socketio.ReasonTransportClose {
		t.Errorf("cause: got %v, want %q", end, socketio.ReasonTransportClose)
	}
}

func TestSetContext_gives_handlers_a_value(t *testing.T) {
	type key struct{}
	f := serve(t, socketio.Config{})
	n := f.Of("/")
	n.UseEvents(func(e *socketio.Event, next func() error) error {
		e.SetContext(context.WithValue(e.Context(), key{}, "from middleware"))
		return next()
	})
	socketio.Handle(n, "e", func(ctx context.Context, _ *socketio.Socket, _ struct{}) (any, error) { return ctx.Value(key{}), nil })
	c, _ := f.connect("/")
	c.send(`421["e"]`)
	c.want(`431["from middleware"]`)
}
