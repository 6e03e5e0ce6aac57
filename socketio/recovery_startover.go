package socketio

// Recovered reports whether the socket resumed the session of a connection
// that its client lost. See Recovery.
func (s *Socket) Recovered() bool { return s.recovered }

// StartOver makes a recovered socket a new one: it gets a new id, no data and no
// rooms, not even those that middleware has joined. Its client gets no missed
// events, and socket.recovered is false there. The lost session ends: see
// Recovery.Expired. Middleware calls it for a client that has to begin from
// scratch, for example because its permissions have changed. Elsewhere, and for
// a socket that is not recovered, StartOver does nothing. Middleware that has passed
// the socket to another goroutine must not call it, because it changes the id.
func (s *Socket) StartOver() {
	if s.recovered {
		s.namespace.delivery.startOver(s)
	}
}

// startOver gives a socket that middleware is checking a new session. If the
// server has disconnected the socket, the client is refused all the same.
func (r *recovery) startOver(s *Socket) {
	r.mu.Lock()
	if r.resuming[s.id] != s {
		r.mu.Unlock()
		return
	}
	lost := s.session.resumed
	delete(r.resuming, s.id)
	s.session = &session{socket: s, identity: s.session.identity, dismissed: s.session.dismissed}
	r.over(lost, FailureStartedOver)
	r.namespace.members.reset(s)
	s.id, s.recovered = newSocketID(), false
	r.mu.Unlock()
	s.SetData(nil)
	r.failed(s, FailureStartedOver)
}

// reset makes a socket leave the rooms that it was to be in when it is
// registered.
func (m *members) reset(s *Socket) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s.pendingRooms = nil
}
