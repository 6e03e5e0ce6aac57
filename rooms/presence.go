package rooms

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Attendance is a member's part in a room at the moment.
type Attendance struct {
	Owner bool
	Since time.Time // start of the present stay, which a short loss of the connection does not end; zero for an absent member
}

// Attendance implements Chat.
func (s *Service) Attendance(ctx context.Context, v Visitor, id ID) (Attendance, error) {
	st, err := s.may(ctx, v, id, toBe)
	if err != nil {
		return Attendance{}, err
	}
	a := Attendance{Owner: st.owner()}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.places[id]; p != nil {
		if who := p.find(v.Session); who != nil {
			a.Since = who.since
		}
	}
	return a, nil
}

// Arrive implements Chat.
func (s *Service) Arrive(ctx context.Context, v Visitor, id ID) (Member, *Visit, error) {
	if !id.valid() {
		return Member{}, nil, ErrNotFound
	}
	p, err := s.takeTurn(ctx, id)
	if err != nil {
		return Member{}, nil, fmt.Errorf("arrive in %s: %w", id, err)
	}
	defer s.endTurn(p)
	st, err := s.may(ctx, v, id, toBe)
	if err != nil {
		return Member{}, nil, err
	}
	who := p.find(v.Session)
	if who == nil {
		if who, err = s.admit(ctx, p, st); err != nil {
			return Member{}, nil, err
		}
	}
	who.source = v.Source
	s.connect(p, who)
	return who.member, &Visit{lose: func() { s.lose(p, who) }, leave: func() { s.leave(p, who) }}, nil
}

// admit lets a member's first connection into the room whose turn it is, if
// there is a place left, and tells of it.
func (s *Service) admit(ctx context.Context, p *place, st standing) (*person, error) {
	if p.fullFor(st.room, st.member.Session) {
		return nil, ErrFull
	}
	notice, err := s.note(ctx, p, noticeAbout(TopicEntered, st.member))
	if err != nil {
		return nil, err
	}
	who := &person{member: st.member, since: time.Now()}
	p.owner = st.room.OwnerSession
	s.mu.Lock()
	p.people = append(p.people, who)
	people := p.members()
	s.mu.Unlock()
	s.notify.Entered(st.member, notice)
	s.notify.PeopleChanged(p.id, people)
	s.watchOwner(p)
	return who, nil
}

// connect counts one more connection, and with it nobody leaves and the room
// is not empty. It needs the turn.
func (s *Service) connect(p *place, who *person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.visits++
	who.visit = p.visits
	who.connections++
	stop(&who.leaving)
	stop(&p.closing)
}

// depart ends the presence of a person who has not come back since a visit.
func (s *Service) depart(id ID, who *person, visit int) {
	p, err := s.takeTurn(s.background, id)
	if err != nil {
		return // the server goes
	}
	defer s.endTurn(p)
	s.mu.Lock()
	if !slices.Contains(p.people, who) || who.connections > 0 || who.visit != visit {
		s.mu.Unlock()
		return
	}
	p.remove(who.member.Session)
	people := p.members()
	s.mu.Unlock()

	if len(people) > 0 {
		notice, err := s.note(s.background, p, noticeAbout(TopicLeft, who.member))
		if err != nil {
			s.log.Warn("departure not stored", "room", id, "err", err)
		}
		s.notify.Left(who.member, notice)
	}
	s.peopleLeft(p, people)
	s.watchOwner(p)
}

// peopleLeft tells who is still in the room whose turn it is; if nobody is, its
// grace begins.
func (s *Service) peopleLeft(p *place, people []Member) {
	s.notify.PeopleChanged(p.id, people)
	if len(people) == 0 && s.emptyGrace >= 0 {
		s.closeLater(p, s.emptyGrace, s.removeEmpty)
	}
}

// note keeps a notice in the history of the room whose turn it is. Only a room
// that is gone is an error: a full disk does not keep anybody out, and leaves
// the notice without a seq.
func (s *Service) note(ctx context.Context, p *place, notice Message) (Message, error) {
	if s.strict {
		return notice, nil
	}
	ctx, cancel := patient(ctx)
	defer cancel()
	stored, err := s.store.AddMessages(ctx, p.id, []Message{notice})
	switch {
	case errors.Is(err, ErrNotFound):
		return Message{}, fmt.Errorf("room %s: %w", p.id, err)
	case err != nil:
		s.log.Warn("notice not stored", "room", p.id, "err", err)
		return notice, nil
	}
	return stored[0].Message, nil
}
