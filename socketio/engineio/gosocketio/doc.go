// Package gosocketio serves clients of Engine.IO revision 3 (Socket.IO 1.x and 2.x)
// with the sessions, the polling payloads and the WebSocket transport of
// github.com/googollee/go-socket.io. Handler turns it on. Without this package,
// engineio serves such clients with its own transports, which do more and cost less.
//
// That library is archived and was not made for hostile networks. This package
// limits what clients can reach of it:
//
//   - Package engineio handles polling requests, origins, session ids, connection
//     limits and the heartbeat's clock. The library receives only WebSocket handshake
//     requests, and keeps no http.ResponseWriter after one.
//   - A polling body is limited, decoded and encoded again before the library reads
//     it. A WebSocket message is limited and checked before its session reads it.
//   - The library's Server is not used. It keeps a session forever if the client never
//     returns, and panics when it is closed during a handshake. The library's upgrade,
//     JSONP and Socket.IO parser are not used either.
//   - One goroutine of this package writes the limited queue of engineio, so a client
//     that does not read blocks only itself.
//
// The parts of the library that clients can still reach are listed in
// docs/decisions/0012-go-socket-io-carrier.md.
package gosocketio
