package engineio

import (
	"context"
	"net/http"
	"sync"
	"time"

	"gifchat/socketio/internal/carrier"
)

// Server accepts connections. It is an http.Handler for the endpoint's path,
// usually /socket.io/ or /engine.io/.
type Server struct {
	// Immutable.
	cfg     Config
	origins originList // from cfg.Origins

	backlog backlog

	tasks sync.WaitGroup // reading and draining goroutines, and connections until Receiver.Closed has returned

	mu              sync.Mutex
	stopped         bool                // handshakes are rejected; mu guards this and all following fields
	closed          bool                // no goroutine is started any more
	conns           map[sessionID]*Conn // by session id
	closing         map[*Conn]bool      // closed connections that still write their last packets
	connsPerNetwork map[string]int      // number of conns and closing per client network
	accepted        uint64              // number of connections that were registered
	totals          totals
	httpServers     map[httpServer]bool // those that have received a handshake; true after Shutdown

	abortable map[aborter]struct{}
	abortAll  bool // Close has stopped waiting for clients
}

// NewServer returns a server. It panics if cfg.Accept is nil or cfg.Origins has a
// malformed entry.
func NewServer(cfg Config) *Server {
	if cfg.Accept == nil {
		panic("engineio: Config.Accept is required")
	}
	return &Server{
		cfg: cfg.withDefaults(), origins: parseOrigins(cfg.Origins), conns: make(map[sessionID]*Conn), closing: make(map[*Conn]bool), connsPerNetwork: make(map[string]int),
		abortable: make(map[aborter]struct{}), totals: newTotals(), httpServers: make(map[httpServer]bool),
	}
}

// ServeHTTP handles a handshake, a poll, a post or a WebSocket request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r, err := s.checkOrigin(w, r)
	if err == nil {
		err = s.serve(w, r)
	}
	if err != nil {
		err.write(w)
		s.refuse(r, err)
	}
}

// serve handles a request of an allowed origin. It returns an error that its caller must
// write, or nil.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) *requestError {
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
	case !c.offered.contains(q.transport):
		return errUnknownTransport
	case c.external != nil:
		return c.external.serve(w, r, q)
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
func (s *Server) handshake(w http.ResponseWriter, r *http.Request, q query) *requestError {
	if r.Method != http.MethodGet {
		return errHandshakeMethod
	}
	if q.transport == transportWebSocket && !q.upgrade {
		return errBadRequest
	}
	address := s.cfg.Address(r)
	if err := s.checkCapacity(r, address); err != nil {
		return err
	}
	identity, err := s.cfg.Identify(r)
	if err != nil {
		s.cfg.Log.DebugContext(r.Context(), "handshake refused", "err", err)
		return errForbidden.because(refusedIdentity, err)
	}
	options := s.cfg.ConnOptions(r, identity)
	if !options.Transports.contains(q.transport) {
		return errUnknownTransport
	}
	if q.codec.revision() == 3 && carrier.FromContext(r.Context()) != nil {
		q.codec = codecExternal
	}
	c := newConn(s, q, newHandshake(r, address), identity, &options)
	c.httpServer = s.httpServerOf(r)
	if err := s.add(c); err != nil {
		c.close(ReasonForcedClose)
		return err
	}
	if q.codec == codecExternal {
		return s.openExternal(w, r, q, c)
	}
	if q.transport == transportWebSocket {
		return s.openWebSocket(w, r, c)
	}
	c.start()
	resp := c.encodePoll(s.openPacket(c.sid, c.offered.upgrades()...))
	_ = writePoll(w, r, resp, &s.cfg.Limits, func() {}) // a disconnected client fails its first heartbeat
	return nil
}

// add registers c. It checks stopped under the lock that StopAccepting sets it under, so
// that no connection outlives Close.
func (s *Server) add(c *Conn) *requestError {
	s.mu.Lock()
	defer s.mu.Unlock()
	network := clientNetwork(c.handshake.Address)
	if err := s.capacityErrorLocked(network); err != nil {
		return err
	}
	if s.httpServers[c.httpServer] {
		return errClosing
	}
	s.accepted++
	c.handshake.number = s.accepted
	s.conns[c.sid] = c
	s.connsPerNetwork[network]++
	s.tasks.Add(1)
	return nil
}

// remove unregisters c and reports whether it was registered. The caller then
// calls tasks.Done when Receiver.Closed has returned. With stillWrites, c counts
// against the limits until finishClosing. c.mu is held.
func (s *Server) remove(c *Conn, e end, stillWrites bool) (registered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, registered = s.conns[c.sid]; !registered {
		return false
	}
	delete(s.conns, c.sid)
	if c.heartbeat != nil { // otherwise the handshake has failed
		s.totals.countEnd(e)
	}
	if stillWrites {
		s.closing[c] = true
	} else {
		s.forgetLocked(c)
	}
	return true
}

// finishClosing unregisters a closed connection that has written its last packets.
func (s *Server) finishClosing(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing[c] {
		delete(s.closing, c)
		s.forgetLocked(c)
	}
}

// forgetLocked is called when a connection has written its last packets.
func (s *Server) forgetLocked(c *Conn) {
	s.totals.traffic.add(c.Traffic())
	network := clientNetwork(c.handshake.Address)
	if s.connsPerNetwork[network]--; s.connsPerNetwork[network] <= 0 {
		delete(s.connsPerNetwork, network)
	}
}

func (s *Server) conn(sid sessionID) *Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns[sid]
}

// Limits returns the effective limits, with defaults filled in.
func (s *Server) Limits() Limits { return s.cfg.Limits }

// Len returns the number of open connections.
func (s *Server) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// run starts a goroutine that Close waits for. It returns false if the server
// is closed.
func (s *Server) run(task func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.tasks.Go(task)
	return true
}

// Close rejects new handshakes and ends every connection with ReasonShutdown. It
// waits until their goroutines have ended and Receiver.Closed has returned. If ctx
// is done before, it cuts the connections and returns the cause of ctx. A client that
// does not read its last packets within 200 ms is disconnected. Stock clients
// reconnect by themselves. Close may be called more than once.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	shutDownAll(s.StopAccepting())

	done := make(chan struct{})
	go func() {
		s.tasks.Wait()
		close(done)
	}()
	finalWrites := time.NewTimer(finalWriteTimeout)
	defer finalWrites.Stop()
	for {
		select {
		case <-done:
			return nil
		case <-finalWrites.C:
			s.cut()
		case <-ctx.Done():
			s.cut()
			return context.Cause(ctx)
		}
	}
}
