package rooms

import (
	"context"
	"fmt"
	"slices"
)

// decision is what follows from a change once it is kept, in the room's turn.
type decision struct {
	Change
	then func()
}

// decide makes a change in the room's turn, if the visitor may: f looks at the
// standing and says what is to change; an empty decision changes nothing. Then
// the room is told.
func (s *Service) decide(ctx context.Context, v Visitor, id ID, d deed, f func(context.Context, *place, standing) (decision, error)) error {
	if !id.valid() {
		return ErrNotFound
	}
	p, err := s.takeTurn(ctx, id)
	if err != nil {
		return fmt.Errorf("decide in %s: %w", id, err)
	}
	defer s.endTurn(p)
	st, err := s.may(ctx, v, id, d)
	if err != nil {
		return err
	}
	ctx, cancel := patient(ctx)
	defer cancel()
	decided, err := f(ctx, p, st)
	if err != nil || decided.Room == nil && decided.Member == nil {
		return err
	}
	return s.apply(ctx, p, decided)
}

// apply keeps and tells a decision about the room whose turn it is.
func (s *Service) apply(ctx context.Context, p *place, d decision) error {
	d.ID = p.id
	notice, err := s.store.Apply(ctx, d.Change)
	if err != nil {
		return fmt.Errorf("change room %s: %w", p.id, err)
	}
	p.rules.Add(1)
	if notice.Topic == TopicLeft && d.Member != nil {
		s.notify.Left(*d.Member, notice)
	} else {
		s.notify.Posted(notice)
	}
	if d.Room != nil {
		s.setOwner(p, d.Room.OwnerSession)
		s.notify.RoomChanged(*d.Room)
	}
	if d.Member != nil {
		s.updatePerson(p, *d.Member)
	}
	if d.then != nil {
		d.then()
	}
	s.watchOwner(p)
	return nil
}

// updatePerson makes what is known of somebody present what it is now.
func (s *Service) updatePerson(p *place, m Member) {
	who := p.find(m.Session)
	if who == nil || m.Standing != StandingIn {
		return
	}
	s.mu.Lock()
	who.member = m
	people := p.members()
	s.mu.Unlock()
	s.notify.PeopleChanged(p.id, people)
}

// expel ends a person's presence at once.
func (s *Service) expel(p *place, m Member, why Topic) {
	s.mu.Lock()
	gone := p.remove(m.Session)
	people := p.members()
	s.mu.Unlock()
	s.notify.Expelled(m, why)
	if gone {
		s.peopleLeft(p, people)
	}
}

// person returns the member of the room that a colour names.
func (s *Service) person(ctx context.Context, id ID, c Color, is ...Standing) (Member, error) {
	if _, ok := c.rgb(); !ok {
		return Member{}, &InvalidError{Field: "person", Reason: "no_color"}
	}
	m, err := s.store.Person(ctx, id, c)
	if err != nil {
		return Member{}, fmt.Errorf("person in %s: %w", id, err)
	}
	if slices.Contains(is, m.Standing) {
		return m, nil
	}
	return Member{}, ErrNoPerson
}
