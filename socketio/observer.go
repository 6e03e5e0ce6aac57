package socketio

import (
	"net/http"
	"runtime/debug"
	"time"

	"gifchat/socketio/engineio"
)

// Observer sees what the server does: connections, refusals, sockets, events,
// recoveries and panics. A program uses it for logs and metrics; Server.Stats
// has counters and the state of the queues.
//
// Observe is called from many goroutines at once, usually by the goroutine that
// serves the client concerned, while the server holds no lock. So Observe may
// call methods of the Server and its sockets, except Close, which waits for it.
// It must not block. A panic in Observe is logged and has no other effect.
//
// An implementation selects the observations that it needs, and ignores types
// that it does not know. Later versions of this package add types and fields:
//
//	func (m *monitor) Observe(o socketio.Observation) {
//		switch o := o.(type) {
//		case socketio.ConnClosed:
//			m.closed(o.Reason, o.Duration)
//		case socketio.HandlerPanicked:
//			m.alert(o.Handler, o.Value, o.Stack)
//		}
//	}
//
// No observation contains the secret sid of a connection, a cookie, the query of
// a request or the arguments of an event, so that it can be logged as a whole.
// The fields Err and Value come from the program.
type Observer interface {
	Observe(o Observation)
}

// Observation is one of the types ConnOpened, ConnClosed, SlowClient,
// HandshakeRefused, RequestRefused, SocketConnected, SocketDisconnected,
// ConnectRefused, Recovered, RecoveryRefused, EventHandled and HandlerPanicked.
type Observation interface {
	observation()
}

// ConnOpened reports that a handshake has succeeded. It is the first observation
// of its connection.
type ConnOpened struct {
	Conn      uint64 // the number of the connection, counted from 1; not a secret
	Address   string // see Config.ClientAddress
	Transport string // "polling" or "websocket"
	Revision  int    // of Engine.IO: 4, or 3 for clients of Socket.IO 1.x and 2.x
}

// ConnClosed reports the end of a connection, once for each ConnOpened. It comes
// from its own goroutine, so the last events of the connection and the disconnect
// handlers may be observed later. Server.Close waits for all of them.
type ConnClosed struct {
	Conn      uint64
	Address   string
	Transport string // the last one
	Reason    Reason
	Duration  time.Duration    // since the handshake
	Traffic   engineio.Traffic // without packets that are still being written
}

// SlowClient reports that the server has closed the connection of a client that
// receives too slowly: its queue was full, or it made no progress, or the queues
// of all clients together were too long. It comes immediately before the
// ConnClosed with ReasonTooSlow. See Limits.Engine.
type SlowClient struct {
	Conn          uint64
	Address       string
	Transport     string
	Cause         engineio.SlowCause // which limit was exceeded
	QueuedPackets int                // that the client did not receive
	QueuedBytes   int                // that the client did not receive
}

// HandshakeRefused reports that a request for a new connection was answered with
// an error.
type HandshakeRefused struct {
	Address string
	Method  string
	Path    string // without the query
	Origin  string // the Origin header; "" outside browsers
	Status  int    // of the response
	Code    int    // for the client; see the Engine.IO protocol
	Message string // for the client
	Cause   string // Message, or a more exact constant phrase, such as "Forbidden origin"
	Err     error  // the error of Config.Identify or of a malformed WebSocket handshake; otherwise nil
}

// RequestRefused is HandshakeRefused for a request that names a connection. Many
// with the message "Session ID unknown" mean that clients polled a server that
// had restarted, or that a load balancer sends one client to several servers.
type RequestRefused HandshakeRefused

// SocketConnected reports that a client has connected to a namespace. It comes
// before the connect handlers.
type SocketConnected struct {
	Conn      uint64
	Namespace string
	Socket    SocketID
	Recovered bool
}

// SocketDisconnected reports the end of a socket, once for each SocketConnected,
// after the disconnect handlers.
type SocketDisconnected struct {
	Conn      uint64
	Namespace string
	Socket    SocketID
	Reason    Reason
}

// ConnectRefused reports that a client could not connect to a namespace: a
// middleware refused it, the namespace does not exist, or a limit was exceeded.
type ConnectRefused struct {
	Conn      uint64
	Namespace string // chosen by the client, within Limits.MaxNamespaceName
	Message   string // for the client
}

