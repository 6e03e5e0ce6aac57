// Package engineio is a server for the Engine.IO protocol, revision 4, over
// HTTP long-polling and WebSocket. It is the transport layer of Socket.IO. It also
// serves revision 3, the protocol of Socket.IO 1.x and 2.x.
//
// The package keeps one bidirectional, ordered connection per client, first
// over HTTP requests and then, after an upgrade, over a WebSocket. It handles
// packets, payloads, heartbeats and session ids (sids). Namespaces, events and
// acknowledgements belong to package socketio.
//
// The files:
//
//	packet.go payload.go base64.go   packets and payloads, without I/O
//	codec.go codec3.go               the encodings of each revision and kind of client
//	prepared.go                      message packets encoded once, shared by many connections
//	config.go                        settings, limits and timeouts
//	server.go query.go handshake.go  requests, the table of connections, numbered errors
//	origin.go capacity.go            rejection of origins, and of handshakes above a limit
//	conn.go closewhensent.go         one connection: its state and its end
//	outbox.go send.go                the queue of a connection, and the senders that fill it
//	backlog.go                       the limit for the queues of all clients together
//	stall.go minratebody.go          detection of clients that make no progress
//	heartbeat.go lateheartbeat.go    ping, pong and their timeouts
//	polling.go post.go               the long-polling transport
//	websocket.go frames.go drain.go  the WebSocket transport
//	upgrade.go                       the change from polling to WebSocket
//	carrier.go external.go           connections whose packets an external Carrier moves
//	stream*.go tcp*.go               sockets that are read and written without buffers
//	abort.go                         the end of waiting writes
//	observer.go stats.go             what a program sees of the connections
//
// The protocol is described at
// https://github.com/socketio/socket.io/blob/main/docs/engine.io-protocol/v4-current.md.
// Comments name the section of that document that a rule comes from. The document of
// revision 3 is linked in codec3.go.
package engineio
