package rooms

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// liveRoom is the state of a room in this process. It exists while a person is
// present, a call uses it, or one of its timers runs.
//
// Nothing in it decides a refusal or a number: the room's row does, so another process
// with a live room of the same id comes to the same answers.
type liveRoom struct {
	id ID

	// lock is a mutex that a caller can give up waiting for. Its holder changes the
	// room and calls the Notifier: one change at a time.
	lock chan struct{}

	// users counts the calls that use the room. Guarded by Service.mu.
	users int

	// waiting are the messages that no batch has taken yet, in order of arrival.
	// Guarded by Service.mu.
	waiting []*posting

	access accessCache

	// owner is a copy of Room.OwnerSession from the latest read. Guarded by lock.
	owner Session

	// people are present through this process, in order of arrival. Written with both
	// lock and Service.mu held, so either is enough to read them.
	people []*person

	// visits counts arrivals. A timer that was started at an older count does nothing.
	// Guarded as people.
	visits int

	// departed are the last maxDeparted people who left, oldest first, for BanAddress.
	// Guarded by lock.
	departed []*person

	// closing fires when the room has been empty for its grace, succession when the
	// owner has been absent for theirs. Both belong to this process; what they do is
	// decided by the row. Guarded by Service.mu.
	closing, succession *time.Timer
}

// maxDeparted is the number of departed people whose addresses a live room remembers.
const maxDeparted = 100

// person is a member who is present, with one connection or several.
type person struct {
	member    Member
	since     time.Time // of the first connection; immutable
	authority int64     // of the room when the store last confirmed the presence; 0 if it never has
	visit     int       // of the latest connection; guarded as liveRoom.people
	source    string    // Visitor.Source of the latest connection; guarded by liveRoom.lock

	connections int         // guarded by Service.mu
	leaving     *time.Timer // runs while connections is 0; guarded by Service.mu
}

// lockRoom waits until the caller may change a room. End it with unlockRoom. It fails
// with ErrUnavailable when ctx ends first.
func (s *Service) lockRoom(ctx context.Context, id ID) (*liveRoom, error) {
	live := s.acquire(id)
	err := ctx.Err() // select chooses at random between two ready cases
	if err == nil {
		select {
		case live.lock <- struct{}{}:
			return live, nil
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
	}
	s.release(live)
	return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// withRoomLocked calls f while it holds the room's lock, again as long as f fails with
// ErrOutdated.
func (s *Service) withRoomLocked(ctx context.Context, id ID, f func() error) error {
	live, err := s.lockRoom(ctx, id)
	if err != nil {
		return err
	}
	defer s.unlockRoom(live)
	return whileOutdated(f)
}

func (s *Service) unlockRoom(live *liveRoom) {
	<-live.lock
	s.release(live)
}

// acquire returns the live room of an id, which exists at least until release.
func (s *Service) acquire(id ID) *liveRoom {
	s.mu.Lock()
	defer s.mu.Unlock()
	live := s.live[id]
	if live == nil {
		live = &liveRoom{id: id, lock: make(chan struct{}, 1)}
		s.live[id] = live
	}
	live.users++
	return live
}

// release deletes a live room that has nothing left to remember.
func (s *Service) release(live *liveRoom) {
	s.mu.Lock()
	defer s.mu.Unlock()
	live.users--
	if live.users == 0 && len(live.people) == 0 && live.closing == nil && live.succession == nil {
		delete(s.live, live.id)
	}
}

// scheduleLocked runs f after d in a goroutine that Close waits for. After Close it
// does nothing and returns nil. The caller holds s.mu.
func (s *Service) scheduleLocked(d time.Duration, f func()) *time.Timer {
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
func (l *liveRoom) find(session Session) *person {
	i := slices.IndexFunc(l.people, func(p *person) bool { return p.member.Session == session })
	if i < 0 {
		return nil
	}
	return l.people[i]
}

// removeLocked ends the presence of a session, if it has one. The caller holds l.lock
// and Service.mu.
func (l *liveRoom) removeLocked(session Session) bool {
	gone := l.find(session)
	if gone == nil {
		return false
	}
	stop(&gone.leaving)
	l.people = slices.DeleteFunc(l.people, func(p *person) bool { return p == gone })
	l.departed = append(l.departed[max(0, len(l.departed)-maxDeparted+1):], gone)
	return true
}

// sourceLocked returns the address that a session last had in the room, or "". The
// caller holds l.lock.
func (l *liveRoom) sourceLocked(session Session) string {
	if p := l.find(session); p != nil {
		return p.source
	}
	for _, p := range slices.Backward(l.departed) {
		if p.member.Session == session {
			return p.source
		}
	}
	return ""
}

// members returns a new slice of the people who are present.
func (l *liveRoom) members() []Member {
	if len(l.people) == 0 {
		return nil
	}
	members := make([]Member, len(l.people))
	for i, p := range l.people {
		members[i] = p.member
	}
	return members
}

// membersWithout returns the people who are present, except the person of a session.
func (l *liveRoom) membersWithout(session Session) []Member {
	return slices.DeleteFunc(l.members(), func(m Member) bool { return m.Session == session })
}

// stopTimersLocked stops all timers of the room. The caller holds Service.mu.
func (l *liveRoom) stopTimersLocked() {
	stop(&l.closing)
	stop(&l.succession)
	for _, p := range l.people {
		stop(&p.leaving)
	}
}

func stop(timer **time.Timer) {
	if *timer != nil {
		(*timer).Stop()
		*timer = nil
	}
}
