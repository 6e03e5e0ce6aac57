package rooms

import (
	"slices"
	"sync"
)

// Visit is one connection of a member in a room. It ends once, by the first call.
type Visit struct {
	once        sync.Once
	lose, leave func()
}

// Lose says that the connection is gone. The person may come back within the
// leave grace: a page that reloads, or a short loss of the network, is no departure.
// It does not block.
func (v *Visit) Lose() { v.once.Do(v.lose) }

// Leave says that the person leaves by this connection. When it returns, the place
// is free, unless the person has another connection.
func (v *Visit) Leave() { v.once.Do(v.leave) }

// lose counts one connection less. It does not wait for the turn.
func (s *Service) lose(p *place, who *person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if visit, last := p.hangUp(who); last {
		who.leaving = s.after(s.leaveGrace, func() { s.depart(p.id, who, visit) })
	}
}

// leave counts one connection less, and ends the presence with the last one.
func (s *Service) leave(p *place, who *person) {
	s.mu.Lock()
	visit, last := p.hangUp(who)
	s.mu.Unlock()
	if last {
		s.depart(p.id, who, visit)
	}
}

// hangUp counts one connection less. last reports whether the person is present
// and has no other connection. Service.mu must be held.
func (p *place) hangUp(who *person) (visit int, last bool) {
	who.connections--
	return who.visit, who.connections == 0 && slices.Contains(p.people, who) // the room may have been removed since
}
