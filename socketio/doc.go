// Package socketio is a Socket.IO server: protocol revision 5, as stock
// clients since 3.0 speak it, over package engineio.
//
// A Server has namespaces; a client that connects to a namespace becomes a
// Socket there; sockets join rooms; what is emitted to a room reaches its
// sockets. Handlers belong to the namespace, so that a socket that does nothing
// costs next to nothing:
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
// ConnContext lets polls see whether their clients make progress.
//
// What is guaranteed:
//
//  1. Handlers of one client run one at a time, in the order of its packets. A
//     slow one slows its own client only.
//  2. Packets reach a client in the order in which they were emitted.
//  3. Emit never waits for a client: what a client has not taken yet is queued. One
//     that makes no progress, or for which too much waits (Limits.Engine), is closed as
//     a broken network would do it, with ReasonTooSlow: it reconnects by itself.
//     Socket.WaitQueue lets a program wait for room.
//  4. A broadcast is encoded once, however many clients it goes to.
//  5. With Config.Recovery, a client that loses its connection for a while goes
//     on where it was, or hears that it does not.
//  6. A panic in a handler is logged and costs that event only.
//
// A server is alone unless Config.Adapter connects it with others.
//
// The protocol is described at
// https://github.com/socketio/socket.io/blob/main/docs/socket.io-protocol/v5-current.md;
// section names in comments are those of that document.
package socketio
