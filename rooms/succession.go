package rooms

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Quit implements Chat.
func (s *Service) Quit(ctx context.Context, v Visitor, id ID) error {
	return s.decide(ctx, v, id, toBe, func(_ context.Context, p *place, st standing) (decision, error) {
		m := st.member
		notice := noticeAbout(TopicLeft, m)
		m.Standing, m.Nick = StandingOut, ""
		d := decision{
			Change: Change{Member: &m, Notice: notice},
			then:   func() { s.expel(p, m, TopicLeft) },
		}
		if st.owner() {
			st.room.Owner, st.room.OwnerSession = "", "" // until there is another
			d.Room = &st.room
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
		if err != nil && !errors.Is(err, ErrNotFound) { // removed meanwhile
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// setOwner notes who owns the room whose turn it is. An absence of the one before
// is none of the new one's.
func (s *Service) setOwner(p *place, owner Session) {
	if p.owner == owner {
		return
	}
	p.owner = owner
	s.mu.Lock()
	defer s.mu.Unlock()
	stop(&p.succession)
}

// watchOwner passes the room whose turn it is on when its owner has been away
// for long while others are there; at once when it has none.
func (s *Service) watchOwner(p *place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	away := len(p.people) > 0 && p.find(p.owner) == nil
	switch {
	case !away || s.ownerGrace < 0 && p.owner != "":
		stop(&p.succession)
	case p.owner == "":
		stop(&p.succession)
		p.succession = s.after(0, func() { s.succeed(p.id) })
	case p.succession == nil:
		p.succession = s.after(s.ownerGrace, func() { s.succeed(p.id) })
	}
}

// succeed makes the one who has been in the room for longest its owner, unless
// the owner is back.
func (s *Service) succeed(id ID) {
	p, err := s.takeTurn(s.background, id)
	if err != nil {
		return // the server goes
	}
	defer s.endTurn(p)
	s.mu.Lock()
	p.succession = nil
	s.mu.Unlock()
	room, err := s.store.Room(s.background, id)
	if err != nil {
		if !errors.Is(err, ErrNotFound) {
			s.log.Warn("owner not replaced", "room", p.id, "err", err)
			s.succeedLater(p, retryRemoval)
		}
		return
	}
	p.owner = room.OwnerSession
	if p.find(p.owner) != nil {
		return
	}
	heir, unsure := s.heir(p)
	switch {
	case heir != nil:
		ctx, cancel := patient(s.background)
		defer cancel()
		if err := s.apply(ctx, p, handOver(room, heir.member)); err != nil {
			s.log.Warn("owner not replaced", "room", p.id, "err", err)
			s.succeedLater(p, retryRemoval)
		}
	case unsure:
		s.succeedLater(p, s.leaveGrace)
	}
}

// heir returns who has been in the room for longest; no program, and nobody who
// may just have gone. If there are only such it is unsure.
func (s *Service) heir(p *place) (who *person, unsure bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, who := range p.people {
		switch {
		case who.member.Bot:
		case who.connections == 0:
			unsure = true
		default:
			return who, false
		}
	}
	return nil, unsure
}

// succeedLater tries again.
func (s *Service) succeedLater(p *place, after time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stop(&p.succession)
	p.succession = s.after(after, func() { s.succeed(p.id) })
}
