package socketio

import "slices"

// What is done to the sockets of a room is done to three kinds of them: those
// that are there, clients that are gone and may come back, and those on their way
// back, whom middleware is looking at. A socket goes from one kind to the next
// under recovery.mu, so that nobody slips through between two looks.

// dismiss ends the session of s, if it has one.
func (r *recovery) dismiss(s *Socket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.session != nil {
		r.drop(s.session)
	}
}

// dismissAll ends the sessions of all whom a broadcast would reach, or would have
// reached, and returns those that are there, to be disconnected.
func (r *recovery) dismissAll(b Broadcast) []*Socket {
	r.mu.Lock()
	defer r.mu.Unlock()
	there := b.Sockets()
	for _, s := range there {
		if s.session != nil {
			r.drop(s.session)
		}
	}
	for _, s := range r.onTheirWay(b.target()) {
		r.returning[s] = true
	}
	for _, s := range r.away(b.target()) {
		r.drop(s)
	}
	return there
}

// leaveAll takes all whom a broadcast would reach, or would have reached, out of
// rooms: what is emitted to a room that they are sent out of must not wait for
// them. For who is on the way back it is as if middleware did it.
func (r *recovery) leaveAll(b Broadcast, rooms []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range append(b.Sockets(), r.onTheirWay(b.target())...) {
		r.namespace.members.leave(s, rooms)
	}
	for _, s := range r.away(b.target()) {
		s.leaveRooms(rooms, r.log.last)
	}
}

// leaveOne is leaveAll for a socket that is gone.
func (r *recovery) leaveOne(s *Socket, rooms []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.session != nil && s.session.gone != nil {
		s.session.leaveRooms(rooms, r.log.last)
	}
}

// leaveRooms ends stays of a session whose socket has gone.
func (s *session) leaveRooms(rooms []string, until uint64) {
	s.rooms = slices.DeleteFunc(s.rooms, func(st stay) bool {
		ends := slices.Contains(rooms, st.room)
		if ends {
			st.until = until
			s.leave(st)
		}
		return ends
	})
}

// away returns the target's clients that are gone. mu is held.
func (r *recovery) away(to Target) []*session {
	var list []*session
	for e := r.gone.Front(); e != nil; e = e.Next() {
		if s := e.Value.(*session); to.meant(s.id, s.rooms) {
			list = append(list, s)
		}
	}
	return list
}

// onTheirWay returns the target's sockets that have claimed what they come back
// to and are not registered yet. mu is held.
func (r *recovery) onTheirWay(to Target) []*Socket {
	var list []*Socket
	for s := range r.returning {
		if to.meant(s.id, r.namespace.members.earlyOf(s).rooms) {
			list = append(list, s)
		}
	}
	return list
}

// arrive ends a socket's way back, and reports whether it was sent away
// meanwhile. mu is held.
func (r *recovery) arrive(s *Socket) (dismissed bool) {
	dismissed = r.returning[s]
	delete(r.returning, s)
	return dismissed
}

// turnBack ends the way back of a socket that was refused.
func (r *recovery) turnBack(s *Socket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.arrive(s)
}

// meant tells whether a broadcast to the target reaches a socket with that id
// and these rooms.
func (t Target) meant(id SocketID, rooms []stay) bool {
	return aimed(t.Rooms, t.Except, func(name string) bool {
		return name == string(id) || slices.ContainsFunc(rooms, func(st stay) bool { return st.room == name })
	})
}
