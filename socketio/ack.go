package socketio

// expectAck registers a channel for the acknowledgement of an event that the
// server emits. The channel must have a buffer of one. It is closed if the
// client disconnects first. expectAck returns false if the socket has
// disconnected.
func (s *Socket) expectAck(id uint64, answers chan<- Args) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.Connected() {
		return false
	}
	if s.acks == nil {
		s.acks = make(map[uint64]chan<- Args)
	}
	s.acks[id] = answers
	return true
}

// resolveAck passes an acknowledgement on. One that no caller waits for is
// ignored.
func (s *Socket) resolveAck(id uint64, answer Args) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answers, ok := s.acks[id]; ok {
		delete(s.acks, id)
		answers <- answer
	}
}

func (s *Socket) forgetAck(id uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.acks, id)
}

// dropAcks ends the wait for all acknowledgements. The socket is disconnected
// already, so expectAck registers no further channel.
func (s *Socket) dropAcks() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, answers := range s.acks {
		close(answers)
	}
	s.acks = nil
}
