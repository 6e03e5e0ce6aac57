package events

import (
	"context"
	"slices"
	"time"

	"gifchat/handlers/session"
	"gifchat/rooms"
	"gifchat/socketio"
)

// Recovery returns the connection state recovery of each namespace, for
// socketio.Config. Clients of the chat recover their sockets within maxAbsence. The
// default namespace has no recovery: its events are soon out of date, and by contract
// the last argument of a reply is its sender's id.
func Recovery(maxAbsence time.Duration) func(namespace string) socketio.Recovery {
	return func(namespace string) socketio.Recovery {
		if namespace != chatNamespace && namespace != lobbyNamespace {
			return socketio.Recovery{}
		}
		return socketio.Recovery{MaxAbsence: maxAbsence, Identify: recoveryIdentity}
	}
}

// recoveryIdentity returns what a client has to prove again when it recovers its
// socket: a program's token, or the session of its cookie. Clients without both are
// known by their private id alone. Addresses do not matter, and neither does the room
// in the CONNECT packet.
func recoveryIdentity(handshake *socketio.Handshake) any {
	if token := tokenOf(handshake); token != "" {
		return session.TokenVisitor(token, "").Session
	}
	return session.ConnectionSession(handshake.Identity)
}

// checkMemberships checks for each room of a recovered socket whether its visitor may
// still be there, before the socket receives what it has missed. Notifier.Expelled
// finds visitors who are sent out from now on, so rejoin sees them.
func (h *chatHandlers) checkMemberships(socket *socketio.Socket) error {
	before, ok := socketio.Data[*joinedRooms](socket)
	if !ok {
		return nil // not recovered
	}
	ctx, cancel := context.WithTimeout(context.Background(), h.timeout)
	defer cancel()
	v := visitorOf(socket)
	for id := range before.byRoom {
		if _, err := h.chat.Member(ctx, v, id); err != nil {
			h.drop(socket, before, id, err)
		}
	}
	return nil
}

// rejoin lets a recovered socket join its rooms again. It notifies the client of the
// rooms that the socket could not join, because the client still shows them.
func (h *chatHandlers) rejoin(ctx context.Context, socket *socketio.Socket, st, before *joinedRooms) {
	for id := range before.byRoom {
		if before.refused[id] != nil {
			continue
		}
		var err error
		if slices.Contains(socket.Rooms(), socketRoom(id)) {
			_, err = h.joinRoom(ctx, socket, st, id)
		} else if _, err = h.chat.Member(ctx, st.visitor, id); err == nil {
			err = rooms.ErrForbidden // a member again since the check: the socket has missed events in between
		}
		if err != nil {
			h.drop(socket, before, id, err)
		}
	}
	st.setDefaultRoom(before.defaultRoom)
	for id, err := range before.refused {
		refused := refusalOf(err, languageOf(socket))
		refused.Room = id
		h.notifier.logFailure(socket.Emit(eventError, refused))
	}
}

// drop takes a recovered socket out of a room's Socket.IO rooms and notes why.
func (h *chatHandlers) drop(socket *socketio.Socket, before *joinedRooms, id rooms.ID, err error) {
	socket.Leave(socketRoom(id), personRoom(id, before.byRoom[id].member.Color))
	if before.refused == nil {
		before.refused = make(map[rooms.ID]error)
	}
	before.refused[id] = err
	h.log.Debug("not recovered into the room", "socket", socket.ID(), "room", id, "err", err)
}
