package rooms

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// place is what goes on in a room now. It exists while somebody is there, wants
// something there, or has just left.
type place struct {
	id   ID
	turn chan struct{} // holds one token while somebody has the room's turn

	// rules counts the owner's decisions; changed with the turn.
	rules atomic.Int64

	// owner is the room's, as far as somebody present has looked. Needs the turn.
	owner Session

	// users have the turn or wait for it. Guarded by Service.mu.
	users int

	// postings wait to be kept, in their order. Guarded by Service.mu.
	postings []*posting

	// Written with both the turn and Service.mu, so that either is enough to
	// read them.
	people []*person // in order of arrival
	visits int       // arrivals so far: a timer that knows an older number is late
	left   []*person // the last maxLeft who have left, oldest first, for BanAddress; needs the turn

	// closing ends the grace of an empty room, succession that of an owner who
	// is away. Guarded by Service.mu.
	closing, succession *time.Timer
}

// person is a member who is present, with one connection or many.
type person struct {
	member Member
	since  time.Time // of the first arrival; immutable
	visit  int       // the latest arrival; written as place.people is
	source string    // of the latest connection; needs the turn

	// Guarded by Service.mu.
	connections int
	leaving     *time.Timer // runs while there is none
}

// takeTurn waits until the room is the caller's to change. End it with endTurn.
func (s *Service) takeTurn(ctx context.Context, id ID) (*place, error) {
	p := s.hold(id)
	err := ctx.Err() // a select may overlook that it is too late
	if err == nil {
		select {
		case p.turn <- struct{}{}:
			return p, nil
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
	}
	s.release(p)
	return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// hold returns the place of a room, which exists until it is released.
func (s *Service) hold(id ID) *place {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.places[id]
	if p == nil {
		p = &place{id: id, turn: make(chan struct{}, 1)}
		s.places[id] = p
	}
	p.users++
	return p
}

func (s *Service) endTurn(p *place) {
	<-p.turn
	s.release(p)
}

// release forgets a place where nothing goes on any more.
func (s *Service) release(p *place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.users--
	if p.users == 0 && len(p.people) == 0 && p.closing == nil && p.succession == nil {
		delete(s.places, p.id)
	}
}

// after runs f later in a goroutine that Close waits for, unless Close comes
// first. s.mu must be held.
func (s *Service) after(d time.Duration, f func()) *time.Timer {
	if s.closed {
		return nil
	}
	return time.AfterFunc(d, func() {
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			return
		}
		s.running.Add(1)
		s.mu.Unlock()
		defer s.running.Done()
		f()
	})
}

// find returns the person of a session, or nil.
func (p *place) find(session Session) *person {
	i := slices.IndexFunc(p.people, func(q *person) bool { return q.member.Session == session })
	if i < 0 {
		return nil
	}
	return p.people[i]
}

// remove ends the presence of a session, if it has one. Service.mu must be held,
// and the turn.
func (p *place) remove(session Session) bool {
	who := p.find(session)
	if who == nil {
		return false
	}
	stop(&who.leaving)
	p.people = slices.DeleteFunc(p.people, func(q *person) bool { return q == who })
	p.left = append(p.left[max(0, len(p.left)-maxLeft+1):], who)
	return true
}

// maxLeft bounds whose addresses a room remembers, in memory only, after they left.
const maxLeft = 100

// source returns the address that a session had in the room last, or "". It needs
// the turn.
func (p *place) source(session Session) string {
	if who := p.find(session); who != nil {
		return who.source
	}
	for _, who := range slices.Backward(p.left) {
		if who.member.Session == session {
			return who.source
		}
	}
	return ""
}

// members returns who is there, in a slice of its own.
func (p *place) members() []Member {
	if len(p.people) == 0 {
		return nil
	}
	members := make([]Member, len(p.people))
	for i, person := range p.people {
		members[i] = person.member
	}
	return members
}

// stopTimers forgets everything that was to happen. Service.mu must be held.
func (p *place) stopTimers() {
	stop(&p.closing)
	stop(&p.succession)
	for _, person := range p.people {
		stop(&person.leaving)
	}
}

func stop(timer **time.Timer) {
	if *timer != nil {
		(*timer).Stop()
		*timer = nil
	}
}
