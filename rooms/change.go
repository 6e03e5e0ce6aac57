package rooms

import (
	"context"
	"fmt"
	"slices"
)

// decision is a change, and what happens after it was stored.
type decision struct {
	Change
	then func()
}

// changeRoom makes a change if the visitor may take an action: decide returns the
// change for an access, or the empty decision to change nothing. Then the room is
// notified. decide is called again if the room's authority changed before the store
// could use it.
func (s *Service) changeRoom(ctx context.Context, v Visitor, id ID, act action, decide func(context.Context, *liveRoom, access) (decision, error)) error {
	if !id.valid() {
		return ErrNotFound
	}
	live, err := s.lockRoom(ctx, id)
	if err != nil {
		return fmt.Errorf("change room %s: %w", id, err)
	}
	defer s.unlockRoom(live)
	return whileOutdated(func() error {
		a, err := s.authorize(ctx, v, id, act)
		if err != nil {
			return err
		}
		ctx, cancel := s.detach(ctx)
		defer cancel()
		d, err := decide(ctx, live, a)
		if err != nil || d.Room == nil && d.Member == nil {
			return err
		}
		d.Authority = a.room.Authority
		return s.applyLocked(ctx, live, d)
	})
}

// applyLocked stores a decision and notifies the room. The caller holds live.lock.
func (s *Service) applyLocked(ctx context.Context, live *liveRoom, d decision) error {
	d.ID = live.id
	notice, err := s.store.Apply(ctx, d.Change)
	live.access.clear()
	if err != nil {
		return fmt.Errorf("change room %s: %w", live.id, err)
	}
	if notice.Topic == TopicLeft && d.Member != nil {
		s.notify.Left(*d.Member, notice, live.membersWithout(d.Member.Session))
	} else {
		s.notify.Posted(notice)
	}
	if d.Room != nil {
		d.Room.Authority = d.Authority + 1
		s.setOwnerLocked(live, d.Room.OwnerSession)
		s.notify.RoomChanged(*d.Room)
	}
	if d.Member != nil {
		s.updatePersonLocked(live, *d.Member)
	}
	if d.then != nil {
		d.then()
	}
	s.watchOwnerLocked(live)
	return nil
}

// updatePersonLocked replaces the member of a person who is present. The caller holds
// live.lock.
func (s *Service) updatePersonLocked(live *liveRoom, m Member) {
	p := live.find(m.Session)
	if p == nil || m.Standing != StandingIn {
		return
	}
	s.mu.Lock()
	p.member = m
	people := live.members()
	s.mu.Unlock()
	s.notify.PeopleChanged(live.id, people)
}

// expelLocked ends a person's presence at once. The caller holds live.lock.
func (s *Service) expelLocked(live *liveRoom, m Member, why Topic) {
	s.mu.Lock()
	gone := live.removeLocked(m.Session)
	people := live.members()
	s.mu.Unlock()
	s.notify.Expelled(m, why)
	if gone {
		s.peopleLeftLocked(live, people)
	}
}

// findMember returns the member that a colour names, if it has one of the standings.
func (s *Service) findMember(ctx context.Context, id ID, c Color, standings ...Standing) (Member, error) {
	if _, ok := c.rgb(); !ok {
		return Member{}, &InvalidError{Field: "person", Reason: "no_color"}
	}
	m, err := s.store.Person(ctx, id, c)
	if err != nil {
		return Member{}, fmt.Errorf("person in %s: %w", id, err)
	}
	if slices.Contains(standings, m.Standing) {
		return m, nil
	}
	return Member{}, ErrNoPerson
}

// findOther is findMember, but refuses the owner who asks.
func (s *Service) findOther(ctx context.Context, a access, c Color, standings ...Standing) (Member, error) {
	m, err := s.findMember(ctx, a.room.ID, c, standings...)
	if err == nil && m.Session == a.member.Session {
		return Member{}, &InvalidError{Field: "person", Reason: "yourself"}
	}
	return m, err
}
