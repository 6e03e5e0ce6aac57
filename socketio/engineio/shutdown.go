package engineio

import (
	"maps"
	"net/http"
	"slices"
	"time"
	"weak"
)

// StopAccepting rejects new handshakes with status 503 from now on. It returns the open
// connections, in no particular order. No other connection can follow.
func (s *Server) StopAccepting() []*Conn {
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
	return s.open()
}

// open returns the open connections.
func (s *Server) open() []*Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.conns))
}

// Receiver returns the result of Config.Accept for the connection.
func (c *Conn) Receiver() Receiver { return c.receiver }

// Shutdown ends the connection with ReasonShutdown, as Server.Close does. A polling
// client has 200 ms to receive the response that is being written and the packets that
// are queued. Further sends fail with ErrClosed.
func (c *Conn) Shutdown() {
	c.mu.Lock()
	if c.closed || !c.receivingPollsLocked() {
		c.mu.Unlock()
		c.close(ReasonShutdown)
		return
	}
	c.closeWhenSent, c.shuttingDown = true, true
	c.out.seal()
	err := c.flushLocked()
	c.mu.Unlock()
	c.afterSend(err)
	c.closeIfSent()
	time.AfterFunc(finalWriteTimeout, func() { c.close(ReasonShutdown) })
}

// receivingPollsLocked reports whether a polling client is being sent packets. A carrier
// that does not wait for more may still have packets for the next poll. c.mu is held.
func (c *Conn) receivingPollsLocked() bool {
	if c.onWebSocketLocked() {
		return false
	}
	return c.writingPoll || !c.out.empty() || c.external != nil && c.poll == nil
}

// run starts a goroutine that Server.Close waits for, also after the start of Close. It
// returns false if the connection has ended.
func (c *Conn) run(task func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.server.tasks.Go(task) // the connection's task is not done yet
	return true
}

// cut ends all connections and all waits for clients.
func (s *Server) cut() {
	for _, c := range s.open() {
		c.close(ReasonShutdown)
	}
	s.abortWaits()
}

// httpServer identifies an http.Server without keeping it in memory.
type httpServer = weak.Pointer[http.Server]

// httpServerOf returns the http.Server that has received r, or the zero value if
// another kind of server has. It registers for the Shutdown of the http.Server once:
// Shutdown waits for all polls, and nothing else would end them.
func (s *Server) httpServerOf(r *http.Request) httpServer {
	receiver, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
	if !ok {
		return httpServer{}
	}
	id := weak.Make(receiver)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.httpServers[id]; known {
		return id
	}
	maps.DeleteFunc(s.httpServers, func(id httpServer, _ bool) bool { return id.Value() == nil })
	s.httpServers[id] = false
	self := weak.Make(s) // an http.Server never forgets the function
	receiver.RegisterOnShutdown(func() {
		if s := self.Value(); s != nil {
			s.httpServerShutsDown(id)
		}
	})
	return id
}

// httpServerShutsDown ends the connections that were opened through an http.Server,
// and rejects new ones.
func (s *Server) httpServerShutsDown(id httpServer) {
	s.mu.Lock()
	s.httpServers[id] = true
	var conns []*Conn
	for _, c := range s.conns {
		if c.httpServer == id {
			conns = append(conns, c)
		}
	}
	s.mu.Unlock()
	s.run(func() { s.cfg.OnShutdown(conns) }) // does nothing if Close has ended them already
}

// shutDownAll is the default of Config.OnShutdown.
func shutDownAll(conns []*Conn) {
	for _, c := range conns {
		c.Shutdown()
	}
}
