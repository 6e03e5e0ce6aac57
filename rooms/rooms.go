// Package rooms is the chat: rooms, their members, and messages. It does not know HTTP,
// Socket.IO or SQL. Service offers the chat to them through the interface Chat, and uses
// them through Store, GIFStore and Notifier.
package rooms
