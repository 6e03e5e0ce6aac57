// Package handlers is the HTTP handler of the server. It translates between
// requests and rooms.Chat; it makes no decisions about rooms, and has no SQL and no
// packets.
//
// The packages below:
//
//   - pages: the HTML pages and the answers to their forms
//   - media: GIF uploads and downloads, assets and the stock client's files
//   - session: sessions, visitors, logout and the end of their sockets
//   - events: the Socket.IO events of the chat, in both directions
//   - notice: the three-second notice
//   - wire: the JSON that clients receive
//   - limits: how often visitors, addresses and rooms may do things
//   - origin: client addresses, origins and host names
//   - refusal: the status, the reason and the sentence of each error
//   - input: bodies, forms, JSON and text that clients send
//   - encoding: compression
//   - memory: unused memory that is returned to the operating system
//   - logline: limits of log lines
//   - timers: functions that run later
package handlers
