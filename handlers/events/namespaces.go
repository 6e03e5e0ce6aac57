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
	"time"

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
	// Timeout bounds an event that waits for the store. Zero means five seconds.
	Timeout time.Duration
}

// chatHandlers answers the events of /chat.
type chatHandlers struct {
	// Immutable.
	chat      rooms.Chat
	namespace *socketio.Namespace
	notifier  *Notifier
	limiter   *limits.Limiter
	outdated  func(*socketio.Socket) bool
	log       *slog.Logger
	timeout   time.Duration
	events    map[string]bool // that have a handler
}

// Namespaces returns the namespaces of a server whose sockets belong to visitors.
func Namespaces(srv *socketio.Server) []*socketio.Namespace {
	return []*socketio.Namespace{srv.Of(rootNamespace), srv.Of(lobbyNamespace), srv.Of(chatNamespace)}
}

// Register lets srv answer the events of clients. Clients only listen to /room, and
// send nothing to it.
func Register(srv *socketio.Server, cfg Config) {
	chat := srv.Of(chatNamespace)
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultEventTimeout
	}
	h := &chatHandlers{
		chat: cfg.Chat, namespace: chat, notifier: cfg.Notifier, limiter: cfg.Limiter, outdated: cfg.Outdated, log: cfg.Log,
		timeout: cfg.Timeout, events: make(map[string]bool),
	}
	srv.Of(lobbyNamespace)
	chat.Use(h.checkMemberships)
	chat.OnConnect(h.connected)
	chat.OnDisconnect(func(socket *socketio.Socket, reason socketio.Reason) {
		if st, ok := socketio.Data[*joinedRooms](socket); ok {
			h.leaveAll(st, isDeliberate(reason))
		}
	})
	chat.UseEvents(h.limitTime)
	chat.UseEvents(h.checkEvent)
	handle(h, eventJoin, h.join)
	handleOptional(h, eventLeave, h.leave)
	handle(h, eventChat, h.post)
	handle(h, eventSync, h.sync)
	handleOptional(h, eventEdit, h.edit)
	handleOptional(h, eventRemove, h.remove)
	handleOptional(h, eventWhisper, h.whisper)
	handleOptional(h, eventWhispers, h.whispers)
	handle(h, eventNick, h.rename)
	handle(h, eventQuit, withNewestSession(h, h.quit))
	handle(h, eventKick, withNewestSession(h, onPerson(h.chat.Kick)))
	handle(h, eventBan, withNewestSession(h, h.ban))
	handle(h, eventUnban, withNewestSession(h, onPerson(h.chat.Unban)))
	handleOptional(h, eventBans, withNewestSession(h, listMembers(h.chat.Banned)))
	handle(h, eventMute, withNewestSession(h, h.mute))
	handle(h, eventUnmute, withNewestSession(h, onPerson(h.chat.Unmute)))
	handle(h, eventDelegate, withNewestSession(h, onPerson(h.chat.Delegate)))
	handleOptional(h, eventSettings, withNewestSession(h, h.configure))
	handleOptional(h, eventToken, withNewestSession(h, h.makeToken))
	handleOptional(h, eventTokens, withNewestSession(h, listMembers(h.chat.Tokens)))
}

// isDeliberate reports whether the client or the server disconnected a socket on
// purpose. Stock clients do not reconnect after that.
func isDeliberate(reason socketio.Reason) bool {
	return reason == socketio.ReasonClientDisconnect || reason == socketio.ReasonServerDisconnect
}
