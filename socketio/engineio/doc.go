// For a reader of the code: the files in reading order. The blank line keeps this comment
// out of the documentation of the package, which is for its users.
//
//	packet.go payload.go base64.go   packets and payloads, without I/O
//	codec.go codec3.go               the encodings of each revision and kind of client
//	prepared.go                      message packets encoded once, shared by many connections
//	config.go                        settings, limits and timeouts
//	server.go query.go handshake.go  requests, the table of connections, numbered errors
//	origin.go origins.go capacity.go rejection of origins, and of handshakes above a limit
//	conn.go closewhensent.go         one connection: its state and its end
//	outbox.go send.go                the queue of a connection, and the senders that fill it
//	backlog.go                       the limit for the queues of all clients together
//	stall.go minratebody.go          detection of clients that make no progress
//	heartbeat.go lateheartbeat.go    ping, pong and their timeouts
//	polling.go post.go               the long-polling transport
//	websocket.go frames.go drain.go  the WebSocket transport
//	upgrade.go                       the change from polling to WebSocket
//	connoptions.go                   the options of one connection, and its filters
//	carrier.go external.go           connections that the optional package gosocketio moves
//	stream*.go tcp*.go               sockets that are read and written without buffers
//	abort.go                         the end of waiting writes
//	observer.go stats.go             what a program sees of the connections
//	shutdown.go                      the end of all connections

// Package engineio is a server for the Engine.IO protocol, revision 4, over
// HTTP long-polling and WebSocket. It is the transport layer of Socket.IO. It also
// serves revision 3, the protocol of Socket.IO 1.x and 2.x.
//
// The package keeps one bidirectional, ordered connection per client, first
// over HTTP requests and then, after an upgrade, over a WebSocket. It handles
// packets, payloads, heartbeats and session ids (sids). Namespaces, events and
// acknowledgements belong to package socketio.
//
// A Server is an http.Handler. It calls Config.Accept for each new connection, and the
// Receiver that Accept returns receives the messages of the client:
//
//	type echo struct{ conn *engineio.Conn }
//
//	func (echo) Opened() {}
//
//	func (e echo) Message(data []byte, binary bool) {
//		if !binary {
//			_ = e.conn.Send(engineio.Prepare(data)) // Closed receives the reason of an error
//		}
//	}
//
//	func (echo) Closed(reason engineio.Reason) { log.Print("closed: ", reason) }
//
//	func main() {
//		server := engineio.NewServer(engineio.Config{
//			Accept: func(c *engineio.Conn) engineio.Receiver { return echo{c} },
//		})
//		http.Handle("/engine.io/", server)
//		web := &http.Server{Addr: ":8005", ConnContext: engineio.ConnContext}
//		log.Fatal(web.ListenAndServe())
//	}
//
// Server.Close ends all connections and waits for them. Call it before
// http.Server.Shutdown, which ends them too, but does not wait for WebSockets.
//
// # Numbered errors
//
// A rejected request receives a JSON body with a code and a message. The codes are those
// of the reference server, with status 400 unless another is named:
//
//	0  Transport unknown, or not offered to this client (ConnOptions)
//	1  Session ID unknown: the connection has ended, or never existed
//	2  Bad handshake method: a handshake is a GET
//	3  Bad request; with status 413 a body above Limits.MaxPayload, and with status 503
//	   a handshake that the client may repeat after the time in Retry-After
//	4  Forbidden, with status 403: the origin or Identify rejects the client
//	5  Unsupported protocol version
//
// # The protocol
//
// Revision 4 is described at
// https://github.com/socketio/socket.io/blob/main/docs/engine.io-protocol/v4-current.md,
// and revision 3 at
// https://github.com/socketio/socket.io/blob/main/docs/engine.io-protocol/v3.md.
// Comments name the section of the document that a rule comes from.
package engineio
