// Package events connects Socket.IO to the chat: Notifier sends what happens in the
// chat to the sockets, and Register answers the events of clients.
//
// The server's events are in notifier.go; emitter.go and kept.go send them. The
// clients' events are registered here and answered in join.go, messages.go and
// moderation.go, by the rules of requests.go. joined.go has the rooms of a socket,
// recovery.go the sockets that come back, names.go the names of all events.
package events

import (
	"log/slog"

	"gifchat/handlers/limits"
	"gifchat/rooms"
	"gifchat/socketio"
)

// Config configures Register.
type Config struct {
	Chat     rooms.Chat
	Notifier *Notifier
	Limiter  *limits.Limiter
	Outdated func(*socketio.Socket) bool // the session of the socket has a newer id
	Log      *slog.Logger
}

// chatHandlers answers the events of /chat.
type chatHandlers struct {
	// Immutable.
	chat     rooms.Chat
	notifier *Notifier
	limiter  *limits.Limiter
	outdated func(*socketio.Socket) bool
	log      *slog.Logger
}

// Namespaces returns the namespaces of a server whose sockets belong to visitors.
func Namespaces(srv *socketio.Server) []*socketio.Namespace {
	return []*socketio.Namespace{srv.Of(rootNamespace), srv.Of(lobbyNamespace), srv.Of(chatNamespace)}
}

// Register lets srv answer the events of clients. Clients only listen to /room, and
// send nothing to it.
func Register(srv *socketio.Server, cfg Config) {
	h := &chatHandlers{chat: cfg.Chat, notifier: cfg.Notifier, limiter: cfg.Limiter, outdated: cfg.Outdated, log: cfg.Log}
	srv.Of(lobbyNamespace)
	chat := srv.Of(chatNamespace)
	chat.Use(h.checkMemberships)
	chat.OnConnect(h.connected)
	chat.OnDisconnect(func(socket *socketio.Socket, reason socketio.Reason) {
		if st, ok := socket.Data().(*joinedRooms); ok {
			h.leaveAll(st, isDeliberate(reason))
		}
	})
	chat.On(eventJoin, h.handle(h.join))
	chat.On(eventLeave, h.handle(h.leave))
	chat.On(eventChat, h.handle(h.post))
	chat.On(eventSync, h.handle(h.sync))
	chat.On(eventEdit, h.handle(h.edit))
	chat.On(eventRemove, h.handle(h.remove))
	chat.On(eventWhisper, h.handle(h.whisper))
	chat.On(eventWhispers, h.handle(h.whispers))
	chat.On(eventNick, h.handle(h.rename))
	chat.On(eventQuit, h.handleLasting(h.quit))
	chat.On(eventKick, h.handleLasting(onPerson(h.chat.Kick)))
	chat.On(eventBan, h.handleLasting(h.ban))
	chat.On(eventUnban, h.handleLasting(onPerson(h.chat.Unban)))
	chat.On(eventBans, h.handleLasting(listMembers(h.chat.Banned)))
	chat.On(eventMute, h.handleLasting(h.mute))
	chat.On(eventUnmute, h.handleLasting(onPerson(h.chat.Unmute)))
	chat.On(eventDelegate, h.handleLasting(onPerson(h.chat.Delegate)))
	chat.On(eventSettings, h.handleLasting(h.configure))
	chat.On(eventToken, h.handleLasting(h.makeToken))
	chat.On(eventTokens, h.handleLasting(listMembers(h.chat.Tokens)))
}

// isDeliberate reports whether the client or the server disconnected a socket on
// purpose. Stock clients do not reconnect after that.
func isDeliberate(reason socketio.Reason) bool {
	return reason == socketio.ReasonClientDisconnect || reason == socketio.ReasonServerDisconnect
}
