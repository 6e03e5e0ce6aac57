package rooms

import (
	"context"
	"fmt"
)

// claimRoom returns ErrTooManyRooms if the session may not make another room.
// Rooms that are being made count as well, so that many at once are not too
// many; call done when the room is stored, or will not be.
//
// Those being made are counted before those that are kept: one that is stored
// in between counts twice, which refuses a room too many, rather than not at
// all, which would let one in.
func (s *Service) claimRoom(ctx context.Context, session Session) (done func(), err error) {
	if s.maxRooms == 0 && s.maxOwned == 0 {
		return func() {}, nil
	}
	s.mu.Lock()
	s.creating[session]++
	mine, everyones := s.creating[session], 0 // this one among them
	for _, n := range s.creating {
		everyones += n
	}
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
	if s.maxOwned > 0 && made+mine > s.maxOwned || s.maxRooms > 0 && all+everyones > s.maxRooms {
		done()
		return nil, ErrTooManyRooms
	}
	return done, nil
}
