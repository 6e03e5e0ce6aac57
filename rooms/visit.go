package rooms

import (
	"slices"
	"sync"
)

// Visit is one connection of a member to a room. The first call of Lose or Leave ends
// it; later calls do nothing.
type Visit struct {
	once        sync.Once
	lose, leave func()
}

// Lose reports that the connection was lost. The person stays present for the leave
// grace, because a page that reloads connects again. Lose does not block.
func (v *Visit) Lose() { v.once.Do(v.lose) }

// Leave reports that the person leaves by this connection. When it returns the person
// is absent, unless another connection remains.
func (v *Visit) Leave() { v.once.Do(v.leave) }

// lose removes a connection. It does not wait for the room's lock.
func (s *Service) lose(live *liveRoom, p *person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if visit, last := live.disconnectLocked(p); last {
		p.leaving = s.scheduleLocked(s.leaveGrace, func() { s.depart(live.id, p, visit) })
	}
}

// leave removes a connection, and ends the presence with the last one.
func (s *Service) leave(live *liveRoom, p *person) {
	s.mu.Lock()
	visit, last := live.disconnectLocked(p)
	s.mu.Unlock()
	if last {
		s.depart(live.id, p, visit)
	}
}

// disconnectLocked removes a connection. last reports whether the person is present and
// has no other connection. The caller holds Service.mu.
func (l *liveRoom) disconnectLocked(p *person) (visit int, last bool) {
	p.connections--
	return p.visit, p.connections == 0 && slices.Contains(l.people, p) // the room may have been removed
}
