package rooms

import (
	"context"
	"fmt"
)

// List implements Chat.
func (s *Service) List(ctx context.Context, page RoomPage) ([]Listing, error) {
	all, err := s.store.Rooms(ctx, page.clamp())
	if err != nil {
		return nil, fmt.Errorf("list rooms: %w", err)
	}
	listings := make([]Listing, len(all))
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, room := range all {
		listings[i] = Listing{Room: room}
		if live := s.live[room.ID]; live != nil {
			listings[i].People = len(live.people)
		}
	}
	return listings, nil
}

// Room implements Chat.
func (s *Service) Room(ctx context.Context, id ID) (Room, error) {
	if !id.valid() {
		return Room{}, ErrNotFound
	}
	room, err := s.store.Room(ctx, id)
	if err != nil {
		return Room{}, fmt.Errorf("room %s: %w", id, err)
	}
	return room, nil
}

// Create implements Chat.
func (s *Service) Create(ctx context.Context, v Visitor, n NewRoom) (Room, error) {
	if v.Session == "" {
		return Room{}, ErrForbidden
	}
	n, err := n.check()
	if err != nil {
		return Room{}, err
	}
	release, err := s.reserveRoom(ctx, v.Session)
	if err != nil {
		return Room{}, err
	}
	defer release()
	room := Room{
		ID:           newID(),
		Title:        n.Title,
		Capacity:     n.Capacity,
		Keep:         n.Keep,
		Owner:        wantedColor(v.Color),
		OwnerSession: v.Session,
		CreatedAt:    now(),
		Authority:    1,
	}
	if n.Password != "" {
		if room.PasswordHash, err = s.hashes.hash(ctx, n.Password); err != nil {
			return Room{}, fmt.Errorf("create room: %w", err)
		}
	}
	live, err := s.lockRoom(ctx, room.ID) // no visitor arrives before RoomCreated was called
	if err != nil {
		return Room{}, fmt.Errorf("create room: %w", err)
	}
	defer s.unlockRoom(live)
	ctx, cancel := detach(ctx)
	defer cancel()
	owner := Member{
		Room: room.ID, Session: v.Session, Color: room.Owner, Since: room.CreatedAt, Standing: StandingIn,
	}
	if err := s.store.CreateRoom(ctx, room, owner); err != nil {
		return Room{}, fmt.Errorf("create room: %w", err)
	}
	s.notify.RoomCreated(room)
	if s.emptyGrace >= 0 && !n.Keep {
		s.closeLaterLocked(live, max(s.emptyGrace, unusedGrace), s.removeUnused)
	}
	return room, nil
}

// reserveRoom returns ErrTooManyRooms if the session may not create another room. Rooms
// that are being created count, so concurrent calls stay within the limits. The caller
// calls release when the room is stored or will not be.
//
// The rooms that are being created are counted before the stored ones. A room that is
// stored in between counts twice, which can refuse a room too many; the other order
// could admit one.
func (s *Service) reserveRoom(ctx context.Context, session Session) (release func(), err error) {
	if s.maxRooms == 0 && s.maxOwned == 0 {
		return func() {}, nil
	}
	s.mu.Lock()
	s.creating[session]++
	own, all := s.creating[session], 0 // with this one
	for _, n := range s.creating {
		all += n
	}
	s.mu.Unlock()
	release = func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.creating[session]--; s.creating[session] == 0 {
			delete(s.creating, session)
		}
	}
	storedOwn, storedAll, err := s.store.CountRooms(ctx, session)
	if err != nil {
		release()
		return nil, fmt.Errorf("count rooms: %w", err)
	}
	if s.maxOwned > 0 && storedOwn+own > s.maxOwned || s.maxRooms > 0 && storedAll+all > s.maxRooms {
		release()
		return nil, ErrTooManyRooms
	}
	return release, nil
}
