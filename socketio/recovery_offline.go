package socketio

import (
	"time"

	"gifchat/socketio/internal/eventlog"
)

// A broadcast operation reaches three groups of sockets: connected sockets,
// sessions of offline clients, and recovered sockets that middleware is
// checking. A socket moves from one group to the next under recovery.mu, so
// that an operation that holds mu sees each of them exactly once.

// dismiss ends the session of s and its replay. s can also be the socket of the
// lost connection, while middleware checks the socket that resumes the session.
func (r *recovery) dismiss(s *Socket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.session != nil {
		r.drop(s.session, FailureDisconnected)
	}
	if resuming := r.resuming[s.id]; resuming != nil {
		resuming.session.dismissed = true
	}
	if p := r.replayOf(s); p != nil {
		p.end(r.log.Last(), replayAfterDisconnect)
	}
}

func (r *recovery) finish(s *Socket, timeout time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.replayOf(s); p != nil {
		p.end(r.log.Last(), timeout)
	}
}

// dismissAll ends the sessions of all sockets and clients that the broadcast
// reaches, and returns the sockets that are connected.
func (r *recovery) dismissAll(b Broadcast) []*Socket {
	r.mu.Lock()
	defer r.mu.Unlock()
	connected := b.Sockets()
	for _, s := range connected {
		if s.session != nil {
			r.drop(s.session, FailureDisconnected)
		}
	}
	for _, s := range r.resumingIn(b.target()) {
		s.session.dismissed = true
	}
	for _, s := range r.offlineIn(b.target()) {
		r.drop(s, FailureDisconnected)
	}
	return connected
}

func (r *recovery) lock()   { r.mu.Lock() }
func (r *recovery) unlock() { r.mu.Unlock() }

// joined records a membership in the socket's session. mu is held.
func (r *recovery) joined(s *Socket, room string) {
	if s.session != nil {
		s.session.memberships.Join(room, r.log.Last())
	}
}

// left ends a membership of the socket's session. If its client is offline, it
// will not resume the room. mu is held.
func (r *recovery) left(s *Socket, room string) {
	if s.session != nil {
		s.session.leave(room, r.log.Last())
	}
}

// leaveAll takes all sockets and clients that the broadcast reaches out of
// rooms. For a socket that middleware is checking, it is as if the middleware
// had called Socket.Leave.
func (r *recovery) leaveAll(b Broadcast, rooms []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range append(b.Sockets(), r.resumingIn(b.target())...) {
		r.namespace.members.leave(s, rooms)
		for _, room := range rooms {
			r.left(s, room)
		}
	}
	for _, s := range r.offlineIn(b.target()) {
		for _, room := range rooms {
			s.leave(room, r.log.Last())
		}
	}
}

// leave ends a membership after the event with the given number. Before the
// socket is connected the membership is forgotten, so that missed events of the
// room are left out.
func (s *session) leave(room string, number uint64) {
	if s.connected {
		s.memberships.Leave(room, number)
	} else {
		s.memberships.Forget(room)
	}
}

// offlineIn returns the target's sessions of offline clients. mu is held.
func (r *recovery) offlineIn(to Target) []*session {
	var list []*session
	for e := r.offline.Front(); e != nil; e = e.Next() {
		if s := e.Value.(*session); to.contains(s.id, s.memberships.In) {
			list = append(list, s)
		}
	}
	return list
}

// resumingIn returns the target's recovered sockets that middleware is
// checking. mu is held.
func (r *recovery) resumingIn(to Target) []*Socket {
	var list []*Socket
	for _, s := range r.resuming {
		if to.contains(s.id, s.session.memberships.In) {
			list = append(list, s)
		}
	}
	return list
}

// arrive ends the check by middleware and reports whether the server
// disconnected the socket in that time. mu is held.
func (r *recovery) arrive(s *Socket) (dismissed bool) {
	if s.session == nil {
		return false
	}
	if s.recovered {
		delete(r.resuming, s.id)
	}
	return s.session.dismissed
}

// abandon forgets a socket that was refused, and the session that it was to
// resume.
func (r *recovery) abandon(s *Socket, err error) {
	if !s.recovered {
		return
	}
	why := failureOf(err)
	r.mu.Lock()
	r.arrive(s)
	r.over(s.session.resumed, why)
	s.session.resumed = nil
	r.mu.Unlock()
	r.failed(s, why)
}

// contains reports whether a broadcast to the target reaches a socket with
// that id and in the rooms for which in returns true.
func (t Target) contains(id SocketID, in func(room string) bool) bool {
	return eventlog.Aimed(t.Rooms, t.Except, func(room string) bool {
		return room == string(id) || in(room)
	})
}
