package rooms

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Attendance is a member's present stay in a room.
type Attendance struct {
	Owner bool
	Since time.Time // start of the stay, which a short loss of the connection does not end; zero for an absent member
}

// Attendance implements Chat.
func (s *Service) Attendance(ctx context.Context, v Visitor, id ID) (Attendance, error) {
	a, err := s.authorize(ctx, v, id, actRead)
	if err != nil {
		return Attendance{}, err
	}
	stay := Attendance{Owner: a.owner()}
	s.mu.Lock()
	defer s.mu.Unlock()
	if live := s.live[id]; live != nil {
		if p := live.find(v.Session); p != nil {
			stay.Since = p.since
		}
	}
	return stay, nil
}

// Present implements Chat.
func (s *Service) Present(id ID) []Member {
	s.mu.Lock()
	defer s.mu.Unlock()
	if live := s.live[id]; live != nil {
		return live.members()
	}
	return nil
}

// Arrive implements Chat.
func (s *Service) Arrive(ctx context.Context, v Visitor, id ID) (Member, *Visit, error) {
	if !id.valid() {
		return Member{}, nil, ErrNotFound
	}
	live, err := s.lockRoom(ctx, id)
	if err != nil {
		return Member{}, nil, fmt.Errorf("arrive in %s: %w", id, err)
	}
	defer s.unlockRoom(live)
	var p *person
	err = whileOutdated(func() error {
		a, err := s.authorize(ctx, v, id, actRead)
		if err != nil {
			return err
		}
		p, err = s.personLocked(ctx, live, a)
		return err
	})
	if err != nil {
		return Member{}, nil, err
	}
	p.source = v.Source
	s.connectLocked(live, p)
	return p.member, &Visit{lose: func() { s.lose(live, p) }, leave: func() { s.leave(live, p) }}, nil
}

// personLocked returns the person of a member. An absent member becomes present, unless
// the room is full. The people of this process are a cache of the store's presence.
// Another process can have ended a presence, but only together with a change of the
// room's authority. The caller holds live.lock.
func (s *Service) personLocked(ctx context.Context, live *liveRoom, a access) (*person, error) {
	p := live.find(a.member.Session)
	if p != nil && p.authority == a.room.Authority {
		return p, nil
	}
	if p == nil && live.fullFor(a.room, a.member.Session) {
		return nil, ErrFull
	}
	unstored := p != nil && p.authority == 0 // announced while the store failed
	notice, first, err := s.storeArrival(ctx, a, unstored)
	switch {
	case isRefusal(err):
		return nil, fmt.Errorf("arrive in %s: %w", live.id, err)
	case err != nil: // a full disk must not keep people out
		s.log.Warn("notice not stored", "room", live.id, "err", err)
		if p != nil {
			return p, nil
		}
		a.room.Authority, first = 0, true
	}
	if p != nil && (!first || unstored) {
		p.authority = a.room.Authority
		return p, nil
	}
	return s.addPersonLocked(live, a, notice, first), nil
}

// addPersonLocked adds a person and notifies the room; first reports that no other
// process has announced the person. The caller holds live.lock.
func (s *Service) addPersonLocked(live *liveRoom, a access, notice Message, first bool) *person {
	p := &person{member: a.member, since: time.Now(), authority: a.room.Authority}
	live.owner = a.room.OwnerSession
	s.mu.Lock()
	live.removeLocked(a.member.Session) // the person of an ended membership
	live.people = append(live.people, p)
	people := live.members()
	s.mu.Unlock()
	if first {
		s.notify.Entered(a.member, notice, people)
	}
	s.notify.PeopleChanged(live.id, people)
	s.watchOwnerLocked(live)
	return p
}

// connectLocked adds a connection and stops the timers that wait for one. The caller
// holds live.lock.
func (s *Service) connectLocked(live *liveRoom, p *person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	live.visits++
	p.visit = live.visits
	p.connections++
	stop(&p.leaving)
	stop(&live.closing)
}

