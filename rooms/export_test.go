package rooms

// TryInRoom counts wrong passwords in a room without the work of hashing them.
func (s *Service) TryInRoom(id ID, times int) {
	s.guesses.mu.Lock()
	defer s.guesses.mu.Unlock()
	for range times {
		s.guesses.byRoom.add(string(id))
	}
}

// GuessedRooms counts the rooms of which it is known how often they were tried.
func (s *Service) GuessedRooms() int {
	s.guesses.mu.Lock()
	defer s.guesses.mu.Unlock()
	return len(s.guesses.byRoom.when) + len(s.guesses.ofKnown.when) + len(s.guesses.byKnown.when)
}

// HoldTurn hashes nothing until release is called.
func (s *Service) HoldTurn() (release func()) {
	s.hashes.turn <- struct{}{}
	return func() { <-s.hashes.turn }
}

// HashCheaply makes passwords that are set from now on cost next to nothing; with
// the race detector a real one takes most of a second.
func (s *Service) HashCheaply() { s.hashes.memory, s.hashes.time = 8, 1 }

// Places counts the rooms in which something goes on.
func (s *Service) Places() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.places)
}
