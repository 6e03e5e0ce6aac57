package rooms

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Quit implements Chat.
func (s *Service) Quit(ctx context.Context, v Visitor, id ID) error {
	return s.changeRoom(ctx, v, id, actRead, func(_ context.Context, live *liveRoom, a access) (decision, error) {
		m := a.member
		notice := s.noticeAbout(TopicLeft, m)
		m.Standing, m.Nick = StandingOut, ""
		d := decision{
			Change: Change{Member: &m, Notice: notice},
			then:   func() { s.expelLocked(live, m, TopicLeft) },
		}
		if a.owner() {
			a.room.Owner, a.room.OwnerSession = "", "" // until the succession
			d.Room = &a.room
		}
		return d, nil
	})
}

// Forget implements Chat.
func (s *Service) Forget(ctx context.Context, v Visitor) error {
	owned, err := s.store.RoomsOf(ctx, v.Session)
	if err != nil {
		return fmt.Errorf("forget: %w", err)
	}
	var errs []error
	for _, id := range owned {
		err := s.Quit(ctx, v, id)
		if err != nil && !errors.Is(err, ErrNotFound) { // the room was removed after RoomsOf
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// setOwnerLocked remembers the owner. A new owner starts with a fresh absence timer.
// The caller holds live.lock.
func (s *Service) setOwnerLocked(live *liveRoom, owner Session) {
	if live.owner == owner {
		return
	}
	live.owner = owner
	s.mu.Lock()
	defer s.mu.Unlock()
	stop(&live.succession)
}

// watchOwnerLocked starts the succession timer while people are present without the
// owner. If the room has no owner, the succession starts at once. The caller holds
// live.lock.
func (s *Service) watchOwnerLocked(live *liveRoom) {
	s.mu.Lock()
	defer s.mu.Unlock()
	absent := len(live.people) > 0 && live.find(live.owner) == nil
	switch {
	case !absent || s.ownerGrace < 0 && live.owner != "":
		stop(&live.succession)
	case live.owner == "":
		stop(&live.succession)
		live.succession = s.scheduleLocked(0, func() { s.succeed(live.id) })
	case live.succession == nil:
		live.succession = s.scheduleLocked(s.ownerGrace, func() { s.succeed(live.id) })
	}
}

// succeed makes the person who has been present for longest the owner, unless the owner
// is present again.
func (s *Service) succeed(id ID) {
	live, err := s.lockRoom(s.background, id)
	if err != nil {
		return // the service closes
	}
	defer s.unlockRoom(live)
	s.mu.Lock()
	live.succession = nil
	s.mu.Unlock()
	room, err := s.store.Room(s.background, id)
	if errors.Is(err, ErrNotFound) {
		return
	}
	if err != nil {
		s.retrySuccession(live, err)
		return
	}
	live.owner = room.OwnerSession
	if live.find(live.owner) != nil {
		return
	}
	heir, unsure, err := s.heir(live)
	switch {
	case err != nil:
		s.retrySuccession(live, err)
	case heir.Standing == StandingIn:
		ctx, cancel := s.detach(s.background)
		defer cancel()
		d := s.handOver(room, heir)
		d.Authority, d.Absent = room.Authority, room.OwnerSession
		if err := s.applyLocked(ctx, live, d); err != nil {
			s.retrySuccession(live, err)
		}
	case unsure:
		s.succeedLater(live, s.leaveGrace)
	}
}

// retrySuccession calls succeed again after the owner was not replaced: at once if the
// room has changed, after the owner's grace if the owner is present through another
// process, later if the store failed.
func (s *Service) retrySuccession(live *liveRoom, err error) {
	switch {
	case errors.Is(err, ErrOutdated):
		s.succeedLater(live, 0)
		return
	case errors.Is(err, ErrOccupied):
		s.succeedLater(live, s.ownerGrace)
		return
	}
	s.log.Warn("owner not replaced", "room", live.id, "err", err)
	s.succeedLater(live, retryDelay)
}

// heir returns the member who has been present for longest and is connected, or the zero
// Member. It never returns a program. unsure reports that a person without a connection
// may come back. heir reads each membership from the store, because another process can
// have ended it.
func (s *Service) heir(live *liveRoom) (heir Member, unsure bool, err error) {
	candidates, unsure := s.candidates(live)
	for _, session := range candidates {
		_, m, err := s.store.Standing(s.background, live.id, session)
		if err != nil || m.Standing == StandingIn {
			return m, false, err
		}
	}
	return Member{}, unsure, nil
}

// candidates returns the connected people who can become the owner, in order of arrival,
// and whether a person without a connection may come back.
func (s *Service) candidates(live *liveRoom) (connected []Session, unsure bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range live.people {
		switch {
		case p.member.Bot:
		case p.connections == 0:
			unsure = true
		default:
			connected = append(connected, p.member.Session)
		}
	}
	return connected, unsure
}

func (s *Service) succeedLater(live *liveRoom, delay time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stop(&live.succession)
	live.succession = s.scheduleLocked(delay, func() { s.succeed(live.id) })
}
