package engineio

import "time"

// A handshake leaves ten times as much garbage as its connection keeps. After a
// thousand handshakes at once, for example after a restart, the runtime would
// return that memory to the operating system only over minutes. churn detects
// when many connections have opened or closed and the server is quiet again.
const (
	churnMinChanges   = 500                    // connections opened or closed; a quarter of all, if that is more
	churnQuiet        = 500 * time.Millisecond // period with at most churnQuietChanges of them
	churnQuietChanges = 20
)

// churn counts connections that open and close. Server.mu guards it.
type churn struct {
	changes int         // since the last call of OnIdle
	timer   *time.Timer // runs endChurnWhenQuiet; nil below churnMinChanges
}

// countChangeLocked is called for each connection that opens or closes.
func (s *Server) countChangeLocked() {
	s.churn.changes++
	if s.cfg.OnIdle != nil && s.churn.timer == nil && s.churn.changes >= max(churnMinChanges, len(s.conns)/4) {
		s.watchChurnLocked()
	}
}

func (s *Server) watchChurnLocked() {
	before := s.churn.changes
	s.churn.timer = time.AfterFunc(churnQuiet, func() { s.endChurnWhenQuiet(before) })
}

// endChurnWhenQuiet calls OnIdle if few connections have opened or closed since the
// count was before, and otherwise waits for another churnQuiet.
func (s *Server) endChurnWhenQuiet(before int) {
	s.mu.Lock()
	if s.churn.changes-before > churnQuietChanges && !s.closed {
		s.watchChurnLocked()
		s.mu.Unlock()
		return
	}
	s.churn = churn{}
	s.mu.Unlock()
	s.run(s.cfg.OnIdle) // does nothing if the server is closed, because the process ends
}
