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
		if p = live.find(v.Session); p == nil {
			p, err = s.addPersonLocked(ctx, live, a)
		}
		return err
	})
	if err != nil {
		return Member{}, nil, err
	}
	p.source = v.Source
	s.connectLocked(live, p)
	return p.member, &Visit{lose: func() { s.lose(live, p) }, leave: func() { s.leave(live, p) }}, nil
}

// addPersonLocked makes a member present and notifies the room, unless the room is
// full. The caller holds live.lock.
func (s *Service) addPersonLocked(ctx context.Context, live *liveRoom, a access) (*person, error) {
	if live.fullFor(a.room, a.member.Session) {
		return nil, ErrFull
	}
	notice := noticeAbout(TopicEntered, a.member)
	notice.Authority = a.room.Authority
	notice, err := s.storeNotice(ctx, live, notice)
	if err != nil {
		return nil, err
	}
	p := &person{member: a.member, since: time.Now()}
	live.owner = a.room.OwnerSession
	s.mu.Lock()
	live.people = append(live.people, p)
	people := live.members()
	s.mu.Unlock()
	s.notify.Entered(a.member, notice)
	s.notify.PeopleChanged(live.id, people)
	s.watchOwnerLocked(live)
	return p, nil
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

	if len(people) > 0 {
		notice, err := s.storeNotice(s.background, live, noticeAbout(TopicLeft, p.member))
		if err != nil {
			s.log.Warn("departure not stored", "room", id, "err", err)
		}
		s.notify.Left(p.member, notice)
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

// storeNotice stores a notice and returns it with its seq. It fails only with
// ErrNotFound and ErrOutdated: a full disk must not keep people out of a room, and the
// notice then has no seq.
func (s *Service) storeNotice(ctx context.Context, live *liveRoom, notice Message) (Message, error) {
	if s.strict {
		return notice, nil
	}
	ctx, cancel := detach(ctx)
	defer cancel()
	stored, err := s.store.AddMessages(ctx, live.id, []Message{notice})
	switch {
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrOutdated):
		return Message{}, fmt.Errorf("room %s: %w", live.id, err)
	case err != nil:
		s.log.Warn("notice not stored", "room", live.id, "err", err)
		return notice, nil
	}
	return stored[0].Message, nil
}
