// Package gosocketio carries clients of Engine.IO revision 3, which are those
// of Socket.IO 1.x and 2.x, by the engineio half of
// github.com/googollee/go-socket.io: its sessions, its polling payloads and its
// WebSocket transport. It is an engineio.Carrier.
//
// That library is archived, and was not made for a hostile network. So it is
// kept inside a fence, and what stands outside of it is ours:
//
//   - Requests of polling, origins, session ids, numbers of connections and the
//     heartbeat's clock are engineio's. The library sees no request but that of
//     a WebSocket handshake, and no http.ResponseWriter that outlives one.
//   - A body is bounded, decoded and encoded anew before the library reads it;
//     a WebSocket message is bounded and looked at before its session does.
//   - Its Server (which keeps a session for ever if its client never comes back,
//     and panics when it is closed in the middle of a handshake), its
//     upgrade, its JSONP and its Socket.IO parser are not used at all.
//   - One goroutine of ours writes what engineio's bounded queue holds, so a
//     client that does not read stops only itself.
//
// What a client can still reach of the library is little, but it is there; see
// docs/decisions/0012-go-socket-io-carrier.md.
package gosocketio
