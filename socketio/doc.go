// Package socketio is a Socket.IO server for protocol revision 5, which stock
// clients use since version 3.0. It runs over package engineio. Clients of
// Socket.IO 1.x and 2.x (revision 4) are served too.
//
// A Server is an http.Handler for one path, usually /socket.io/. It has
// namespaces. A client that connects to a namespace becomes a Socket of it.
// Sockets join rooms, and an event that is emitted to a room reaches all its
// sockets. This is a chat:
//
//	server := socketio.NewServer(socketio.Config{})
//	chat := server.Of("/chat")
//	socketio.On(chat, "join", func(ctx context.Context, s *socketio.Socket, room string) error {
//		s.Join("room:" + room) // a prefix keeps clients out of the program's own rooms
//		return nil
//	})
//	socketio.Handle(chat, "say", func(ctx context.Context, s *socketio.Socket, in Say) (Said, error) {
//		said := Said{From: s.ID(), Text: in.Text}
//		return said, s.To("room:"+in.Room).Emit("said", said)
//	})
//	http.Handle("/socket.io/", server)
//	web := &http.Server{Addr: ":8005", ConnContext: socketio.ConnContext}
//	log.Fatal(web.ListenAndServe())
//
// ConnContext lets the server see whether the client of a poll makes progress.
//
// The server answers at every path, so a router decides where it is mounted:
//
//	http.Handle("/api/socket.io/", server)                // net/http; the client's option path is "/api/socket.io"
//	router.Any("/socket.io/*any", gin.WrapH(server))      // Gin
//	router.Handle("/socket.io/*", server)                 // chi
//
// # Handlers
//
// Handlers are added to a namespace before clients connect, not to each socket,
// so that an idle socket uses little memory. Handle adds a handler whose
// arguments are decoded and whose result is the acknowledgement; On is the same
// for an event that needs no answer. Namespace.On gives the handler the whole
// Event, which can be acknowledged later.
//
// The text of an error reaches the client only if it is an Error. Other errors
// are logged, and the client receives "Internal server error".
// Config.EncodeError replaces that form.
//
// Middleware runs before handlers. Namespace.Use accepts or refuses sockets, and
// Namespace.UseEvents surrounds the handlers of events; see RateLimit. A program
// stores its data of a socket with Socket.SetData and reads them with Data. A
// socket's Context ends when it disconnects.
//
// # Sending
//
// Socket.Emit sends to one client, Namespace.Emit to all, Namespace.To and
// Socket.To to rooms. EmitWithAck waits for acknowledgements and
// Socket.EmitWithAckFunc calls a function with one. Request decodes one. Arguments
// are encoded as encoding/json does it, and a []byte or Binary is sent as binary
// data.
//
// # Guarantees
//
//  1. Handlers of one client run one at a time, in the order of its packets. A
//     slow handler delays its own client only.
//  2. Packets reach a client in the order in which they were emitted.
//  3. Emit never waits for a client: what a client has not received yet is
//     queued. If the client makes no progress, or too much is queued
//     (Limits.Engine), its connection is closed like by a network failure, with
//     ReasonTooSlow, and stock clients reconnect by themselves. A program can
//     wait for room in the queue with Socket.WaitQueue.
//  4. A broadcast is encoded once for all its clients.
//  5. With Config.Recovery, a client that loses its connection for a short time
//     resumes its session, or learns that it cannot.
//  6. A panic in a handler is logged and affects only that event.
//
// # Events that arrive twice
//
// A client with the option retries sends an event again, with the same
// arguments, until it is acknowledged. If an acknowledgement is lost, the
// handler receives the event twice. A handler for such clients needs an id from
// the client: it does the work once for each id, and acknowledges every time.
//
// # Shutting down
//
// Server.Close ends a server as clients and handlers need it: running handlers
// return, their acknowledgements reach the clients, and stock clients reconnect by
// themselves, to the next server. Call Close before http.Server.Shutdown, which
// then has no polls to wait for:
//
//	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
//	defer cancel()
//	err := errors.Join(server.Close(ctx), web.Shutdown(ctx))
//
// An event without an acknowledgement may not have been handled: Close ignores
// events that arrive after its start.
//
// A handler that waits for the end of its context returns when the context ends,
// Config.HandlerGrace after the start of Close. Such handlers, and handlers that
// ignore their context, delay the end of the connections by a limited time.
//
// The other order works too, and so does Shutdown alone: it ends the connections
// that were opened through that http.Server in the same way. Connections of other
// http.Servers stay open. But Shutdown stops listening first, so that a polling
// client gets only one more answer, and it does not wait for WebSockets. After
// Shutdown, call Close: it waits for the handlers of WebSocket clients.
//
// Config.CloseOver spreads the end of many connections over some time, if other
// servers accept their clients during that time.
//
// # Testing
//
// Package sockettest has a client for tests of handlers. It needs no network and
// works in bubbles of testing/synctest.
//
// # Protocol
//
// A server works alone unless Config.Adapter connects it with others.
//
// The protocol is described at
// https://github.com/socketio/socket.io/blob/main/docs/socket.io-protocol/v5-current.md.
// Comments refer to sections of that document.
package socketio
