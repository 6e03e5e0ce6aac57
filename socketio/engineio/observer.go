package engineio

import (
	"errors"
	"net/http"
	"runtime/debug"

	"github.com/gobwas/ws"
)

// Observer is a set of functions that see what happens to the connections of a Server. A
// function that is nil is not called. Later versions of this package add functions.
//
// The functions are called while the server holds no lock, so they may call any method
// of the Server and the Conn, except Server.Close, which waits for them. They are called
// from many goroutines at once, and they delay the client concerned, so they must not
// block. A panic is logged and has no other effect.
type Observer struct {
	// ConnOpened is called when a handshake has succeeded, before Receiver.Opened.
	ConnOpened func(c *Conn)

	// ConnClosed is called once for each opened connection when it has ended, after
	// ConnOpened. It runs in a goroutine of its own, because the sender that ends a
	// connection may hold a lock of the program.
	ConnClosed func(c *Conn, reason Reason)

	// SlowClient is called immediately before ConnClosed with ReasonTooSlow.
	SlowClient func(c *Conn, slow SlowClient)

	// Refused is called for each request that was answered with an error.
	Refused func(r *http.Request, refusal Refusal)
}

// ofConns reports whether a function of the Observer sees connections.
func (o *Observer) ofConns() bool {
	return o.ConnOpened != nil || o.ConnClosed != nil || o.SlowClient != nil
}

// SlowClient says why the server has disconnected a client with ReasonTooSlow.
type SlowClient struct {
	Cause SlowCause

	// The queue at that time, see Conn.Queued. A poll response that the client did not
	// read is not in the queue.
	QueuedPackets, QueuedBytes int
}

// SlowCause is the limit that a slow client has exceeded.
type SlowCause string

// The causes.
const (
	SlowQueueFull   SlowCause = "queue full"   // more than Limits.MaxQueueBytes was queued for the client
	SlowNoProgress  SlowCause = "no progress"  // the client received less than Limits.MinRate for Limits.StallTimeout
	SlowBacklogFull SlowCause = "backlog full" // Limits.MaxBacklog was exceeded, and the client's queue was one of the longest
)

// Refusal is an error response to a request.
type Refusal struct {
	Handshake bool   // the request asked for a new connection; otherwise it named a connection
	Address   string // see Config.Address
	Status    int    // of the response
	Code      int    // in the body of the response, except for a malformed WebSocket handshake
	Message   string // in the body of the response, except for a malformed WebSocket handshake
	Reason    string // Message, or a more exact text where several causes have the same message; one of about 15 constants
	Err       error  // the error of Config.Identify or of the WebSocket handshake; otherwise nil
}

// The reasons of refusals whose message has several causes.
const (
	refusedOrigin    = "Forbidden origin"
	refusedIdentity  = "Forbidden identity"
	refusedRate      = "Refused by AllowConnection"
	refusedAddress   = "Too many connections from one address"
	refusedWebSocket = "Malformed WebSocket handshake"
)

// because returns e with the exact reason for Refusal.
func (e *requestError) because(reason string, err error) *requestError {
	exact := *e
	exact.reason, exact.cause = reason, err
	return &exact
}

// refuseWebSocket is refuse for a response that the WebSocket library has written.
func (s *Server) refuseWebSocket(r *http.Request, err error) {
	e := errBadRequest.because(refusedWebSocket, err)
	if rejected := (*ws.ConnectionRejectedError)(nil); errors.As(err, &rejected) {
		e.status = rejected.StatusCode()
	}
	s.refuse(r, e)
}

// refuse counts an error response and notifies the Observer.
func (s *Server) refuse(r *http.Request, e *requestError) {
	sid, _ := queryValue(r.URL.RawQuery, "sid")
	reason := e.reason
	if reason == "" {
		reason = e.Message
	}
	s.mu.Lock()
	if sid == "" {
		s.totals.refusedHandshakes[reason]++
	} else {
		s.totals.refusedRequests[reason]++
	}
	s.mu.Unlock()
	if refused := s.cfg.Observer.Refused; refused != nil {
		refusal := Refusal{
			Handshake: sid == "", Address: s.cfg.Address(r),
			Status: e.status, Code: e.Code, Message: e.Message, Reason: reason, Err: e.cause,
		}
		s.observe(func() { refused(r, refusal) })
	}
}

// observe calls a function of the Observer, and logs its panic: the goroutine may be one
// in which a panic would end the process.
func (s *Server) observe(call func()) {
	defer func() {
		if v := recover(); v != nil {
			s.cfg.Log.Error("panic in an observer", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	call()
}

// observation is how far the Observer has seen a connection.
type observation uint8

const (
	unobserved  observation = iota // not opened, or no function sees connections
	beingOpened                    // ConnOpened runs
	observed                       // ConnOpened has returned
)

// end is the end of a connection.
type end struct {
	reason Reason
	slow   SlowClient // for ReasonTooSlow
}

// observeOpened calls ConnOpened, and ConnClosed if the connection has ended during that
// call. It reports whether the connection is still open. It ends the task that start has
// added, so that Server.Close waits for ConnClosed.
func (c *Conn) observeOpened() (open bool) {
	defer c.server.tasks.Done()
	if opened := c.server.cfg.Observer.ConnOpened; opened != nil {
		c.server.observe(func() { opened(c) })
	}
	c.mu.Lock()
	c.observation = observed
	ended := c.unobservedEnd
	c.unobservedEnd = nil
	c.mu.Unlock()
	if ended != nil {
		c.observeEnd(*ended)
	}
	return ended == nil
}

// startObservingEndLocked calls ConnClosed in its own goroutine, or leaves that to
// observeOpened. mu is held, and the connection's task is not done yet.
func (c *Conn) startObservingEndLocked(e end) {
	switch c.observation {
	case unobserved:
	case beingOpened:
		c.unobservedEnd = &e
	case observed:
		c.server.tasks.Go(func() { c.observeEnd(e) })
	}
}

func (c *Conn) observeEnd(e end) {
	o := &c.server.cfg.Observer
	if e.reason == ReasonTooSlow && o.SlowClient != nil {
		c.server.observe(func() { o.SlowClient(c, e.slow) })
	}
	if o.ConnClosed != nil {
		c.server.observe(func() { o.ConnClosed(c, e.reason) })
	}
}
