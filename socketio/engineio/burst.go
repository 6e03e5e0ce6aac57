package engineio

import "time"

// A handshake leaves ten times the garbage that the connection keeps, and a
// thousand of them at once, as after a restart, leave the process with memory
// that the runtime gives back over minutes. bursts finds the moment to ask for
// it sooner: many have come or gone, and now hardly anybody does.
const (
	burstSize  = 500                    // connections that came or went; a quarter of all, if that is more
	burstQuiet = 500 * time.Millisecond // without more than quietMoves of them
	quietMoves = 20
)

// bursts counts connections that come and go. Its Server's mu guards it.
type bursts struct {
	moves int         // since the last burst
	timer *time.Timer // looks whether the burst is over; nil while there is none
}

// movedLocked is called for each connection that comes or goes.
func (s *Server) movedLocked() {
	s.bursts.moves++
	if s.cfg.AfterBurst != nil && s.bursts.timer == nil && s.bursts.moves >= max(burstSize, len(s.conns)/4) {
		s.watchLocked()
	}
}

func (s *Server) watchLocked() {
	seen := s.bursts.moves
	s.bursts.timer = time.AfterFunc(burstQuiet, func() { s.settle(seen) })
}

// settle ends the burst, unless too many have moved since there were seen.
func (s *Server) settle(seen int) {
	s.mu.Lock()
	if s.bursts.moves-seen > quietMoves && !s.closed {
		s.watchLocked()
		s.mu.Unlock()
		return
	}
	s.bursts = bursts{}
	s.mu.Unlock()
	s.run(s.cfg.AfterBurst) // not when the server is closed: the process ends
}
