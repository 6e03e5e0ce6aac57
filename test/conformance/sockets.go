package main

import (
	"context"
	"net/http"
	"time"

	"gifchat/socketio"
)

const (
	connectTimeout = time.Second
	ackTimeout     = 200 * time.Millisecond
)

// textSockets and msgpackSockets differ in what the suites expect as the auth
// payload of a client that sent none.
func textSockets() http.Handler    { return sockets(struct{}{}) }
func msgpackSockets() http.Handler { return sockets(nil) }

// sockets is a Socket.IO server that emits the auth payload to each socket on
// connect and returns every message. The suites of socketioxide also request
// an event that the client acknowledges.
func sockets(noAuth any) http.Handler {
	server := socketio.NewServer(socketio.Config{
		PingInterval:   pingInterval,
		PingTimeout:    pingTimeout,
		ConnectTimeout: connectTimeout,
	})
	for _, name := range []string{"/", "/custom"} {
		n := server.Of(name)
		n.OnConnect(func(s *socketio.Socket) {
			auth := any(s.Handshake().Auth)
			if s.Handshake().Auth.IsZero() {
				auth = noAuth
			}
			_ = s.Emit("auth", auth) // the suite detects an error
		})
		socketio.On(n, "message", func(_ context.Context, s *socketio.Socket, args socketio.Args) error {
			return s.Emit("message-back", args.Any()...)
		})
		socketio.Handle(n, "message-with-ack", func(_ context.Context, _ *socketio.Socket, args socketio.Args) (socketio.Args, error) {
			return args, nil
		})
		socketio.On(n, "emit-with-ack", emitWithAck)
	}
	return server
}

// emitWithAck returns the event to its client and emits the client's
// acknowledgement.
func emitWithAck(ctx context.Context, s *socketio.Socket, args socketio.Args) error {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	ack, err := s.EmitWithAck(ctx, "emit-with-ack", args.Any()...)
	if err != nil {
		return err
	}
	return s.Emit("emit-with-ack", ack.Any()...)
}
