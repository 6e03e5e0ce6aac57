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
	if err := s.checkRoomCount(ctx, v.Session); err != nil {
		return Room{}, err
	}
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
	ctx, cancel := s.detach(ctx)
	defer cancel()
	owner := Member{
		Room: room.ID, Session: v.Session, Color: room.Owner, Since: room.CreatedAt, Standing: StandingIn,
	}
	if err := s.store.CreateRoom(ctx, room, owner, s.limits); err != nil {
		return Room{}, fmt.Errorf("create room: %w", err)
	}
	s.notify.RoomCreated(room)
	if s.emptyGrace >= 0 && !n.Keep {
		s.closeLaterLocked(live, max(s.emptyGrace, unusedGrace), s.removeUnused)
	}
	return room, nil
}

// checkRoomCount returns ErrTooManyRooms if the session may not create another room. It
// answers before a password is hashed; Store.CreateRoom decides.
func (s *Service) checkRoomCount(ctx context.Context, session Session) error {
	if s.limits == (RoomLimits{}) {
		return nil
	}
	own, all, err := s.store.CountRooms(ctx, session)
	if err != nil {
		return fmt.Errorf("count rooms: %w", err)
	}
	return s.limits.Check(own, all)
}

// Check returns ErrTooManyRooms if a session that owns a number of rooms, of all in the
// store, may not own another one.
func (l RoomLimits) Check(own, all int) error {
	if l.PerSession > 0 && own >= l.PerSession || l.All > 0 && all >= l.All {
		return ErrTooManyRooms
	}
	return nil
}
