// Package socketio is a Socket.IO server for protocol revision 5, which stock
// clients use since version 3.0. It runs over package engineio. Clients of
// Socket.IO 1.x and 2.x (revision 4) are served too.
//
// A Server has namespaces. A client that connects to a namespace becomes a
// Socket of it. Sockets join rooms, and an event that is emitted to a room
// reaches all its sockets. Handlers are registered once for a namespace, not
// for each socket, so that an idle socket uses little memory:
//
//	server := socketio.NewServer(socketio.Config{})
//	chat := server.Of("/chat")
//	chat.On("say", func(e *socketio.Event) {
//		var text string
//		if e.Bind(&text) == nil {
//			chat.Emit("said", text, e.Socket.ID())
//		}
//	})
//	http.Handle("/socket.io/", server)
//	web := &http.Server{Addr: ":8005", ConnContext: socketio.ConnContext}
//
// ConnContext lets the server see whether the client of a poll makes progress.
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
// # Shutting down
//
// Server.Close ends a server as clients and handlers need it: running handlers
// return, their acknowledgements reach the clients, and stock clients reconnect by
// themselves, to the next server. Call it before http.Server.Shutdown, which then
// has no polls to wait for:
//
//	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
//	defer cancel()
//	err := errors.Join(server.Close(ctx), web.Shutdown(ctx))
//
// An event without an acknowledgement may not have been handled: Close ignores
// events that arrive after its start.
//
// The other order works too, and so does Shutdown alone: it ends the connections
// that were opened through that http.Server in the same way. Connections of other
// http.Servers stay open. But Shutdown stops listening first, so that a polling
// client gets only one more answer, and it does not wait for WebSockets. After
// Shutdown, Close waits for the handlers of those.
//
// Config.CloseOver spreads the end of many connections over some time, if other
// servers accept their clients during that time.
//
// # Where to start reading
//
// A packet from a client passes these files: client.go receives messages,
// decode.go (text) or msgpack.go (MessagePack) turns them into packets,
// inbox.go and workers.go bring them to a goroutine of the client, and
// namespace.go runs the handlers. An event to clients passes broadcast.go and
// encode.go, and a delivery (delivery.go) sends it to the sockets that
// members.go finds. Files named recovery_*.go are the delivery with connection
// state recovery; the other files do not depend on them.
// The packages below internal are pure: they hold no locks and know no sockets.
// rawjson and msgpack read and write values, eventlog finds missed events.
//
// A server works alone unless Config.Adapter connects it with others.
//
// The protocol is described at
// https://github.com/socketio/socket.io/blob/main/docs/socket.io-protocol/v5-current.md.
// Comments refer to sections of that document.
package socketio