// Recovered reports that a client has resumed its session and that all events
// that it missed are in its queue. It comes before SocketConnected, or, if there are
// many of them, some time after.
type Recovered struct {
	Conn      uint64
	Namespace string
	Socket    SocketID
	Missed    int // number of events
}

// RecoveryRefused reports that a client could not resume its session. It gets a
// new socket, or, with FailureEventsEvicted during a long replay, its
// connection is closed and the next one gets a new socket.
type RecoveryRefused struct {
	Conn      uint64
	Namespace string
	Failure   RecoveryFailure
}

// EventHandled reports that the middleware and handlers of an event have returned,
// if Config.ObserveEvents is set. A client chooses the name of an event, so a metric
// by name should count all events whose Known is false under one name.
type EventHandled struct {
	Conn      uint64
	Namespace string
	Socket    SocketID
	Event     string
	Duration  time.Duration
	Known     bool  // a handler for this name exists
	Refused   bool  // by middleware or a handler; an event that is refused later does not count
	Err       error // of middleware, Handle or On; nil if the event was not refused, or with Event.Refuse
	Panicked  bool  // middleware or a handler panicked; HandlerPanicked has the details
}

// HandlerPanicked reports a panic in a function of the program that the server
// has called. Handler is "event" for a handler of an event, "event middleware",
// "middleware", "connect", "disconnect", "acknowledgement", or the name of another
// function.
type HandlerPanicked struct {
	Handler   string
	Event     string   // chosen by the client; "" outside of events
	Conn      uint64   // 0 if the function is not called for a socket, as are the next fields
	Namespace string   // "" then
	Socket    SocketID // "" then
	Value     any      // of the panic
	Stack     string
}

func (ConnOpened) observation()         {}
func (ConnClosed) observation()         {}
func (SlowClient) observation()         {}
func (HandshakeRefused) observation()   {}
func (RequestRefused) observation()     {}
func (SocketConnected) observation()    {}
func (SocketDisconnected) observation() {}
func (ConnectRefused) observation()     {}
func (Recovered) observation()          {}
func (RecoveryRefused) observation()    {}
func (EventHandled) observation()       {}
func (HandlerPanicked) observation()    {}

// observe counts an observation and passes it to the program's Observer.
func (s *Server) observe(o Observation) {
	s.counts.add(o)
	s.notify(o)
}

// notify passes an observation to the program's Observer. It is for observations
// that Stats does not count.
func (s *Server) notify(o Observation) {
	if s.cfg.Observer == nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			s.cfg.Log.Error("panic in the observer", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	s.cfg.Observer.Observe(o)
}

// observerOf returns the observer for the engine. It has no functions if the program has
// no Observer. The functions turn what they see into observations of this package.
func observerOf(s *Server) engineio.Observer {
	if s.cfg.Observer == nil {
		return engineio.Observer{}
	}
	return engineio.Observer{ConnOpened: s.connOpened, ConnClosed: s.connClosed, SlowClient: s.slowClient, Refused: s.requestRefused}
}

func (s *Server) connOpened(c *engineio.Conn) {
	s.notify(ConnOpened{
		Conn: c.Number(), Address: c.Handshake().Address, Transport: c.Transport(), Revision: c.Revision(),
	})
}

func (s *Server) connClosed(c *engineio.Conn, reason engineio.Reason) {
	s.notify(ConnClosed{
		Conn: c.Number(), Address: c.Handshake().Address, Transport: c.Transport(), Reason: Reason(reason),
		Duration: time.Since(c.Handshake().Time), Traffic: c.Traffic(),
	})
}

func (s *Server) slowClient(c *engineio.Conn, slow engineio.SlowClient) {
	s.notify(SlowClient{
		Conn: c.Number(), Address: c.Handshake().Address, Transport: c.Transport(),
		Cause: slow.Cause, QueuedPackets: slow.QueuedPackets, QueuedBytes: slow.QueuedBytes,
	})
}

func (s *Server) requestRefused(r *http.Request, e engineio.Refusal) {
	refused := HandshakeRefused{
		Address: e.Address, Method: r.Method, Path: r.URL.Path, Origin: r.Header.Get("Origin"),
		Status: e.Status, Code: e.Code, Message: e.Message, Cause: e.Reason, Err: e.Err,
	}
	if e.Handshake {
		s.notify(refused)
	} else {
		s.notify(RequestRefused(refused))
	}
}
