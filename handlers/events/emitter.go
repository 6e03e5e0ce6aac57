package events

import (
	"errors"
	"slices"
	"strings"

	"gifchat/handlers/wire"
	"gifchat/rooms"
	"gifchat/socketio"
)

// socketRoom returns the Socket.IO room of a room of the chat. A socket is also in
// the Socket.IO room of its own id, which has no colon, so the two never collide.
func socketRoom(id rooms.ID) string { return "room:" + string(id) }

// isSocketRoom reports whether a Socket.IO room is that of a room of the chat.
func isSocketRoom(name string) bool {
	id, ok := strings.CutPrefix(name, socketRoom(""))
	return ok && wire.IsRoomID(id)
}

// personRoom returns the Socket.IO room of one person's sockets in a room.
func personRoom(id rooms.ID, c rooms.Color) string { return socketRoom(id) + ":" + string(c) }

// serverEmitter emits on the namespaces of a server.
type serverEmitter struct{ lobby, chat *socketio.Namespace }

func (s serverEmitter) toLobby(event string, args ...any) error { return s.lobby.Emit(event, args...) }

func (s serverEmitter) toRoom(room, except, event string, args ...any) error {
	to := s.chat.To(room)
	if except != "" {
		to = to.Except(except)
	}
	return to.Emit(event, args...)
}

// message emits a message to a room of /chat. An edit or a removal first
// changes what is kept of its target, so that a client that was offline does
// not get the old text.
func (s serverEmitter) message(batch *socketio.Batch, room, event string, m wire.Message) error {
	key := messageKey(m)
	var err error
	if m.Target != 0 {
		err = s.chat.ReplaceKept(key, func(event string, args socketio.Args) []any { return amendKept(m, event, args) })
	}
	return errors.Join(err, s.chat.To(room).Key(key).In(batch).Emit(event, m))
}

func (s serverEmitter) expel(from string, id rooms.ID, end bool) {
	to := s.chat.To(from)
	sockets := to.Sockets()
	to.Leave(socketRoom(id), from) // also sockets that may still recover, which Sockets does not return
	for _, socket := range sockets {
		st, ok := socketio.Data[*joinedRooms](socket)
		if !ok {
			continue
		}
		// The membership's visit needs no end: the chat has ended the person's presence.
		if m, ok := st.release(id); ok {
			socket.Leave(personRoom(id, m.member.Color))
		}
		if end && !slices.ContainsFunc(socket.Rooms(), isSocketRoom) {
			socket.Disconnect()
		}
	}
}
