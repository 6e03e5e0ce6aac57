package rooms

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// unusedGrace is how long a new room is kept that nobody enters and says
	// anything in: a stranger's loop makes one each second.
	unusedGrace = time.Hour
	// retryRemoval is how long what is to be done by itself waits when the store
	// could not do it.
	retryRemoval = time.Minute
)

// closeLater gives a room that nobody is in its grace, unless somebody arrives
// first. It needs the turn.
func (s *Service) closeLater(p *place, grace time.Duration, remove func(id ID, visit int)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	visit := p.visits
	p.closing = s.after(grace, func() { remove(p.id, visit) })
}

// used begins the grace of an empty room anew when something was said in it:
// people without JavaScript and programs talk without ever arriving.
func (s *Service) used(p *place) {
	s.mu.Lock()
	empty := len(p.people) == 0 && p.visits > 0 && p.closing != nil
	if empty {
		stop(&p.closing)
		p.visits++ // what has fired already is late
	}
	s.mu.Unlock()
	if empty {
		s.closeLater(p, s.emptyGrace, s.removeEmpty)
	}
}

// remove removes the room whose turn it is and sends everybody away.
func (s *Service) remove(ctx context.Context, p *place) error {
	ctx, cancel := patient(ctx)
	defer cancel()
	gifs, err := s.store.RemoveRoom(ctx, p.id)
	if err != nil {
		return fmt.Errorf("remove room %s: %w", p.id, err)
	}
	s.mu.Lock()
	p.stopTimers()
	p.people = nil
	s.mu.Unlock()
	s.guesses.forget(p.id)
	s.notify.RoomRemoved(p.id)
	for _, name := range gifs {
		s.dropGIF(name)
	}
	return nil
}

// removeUnused removes a new room if nobody has arrived, unless something was
// said in it: without JavaScript nobody ever arrives.
func (s *Service) removeUnused(id ID, visit int) {
	s.endGrace(id, visit, s.removeUnused, func() (bool, error) {
		said, err := s.store.Messages(s.background, id, Page{Limit: 1})
		return len(said) == 0, err
	})
}

// removeEmpty removes the room if nobody has arrived since a visit.
func (s *Service) removeEmpty(id ID, visit int) {
	s.endGrace(id, visit, s.removeEmpty, func() (bool, error) { return true, nil })
}

// endGrace removes a room unless somebody has arrived since a visit, its owner
// wants to keep it, or unwanted says no. What cannot be known or done now is tried
// again: nothing is removed on a guess.
func (s *Service) endGrace(id ID, visit int, again func(ID, int), unwanted func() (bool, error)) {
	p, err := s.takeTurn(s.background, id)
	if err != nil {
		return // the server goes
	}
	defer s.endTurn(p)
	if p.visits != visit {
		return
	}
	s.mu.Lock()
	stop(&p.closing)
	s.mu.Unlock()
	room, err := s.store.Room(s.background, id)
	if err == nil && !room.Keep {
		var is bool
		if is, err = unwanted(); is && err == nil {
			err = s.remove(s.background, p)
		}
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		s.log.Error("empty room not removed", "room", id, "err", err)
		s.closeLater(p, retryRemoval, again)
	}
}