// depart ends the presence of a person who has not connected again since a visit.
func (s *Service) depart(id ID, p *person, visit int) {
	live, err := s.lockRoom(s.background, id)
	if err != nil {
		return // the service closes
	}
	defer s.unlockRoom(live)
	s.mu.Lock()
	if !slices.Contains(live.people, p) || p.connections > 0 || p.visit != visit {
		s.mu.Unlock()
		return
	}
	live.removeLocked(p.member.Session)
	people := live.members()
	s.mu.Unlock()

	notice, last := s.storeDeparture(live, p)
	if last && len(people) > 0 {
		s.notify.Left(p.member, notice, people)
	}
	s.peopleLeftLocked(live, people)
	s.watchOwnerLocked(live)
}

// peopleLeftLocked notifies the room of the people who remain. If nobody does, the
// grace of the empty room begins. The caller holds live.lock.
func (s *Service) peopleLeftLocked(live *liveRoom, people []Member) {
	s.notify.PeopleChanged(live.id, people)
	if len(people) == 0 && s.emptyGrace >= 0 {
		s.closeLaterLocked(live, s.emptyGrace, s.removeEmpty)
	}
}

// storeArrival makes a member present in the store. It returns the notice, which has no
// seq if it was not stored, and whether the member was absent before. The notice of a
// member who was announced already is not stored.
func (s *Service) storeArrival(ctx context.Context, a access, announced bool) (notice Message, first bool, err error) {
	ctx, cancel := s.detach(ctx)
	defer cancel()
	notice = s.noticeAbout(TopicEntered, a.member)
	p := s.presence(a.room.ID, a.member.Session)
	p.Authority = a.room.Authority
	var store Message
	if !announced {
		store = s.unlessStrict(notice)
	}
	stored, first, err := s.store.AddPresence(ctx, p, store)
	if stored.Seq != 0 {
		notice = stored
	}
	return notice, first, err
}

// storeDeparture ends a person's presence in the store. It returns the notice, which has
// no seq if it was not stored, and whether the person is absent now.
func (s *Service) storeDeparture(live *liveRoom, p *person) (notice Message, last bool) {
	ctx, cancel := s.detach(s.background)
	defer cancel()
	notice = s.noticeAbout(TopicLeft, p.member)
	stored, last, err := s.store.RemovePresence(ctx, s.presence(live.id, p.member.Session), s.unlessStrict(notice))
	if err != nil {
		s.log.Warn("departure not stored", "room", live.id, "err", err)
		s.removeAbsentLater(live.id, p.member.Session)
		return notice, true
	}
	if stored.Seq != 0 {
		notice = stored
	}
	return notice, last || p.authority == 0
}

// removeAbsentLater ends a presence that the store could not end. Until then it counts
// towards the room's capacity and keeps the empty room from being removed.
func (s *Service) removeAbsentLater(id ID, session Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scheduleLocked(retryDelay, func() {
		live, err := s.lockRoom(s.background, id)
		if err != nil {
			return // the service closes
		}
		defer s.unlockRoom(live)
		if live.find(session) != nil {
			return
		}
		ctx, cancel := s.detach(s.background)
		defer cancel()
		_, last, err := s.store.RemovePresence(ctx, s.presence(id, session), Message{})
		if err != nil && !errors.Is(err, ErrNotFound) {
			s.removeAbsentLater(id, session)
		}
		if last {
			s.closeIfEmptyLocked(live)
		}
	})
}

func (s *Service) presence(id ID, session Session) Presence {
	return Presence{Room: id, Session: session, Process: s.process}
}

// unlessStrict returns a notice, or the zero Message if notices are not stored.
func (s *Service) unlessStrict(notice Message) Message {
	if s.strict {
		return Message{}
	}
	return notice
}

// isRefusal reports whether a visitor cannot arrive, in contrast to a store that fails.
func isRefusal(err error) bool {
	return errors.Is(err, ErrNotFound) || errors.Is(err, ErrOutdated) || errors.Is(err, ErrFull)
}
