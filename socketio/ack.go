package socketio

// await registers who waits for the answer to an event the server emits; false
// if the socket has disconnected. The channel must have room for one answer;
// it is closed if the client goes without one.
func (s *Socket) await(id uint64, answers chan<- Args) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.connected.Load() {
		return false
	}
	if s.acks == nil {
		s.acks = make(map[uint64]chan<- Args)
	}
	s.acks[id] = answers
	return true
}

// resolve hands over an answer. Answers nobody waits for are ignored.
func (s *Socket) resolve(id uint64, answer Args) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answers, ok := s.acks[id]; ok {
		delete(s.acks, id)
		answers <- answer
	}
}

func (s *Socket) forget(id uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.acks, id)
}

// dropAcks tells everyone who waits that no answer will come. connected is
// false already, so nobody begins to wait afterwards.
func (s *Socket) dropAcks() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, answers := range s.acks {
		close(answers)
	}
	s.acks = nil
}
