// Package engineio is the lower half of Socket.IO: the Engine.IO protocol,
// revision 4, over HTTP long polling and WebSocket.
//
// It keeps one bidirectional, ordered connection per client alive, first over
// plain HTTP requests and then, after an upgrade, over a WebSocket. It knows
// packets, payloads, heartbeats and sids; it does not know namespaces, events
// or acknowledgements.
//
// Which file does what:
//
//	packet.go payload.go   the codec: pure, bytes in, packets out
//	prepared.go            message packets encoded once, shared by many connections
//	config.go              every limit and every duration
//	server.go handshake.go requests, the map of connections, numbered errors
//	conn.go finish.go      a connection: its state, its end
//	outbox.go send.go      its queue, and who fills it
//	backlog.go             what waits for all clients together
//	progress.go body.go    which clients are slow
//	heartbeat.go           ping, pong, timeout
//	liveness.go            when a late heartbeat is no sign of a dead client
//	polling.go             the long-polling transport
//	websocket.go frames.go the WebSocket transport
//	upgrade.go             from the one to the other
//	carrier.go carried.go  connections whose packets somebody else moves
//	stream*.go tcp*.go     a socket that is read and written without buffers
//
// The protocol is described at
// https://github.com/socketio/socket.io/blob/main/docs/engine.io-protocol/v4-current.md;
// section names in comments are those of that document.
package engineio
