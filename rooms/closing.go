package rooms

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// unusedGrace is how long a new room is kept in which nobody arrives or posts: a
	// loop can create one each second.
	unusedGrace = time.Hour

	// retryDelay is how long a timer waits to do its work again after the store failed.
	retryDelay = time.Minute
)

// closeLaterLocked calls remove after a grace, unless a person arrives first. The
// caller holds live.lock.
func (s *Service) closeLaterLocked(live *liveRoom, grace time.Duration, remove func(id ID, visit int)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	visit := live.visits
	live.closing = s.scheduleLocked(grace, func() { remove(live.id, visit) })
}

// touchEmptyLocked starts the grace of an empty room again after a message: people
// without JavaScript and programs post without arriving. The caller holds live.lock.
func (s *Service) touchEmptyLocked(live *liveRoom) {
	s.mu.Lock()
	empty := len(live.people) == 0 && live.visits > 0 && live.closing != nil
	if empty {
		stop(&live.closing)
		live.visits++ // a timer that has fired already does nothing
	}
	s.mu.Unlock()
	if empty {
		s.closeLaterLocked(live, s.emptyGrace, s.removeEmpty)
	}
}

// closeIfEmptyLocked starts the grace of an empty room, unless it runs already. The
// caller holds live.lock.
func (s *Service) closeIfEmptyLocked(live *liveRoom) {
	s.mu.Lock()
	idle := len(live.people) == 0 && live.closing == nil
	s.mu.Unlock()
	if idle && s.emptyGrace >= 0 {
		s.closeLaterLocked(live, s.emptyGrace, s.removeEmpty)
	}
}

// Remove implements Chat.
func (s *Service) Remove(ctx context.Context, v Visitor, id ID) error {
	if !id.valid() {
		return ErrNotFound
	}
	live, err := s.lockRoom(ctx, id)
	if err != nil {
		return fmt.Errorf("remove room %s: %w", id, err)
	}
	defer s.unlockRoom(live)
	return whileOutdated(func() error {
		a, err := s.authorize(ctx, v, id, actModerate)
		if err != nil {
			return err
		}
		return s.removeLocked(ctx, live, Removal{ID: id, Authority: a.room.Authority})
	})
}

// removeLocked removes a room and notifies everybody. The caller holds live.lock.
func (s *Service) removeLocked(ctx context.Context, live *liveRoom, r Removal) error {
	ctx, cancel := s.detach(ctx)
	defer cancel()
	gifs, err := s.store.RemoveRoom(ctx, r)
	if err != nil {
		return fmt.Errorf("remove room %s: %w", live.id, err)
	}
	s.mu.Lock()
	live.stopTimersLocked()
	live.people = nil
	s.mu.Unlock()
	live.access.clear()
	s.attempts.forget(live.id)
	s.notify.RoomRemoved(live.id)
	for _, name := range gifs {
		s.dropGIF(name)
	}
	return nil
}

// removeUnused removes a new room in which nobody has arrived or posted. People without
// JavaScript post without arriving.
func (s *Service) removeUnused(id ID, visit int) {
	s.endGrace(id, visit, s.removeUnused, func() (bool, error) {
		messages, err := s.store.Messages(s.background, id, Page{Limit: 1})
		return len(messages) == 0, err
	})
}

// removeEmpty removes a room in which nobody has arrived since a visit.
func (s *Service) removeEmpty(id ID, visit int) {
	s.endGrace(id, visit, s.removeEmpty, func() (bool, error) { return true, nil })
}

// endGrace removes a room unless a person has arrived since a visit, the owner wants to
// keep it, or unwanted returns false. If the store fails, endGrace calls again later: a
// room is removed only if the store confirms it.
func (s *Service) endGrace(id ID, visit int, again func(ID, int), unwanted func() (bool, error)) {
	live, err := s.lockRoom(s.background, id)
	if err != nil {
		return // the service closes
	}
	defer s.unlockRoom(live)
	if live.visits != visit {
		return
	}
	s.mu.Lock()
	stop(&live.closing)
	s.mu.Unlock()
	room, err := s.store.Room(s.background, id)
	if err == nil && !room.Keep {
		var remove bool
		if remove, err = unwanted(); remove && err == nil {
			err = s.removeLocked(s.background, live, Removal{ID: id, Authority: room.Authority, Empty: true})
		}
	}
	switch {
	case err == nil, errors.Is(err, ErrNotFound), errors.Is(err, ErrOccupied):
	case errors.Is(err, ErrOutdated):
		s.closeLaterLocked(live, 0, again)
	default:
		s.log.Error("empty room not removed", "room", id, "err", err)
		s.closeLaterLocked(live, retryDelay, again)
	}
}
