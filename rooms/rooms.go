// Package rooms is the chat: rooms, their members, and messages. It does not know HTTP,
// Socket.IO or SQL. Service offers the chat to them through the interface Chat, and uses
// them through Store, GIFStore and Notifier.
//
// Where to start reading: chat.go has the operations, store.go and notifier.go what the
// package needs, service.go the Service. access.go decides on permissions, liveroom.go
// has the state of a room in this process, post.go the way of a message, change.go that
// of a change by a moderator, and presence.go arrivals and departures.
package rooms
