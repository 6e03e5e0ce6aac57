package engineio

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Server accepts connections. It is an http.Handler for the one path that
// clients know, usually /socket.io/ or /engine.io/.
type Server struct {
	cfg Config // immutable

	backlog backlog

	tasks sync.WaitGroup // readers, drains, and connections until their Closed has returned

	mu      sync.Mutex
	closed  bool           // guarded by mu, as is all that follows
	conns   map[SID]*Conn  // by session id
	leaving map[*Conn]bool // those that have ended and still write their last packets
	sources map[string]int // how many of conns and leaving there are from each
	bursts  bursts

	awaited   map[aborter]struct{}
	impatient bool // Close waits for clients no longer
}

// NewServer returns a server. It panics without cfg.Accept, which is a mistake
// of the program and not of its surroundings.
func NewServer(cfg Config) *Server {
	if cfg.Accept == nil {
		panic("engineio: Config.Accept is required")
	}
	return &Server{
		cfg: cfg.withDefaults(), conns: make(map[SID]*Conn), leaving: make(map[*Conn]bool), sources: make(map[string]int),
		awaited: make(map[aborter]struct{}),
	}
}

// ServeHTTP answers a handshake, a poll, a post or a WebSocket request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := s.serve(w, r); err != nil {
		err.write(w)
	}
}

// serve returns the refusal that still has to be written, if any.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) *handshakeError {
	if !s.checkOrigin(w, r) {
		return errForbidden
	}
	if r.Method == http.MethodOptions {
		return s.preflight(w, r)
	}
	q, err := s.parseQuery(r)
	if err != nil {
		return err
	}
	if q.sid == "" {
		return s.handshake(w, r, q)
	}
	c := s.conn(q.sid)
	if c == nil || !s.cfg.SameClient(c.identity, r) {
		return errUnknownSID
	}
	switch {
	case c.carried != nil:
		return c.carried.serve(w, r, q)
	case q.transport == transportWebSocket && q.upgrade:
		return s.serveUpgrade(w, r, c)
	case q.transport == transportWebSocket:
		return errBadRequest
	case r.Method == http.MethodGet:
		return c.servePoll(w, r)
	case r.Method == http.MethodPost:
		return c.servePost(w, r)
	default:
		return errBadRequest
	}
}

// handshake opens a new connection (section "Handshake").
func (s *Server) handshake(w http.ResponseWriter, r *http.Request, q query) *handshakeError {
	if r.Method != http.MethodGet {
		return errHandshakeMethod
	}
	if q.transport == transportWebSocket && !q.upgrade {
		return errBadRequest
	}
	address := s.cfg.Address(r)
	if err := s.admit(r, address); err != nil {
		return err
	}
	identity, err := s.cfg.Identify(r)
	if err != nil {
		s.cfg.Log.DebugContext(r.Context(), "handshake refused", "err", err)
		return errForbidden
	}
	c := newConn(s, q, &Handshake{
		Header:   r.Header,
		RawQuery: r.URL.RawQuery,
		Address:  address,
		Secure:   r.TLS != nil,
		Time:     time.Now(),
	}, identity)
	if err := s.add(c); err != nil {
		c.close(ReasonForcedClose)
		return err
	}
	if q.codec == carried {
		return s.openCarried(w, r, q, c)
	}
	if q.transport == transportWebSocket {
		return s.openWebSocket(w, r, c)
	}
	c.start()
	a := c.payload(s.openPacket(c.sid, transportWebSocket))
	_ = writePoll(w, r, a, &s.cfg.Limits, func() {}) // a client that has gone will not answer a ping
	return nil
}

// add registers c. Registering and closing look at closed under one lock, so
// that no connection outlives Close.
func (s *Server) add(c *Conn) *handshakeError {
	s.mu.Lock()
	defer s.mu.Unlock()
	source := sourceOf(c.handshake.Address)
	if err := s.fullLocked(source); err != nil {
		return err
	}
	s.conns[c.sid] = c
	s.sources[source]++
	s.tasks.Add(1)
	s.movedLocked()
	return nil
}

// remove forgets c. If it was registered, its task is done once its Receiver
// knows of the end. One that still writes its last packets takes up a place until left.
func (s *Server) remove(c *Conn, stillWrites bool) (registered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, registered = s.conns[c.sid]; !registered {
		return false
	}
	delete(s.conns, c.sid)
	s.movedLocked()
	if stillWrites {
		s.leaving[c] = true
	} else {
		s.releaseLocked(c)
	}
	return true
}

// left notes that a connection which has ended has written its last packets.
func (s *Server) left(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leaving[c] {
		delete(s.leaving, c)
		s.releaseLocked(c)
	}
}

func (s *Server) releaseLocked(c *Conn) {
	source := sourceOf(c.handshake.Address)
	if s.sources[source]--; s.sources[source] <= 0 {
		delete(s.sources, source)
	}
}

func (s *Server) conn(sid SID) *Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns[sid]
}

// Limits returns the limits that hold, with their defaults filled in.
func (s *Server) Limits() Limits { return s.cfg.Limits }

// Len returns the number of open connections.
func (s *Server) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// run starts a goroutine that Close waits for; false when the server is
// closed already.
func (s *Server) run(task func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.tasks.Go(task)
	return true
}

// Close refuses new handshakes, ends every connection with ReasonShutdown and
// waits for their goroutines and for their Closed, at most until ctx is done.
// A client that does not read its last packets within farewellTime is cut.
// Stock clients reconnect by themselves. Close may be called more than once.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	if s.bursts.timer != nil {
		s.bursts.timer.Stop()
	}
	conns := slices.Collect(maps.Values(s.conns))
	s.mu.Unlock()

	for _, c := range conns {
		c.close(ReasonShutdown)
	}
	done := make(chan struct{})
	go func() {
		s.tasks.Wait()
		close(done)
	}()
	farewell := time.NewTimer(farewellTime)
	defer farewell.Stop()
	for {
		select {
		case <-done:
			return nil
		case <-farewell.C:
			s.abortAwaited()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
