package rooms

// CountAttempts counts wrong passwords of newcomers in a room without hashing any.
func (s *Service) CountAttempts(id ID, times int) {
	s.attempts.mu.Lock()
	defer s.attempts.mu.Unlock()
	for range times {
		s.attempts.perRoom.add(string(id))
	}
}

// AttemptKeys returns the number of keys that the limits of rooms hold.
func (s *Service) AttemptKeys() int {
	s.attempts.mu.Lock()
	defer s.attempts.mu.Unlock()
	return len(s.attempts.perRoom.events) + len(s.attempts.returningPerRoom.events) + len(s.attempts.perReturningMember.events)
}

// BlockHasher keeps passwords from being hashed until release is called.
func (s *Service) BlockHasher() (release func()) {
	s.hashes.slot <- struct{}{}
	return func() { <-s.hashes.slot }
}

// HashCheaply makes the hashes of new passwords cheap. With the race detector a real
// one takes most of a second.
func (s *Service) HashCheaply() { s.hashes.memory, s.hashes.time = 8, 1 }

// LiveRooms returns the number of live rooms.
func (s *Service) LiveRooms() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.live)
}
