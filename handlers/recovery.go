package handlers

import (
	"context"
	"strings"
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
// may be there, before it hears what it has missed.
func (s *sockets) readmit(socket *socketio.Socket) error {
	if !socket.Recovered() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), eventTimeout)
	defer cancel()
	v := visitorAt(socket)
	for _, name := range socket.Rooms() {
		id, ok := roomOf(name)
		if !ok {
			continue
		}
		if _, err := s.chat.Member(ctx, v, id); err != nil {
			socket.Leave(name)
			if before, ok := socket.Data().(*seats); ok {
				before.lose(id, err)
			}
			s.log.Debug("not recovered into the room", "socket", socket.ID(), "room", id, "err", err)
		}
	}
	return nil
}

// roomOf returns the room that a label of it or of a person in it names.
func roomOf(name string) (rooms.ID, bool) {
	rest, ok := strings.CutPrefix(name, label(""))
	id, _, _ := strings.Cut(rest, ":")
	return rooms.ID(id), ok && wellFormed(id)
}
