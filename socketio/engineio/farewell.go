package engineio

import "time"

// farewellTime is how long Close waits for clients that do not read. Their
// last packets fit into no buffer, and the next server should listen before
// the other clients come back.
const farewellTime = 200 * time.Millisecond

// writeWaiting writes to a socket that may be full, while the client makes progress.
// Close ends it early. Only the goroutine that has set draining may call it, and has
// to close the stream after an error.
func (s *webSocket) writeWaiting(b []byte, m *meter) (int, error) {
	defer s.conn.server.await(s.stream)()
	return s.stream.write(b, m)
}

func (s *webSocket) newMeter() *meter {
	return newMeter(s.conn.server.cfg.Limits.pace(), s.stream.progress)
}

// aborter is a transport whose goroutine may wait for its client. abort, which
// must not call the Server, ends the wait.
type aborter interface{ abort() }

// await registers a, so that Close can end its wait. done unregisters it.
func (s *Server) await(a aborter) (done func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.awaited[a] = struct{}{}
	if s.impatient {
		a.abort()
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.awaited, a)
	}
}

// abortAwaited ends every wait for a client, now and from now on.
func (s *Server) abortAwaited() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.impatient = true
	for a := range s.awaited {
		a.abort()
	}
}
