package rooms

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Arrive implements Chat.
func (s *Service) Arrive(ctx context.Context, v Visitor, id ID) (Member, func(), error) {
	if !id.valid() {
		return Member{}, nil, ErrNotFound
	}
	p, err := s.takeTurn(ctx, id)
	if err != nil {
		return Member{}, nil, fmt.Errorf("arrive in %s: %w", id, err)
	}
	defer s.endTurn(p)
	m, err := s.Member(ctx, v, id)
	if err != nil {
		return Member{}, nil, err
	}
	who := p.find(v.Session)
	if who == nil {
		if who, err = s.admit(ctx, p, m); err != nil {
			return Member{}, nil, err
		}
	}
	s.connect(p, who)
	var once sync.Once
	return who.member, func() { once.Do(func() { s.disconnect(p, who) }) }, nil
}

// admit lets a member's first connection into the room whose turn it is, if
// there is a place left, and tells of it.
func (s *Service) admit(ctx context.Context, p *place, m Member) (*person, error) {
	room, err := s.Room(ctx, p.id)
	if err != nil {
		return nil, err
	}
	if len(p.people) >= room.Capacity {
		return nil, ErrFull
	}
	if err := s.note(ctx, p, string(m.Color)+"님이 입장하셨습니다."); err != nil {
		return nil, err
	}
	who := &person{member: m}
	s.mu.Lock()
	p.people = append(p.people, who)
	people := p.members()
	s.mu.Unlock()
	s.notify.Entered(m)
	s.notify.PeopleChanged(p.id, people)
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

// disconnect counts one connection less. It does not wait for the turn.
func (s *Service) disconnect(p *place, who *person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	who.connections--
	if who.connections > 0 || !slices.Contains(p.people, who) {
		return // the room may have been removed meanwhile
	}
	visit := who.visit
	who.leaving = s.after(s.leaveGrace, func() { s.depart(p.id, who, visit) })
}

// depart ends the presence of a person who has not come back since a visit.
func (s *Service) depart(id ID, who *person, visit int) {
	p, err := s.takeTurn(s.background, id)
	if err != nil {
		return // the server goes
	}
	defer s.endTurn(p)
	s.mu.Lock()
	i := slices.Index(p.people, who)
	if i < 0 || who.connections > 0 || who.visit != visit {
		s.mu.Unlock()
		return
	}
	p.people = slices.Delete(p.people, i, i+1)
	people := p.members()
	s.mu.Unlock()

	if len(people) > 0 {
		if err := s.note(s.background, p, string(who.member.Color)+"님이 퇴장하셨습니다."); err != nil {
			s.log.Warn("departure not stored", "room", id, "err", err)
		}
		s.notify.Left(who.member)
	}
	s.notify.PeopleChanged(id, people)
	if len(people) == 0 && s.emptyGrace >= 0 {
		s.closeLater(p, s.emptyGrace, s.removeEmpty)
	}
}

// closeLater gives a room that nobody is in its grace, unless somebody arrives
// first. It needs the turn.
func (s *Service) closeLater(p *place, grace time.Duration, remove func(id ID, visit int)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	visit := p.visits
	p.closing = s.after(grace, func() { remove(p.id, visit) })
}

// note keeps a notice in the history of the room whose turn it is. Only a room
// that is gone is an error: a full disk does not keep anybody out.
func (s *Service) note(ctx context.Context, p *place, text string) error {
	if s.strict {
		return nil
	}
	ctx, cancel := patient(ctx)
	defer cancel()
	notice := Message{ID: newID(), Room: p.id, Kind: KindNotice, Text: text, CreatedAt: now()}
	_, _, err := s.store.AddMessage(ctx, notice)
	switch {
	case errors.Is(err, ErrNotFound):
		return fmt.Errorf("room %s: %w", p.id, err)
	case err != nil:
		s.log.Warn("notice not stored", "room", p.id, "err", err)
	}
	return nil
}
