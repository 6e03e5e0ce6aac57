package socketio

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// Namespace is a channel of its own on the connections of clients: it has its
// own sockets, rooms, middleware and handlers. Set those up before clients
// connect; later changes reach the events that come later.
type Namespace struct {
	// Immutable.
	server    *Server
	parent    *ParentNamespace // nil for none
	inherited *handlers        // the parent's; empty if there is none
	name      string
	members   *members
	recovery  *recovery // nil for none

	opening sync.Once
	closing sync.Once
	adapter Adapter // set by open; nil for none

	users int  // guarded by server.mu: sockets, and those that want to become one
	kept  bool // guarded by server.mu: it stays without users

	ackIDs atomic.Uint64 // the last one used

	handlers
}

func newNamespace(s *Server, parent *ParentNamespace, name string) *Namespace {
	n := &Namespace{server: s, parent: parent, name: name, members: newMembers()}
	if parent != nil {
		n.inherited = &parent.handlers
	} else {
		n.inherited = new(handlers)
	}
	if s.cfg.Recovery != nil {
		if cfg := s.cfg.Recovery(name); cfg.MaxAbsence > 0 {
			n.recovery = newRecovery(n, cfg)
		}
	}
	return n
}

// Name returns the name with its slash.
func (n *Namespace) Name() string { return n.name }

// Socket returns a connected socket by its id.
func (n *Namespace) Socket(id SocketID) (*Socket, bool) { return n.members.socket(id) }

// Sockets returns the sockets connected to this server, in no order.
func (n *Namespace) Sockets() []*Socket { return n.all().Sockets() }

// Count returns how many sockets are connected to this server.
func (n *Namespace) Count() int { return n.members.count() }

func (n *Namespace) all() Broadcast { return Broadcast{namespace: n} }

// To begins a broadcast to the sockets in any of the rooms. The id of a socket
// is a room with that socket in it.
func (n *Namespace) To(rooms ...string) Broadcast { return n.all().To(rooms...) }

// Except begins a broadcast to the sockets in none of the rooms.
func (n *Namespace) Except(rooms ...string) Broadcast { return n.all().Except(rooms...) }

// Local begins a broadcast that does not leave this process.
func (n *Namespace) Local() Broadcast { return n.all().Local() }

// Volatile begins a broadcast that leaves out clients who cannot take it now.
func (n *Namespace) Volatile() Broadcast { return n.all().Volatile() }

// Emit sends an event to every socket of the namespace.
func (n *Namespace) Emit(event string, args ...any) error { return n.all().Emit(event, args...) }

// EmitWithAck sends an event to every socket and collects their answers.
func (n *Namespace) EmitWithAck(ctx context.Context, event string, args ...any) ([]Args, error) {
	return n.all().EmitWithAck(ctx, event, args...)
}

// Join puts every socket of the namespace into rooms.
func (n *Namespace) Join(rooms ...string) { n.all().Join(rooms...) }

// Leave takes every socket of the namespace out of rooms.
func (n *Namespace) Leave(rooms ...string) { n.all().Leave(rooms...) }

// Disconnect takes every socket out of the namespace, as Socket.Disconnect
// does.
func (n *Namespace) Disconnect() { n.all().Disconnect() }

// CloseConns ends the whole connections of every socket of the namespace, as
// Socket.CloseConn does.
func (n *Namespace) CloseConns() { n.all().CloseConns() }

// FetchSockets describes every socket of the namespace, whichever server it is
// on.
func (n *Namespace) FetchSockets(ctx context.Context) ([]SocketInfo, error) {
	return n.all().FetchSockets(ctx)
}

// admit asks the middleware.
func (n *Namespace) admit(s *Socket) error {
	for _, fn := range slices.Concat(n.inherited.forConnecting(), n.forConnecting()) {
		var err error
		if !n.server.protect("middleware", func() { err = fn(s) }) {
			return errInternal
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// begin registers a socket and tells its client that it is connected. An error
// is as of recovery.begin.
func (n *Namespace) begin(s *Socket) error {
	if n.recovery != nil {
		return n.recovery.begin(s)
	}
	s.client.queue(connectAnswer{SID: s.id}.encode(s)) // if the client has gone, the socket's end is on its way
	n.members.add(s)                                   // what is emitted from now on comes behind the answer
	s.client.conn.Flush()
	return nil
}

// connected tells the handlers of a new socket.
func (n *Namespace) connected(s *Socket) {
	for _, fn := range slices.Concat(n.inherited.forConnect(), n.forConnect()) {
		n.server.protect("connect", func() { fn(s) })
	}
}

// disconnected ends a socket and tells the handlers.
func (n *Namespace) disconnected(s *Socket, reason Reason) {
	if n.recovery != nil {
		n.recovery.end(s, reason)
		defer n.recovery.settle(s)
	} else {
		n.members.remove(s)
	}
	for _, fn := range slices.Concat(n.inherited.forDisconnect(), n.forDisconnect()) {
		n.server.protect("disconnect", func() { fn(s, reason) })
	}
}

// dispatch runs the handlers of an event that the socket's middleware lets
// pass: those for any event, then those for this one; the parent's before the
// namespace's before the socket's.
func (n *Namespace) dispatch(e *Event) {
	if err := e.Socket.admit(e); err != nil {
		e.refuse(err)
		return
	}
	parentAll, parentNamed := n.inherited.forEvent(e.Name)
	ofAll, ofNamed := n.forEvent(e.Name)
	ownAll, ownNamed := e.Socket.forEvent(e.Name)
	for _, list := range [...][]func(*Event){parentAll, ofAll, ownAll, parentNamed, ofNamed, ownNamed} {
		for _, fn := range list {
			n.server.protect(e.Name, func() { fn(e) })
		}
	}
}
