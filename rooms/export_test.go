package rooms

// TryInRoom counts wrong passwords in a room without the work of hashing them.
func (s *Service) TryInRoom(id ID, times int) {
	s.guesses.mu.Lock()
	defer s.guesses.mu.Unlock()
	for range times {
		s.guesses.byRoom.add(string(id))
	}
}

// Places counts the rooms in which something goes on.
func (s *Service) Places() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.places)
}
