package rooms

import (
	"context"
	"fmt"
)

// claimRoom returns ErrTooManyRooms if the session may not make another room.
// Rooms that are being made count as well, so that many at once are not too
// many; call done when the room is stored, or will not be.
func (s *Service) claimRoom(ctx context.Context, session Session) (done func(), err error) {
	if s.maxRooms == 0 && s.maxOwned == 0 {
		return func() {}, nil
	}
	s.mu.Lock()
	s.creating[session]++
	s.mu.Unlock()
	done = func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.creating[session]--; s.creating[session] == 0 {
			delete(s.creating, session)
		}
	}
	made, all, err := s.store.CountRooms(ctx, session)
	if err != nil {
		done()
		return nil, fmt.Errorf("count rooms: %w", err)
	}
	s.mu.Lock()
	made += s.creating[session] // this one among them
	for _, n := range s.creating {
		all += n
	}
	s.mu.Unlock()
	if s.maxOwned > 0 && made > s.maxOwned || s.maxRooms > 0 && all > s.maxRooms {
		done()
		return nil, ErrTooManyRooms
	}
	return done, nil
}
