package engineio

import "time"

// finalWriteTimeout is how long Server.Close waits for clients that do not read
// their last packets. It is short, because the next server should listen before
// the other clients reconnect.
const finalWriteTimeout = 200 * time.Millisecond

// writeBlocking writes to a socket that may be full, while the client makes
// progress. Server.Close can abort it. Only the goroutine that set draining may
// call it, and it must close the stream after an error.
func (s *webSocket) writeBlocking(b []byte, d *stallDetector) (int, error) {
	defer s.conn.server.trackWait(s.stream)()
	return s.stream.write(b, d)
}

func (s *webSocket) newStallDetector() *stallDetector {
	return newStallDetector(s.conn.server.cfg.Limits.minProgress(), s.stream.progress)
}

// aborter is a transport with a goroutine that may be waiting for its client. abort
// ends the wait. It must not call the Server.
type aborter interface{ abort() }

// trackWait registers a, so that Close can abort its wait. done unregisters it.
func (s *Server) trackWait(a aborter) (done func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.abortable[a] = struct{}{}
	if s.abortAll {
		a.abort()
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.abortable, a)
	}
}

// abortWaits ends every wait for a client, now and in the future.
func (s *Server) abortWaits() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.abortAll = true
	for a := range s.abortable {
		a.abort()
	}
}
