// Package rooms is the chat: who made which room, who may be in it, what was
// said. It knows nothing of HTTP, of Socket.IO or of SQL; those reach it
// through Service, and it reaches them through Store, GIFStore and Notifier.
package rooms
