package handlers

import (
	"context"
	"slices"
	"time"

	"gifchat/rooms"
	"gifchat/socketio"
)

// Recovery lets clients of the chat come back to their sockets within
// maxAbsence; for socketio.Config. The default namespace does without: what a
// client gets there is of the moment, and by contract the last argument of a
// reply is its sender.
func Recovery(maxAbsence time.Duration) func(namespace string) socketio.Recovery {
	return func(namespace string) socketio.Recovery {
		if namespace != chatNamespace && namespace != lobbyNamespace {
			return socketio.Recovery{}
		}
		return socketio.Recovery{MaxAbsence: maxAbsence, SameIdentity: sameVisitor}
	}
}

// sameVisitor compares visitors, wherever they come from now. Clients without
// cookies have none that outlives a connection; they are known by what recovery
// itself gave them.
func sameVisitor(before, now any) bool {
	was, isGuest := before.(guest)
	is, staysGuest := now.(guest)
	return isGuest == staysGuest && was.Session == is.Session
}

// visitorAt tells who sits at a socket: as before, if it is recovered, else who
// shows the token that it was given in the CONNECT packet, else whose cookie it is.
func visitorAt(socket *socketio.Socket) rooms.Visitor {
	if before, ok := socket.Data().(*seats); ok {
		return before.visitor
	}
	var who rooms.Visitor
	switch v := socket.Handshake().Identity.(type) {
	case guest:
		who = v.Visitor
	case stranger:
		who = v.Visitor
	default:
		who = visitorOf(newSessionID(), "")
	}
	var auth struct {
		Token string `json:"token"`
	}
	if err := socket.Handshake().Auth.Bind(&auth); err == nil && auth.Token != "" {
		return tokenVisitor(auth.Token, who.Source)
	}
	return who
}

// readmit asks for every room of a recovered socket whether its visitor still
// may be there, before it hears what it has missed. Who is sent out from now on
// is found by Events.Expelled, and out by the time of sitAgain.
func (s *sockets) readmit(socket *socketio.Socket) error {
	before, ok := socket.Data().(*seats)
	if !ok {
		return nil // not recovered
	}
	ctx, cancel := context.WithTimeout(context.Background(), eventTimeout)
	defer cancel()
	v := visitorAt(socket)
	for id := range before.taken {
		if _, err := s.chat.Member(ctx, v, id); err != nil {
			s.lose(socket, before, id, err)
		}
	}
	return nil
}

// sitAgain seats a recovered socket where it sat before, and tells it of the
// rooms that it is in no more and believes to be in.
func (s *sockets) sitAgain(ctx context.Context, socket *socketio.Socket, st, before *seats) {
	for id := range before.taken {
		if before.lost[id] != nil {
			continue
		}
		var err error
		if slices.Contains(socket.Rooms(), label(id)) {
			_, err = s.sit(ctx, socket, st, id)
		} else if _, err = s.chat.Member(ctx, st.visitor, id); err == nil {
			err = rooms.ErrForbidden // only just let in again: it has missed something
		}
		if err != nil {
			s.lose(socket, before, id, err)
		}
	}
	st.mean(before.last)
	for id, err := range before.lost {
		refusal := refusalOf(err, st.language)
		refusal.Room = id
		s.events.check(socket.Emit(eventError, refusal))
	}
}

// lose takes a socket that comes back out of all that belongs to a room.
func (s *sockets) lose(socket *socketio.Socket, before *seats, id rooms.ID, err error) {
	socket.Leave(label(id), personLabel(id, before.taken[id].member.Color))
	if before.lost == nil {
		before.lost = make(map[rooms.ID]error)
	}
	before.lost[id] = err
	s.log.Debug("not recovered into the room", "socket", socket.ID(), "room", id, "err", err)
}
