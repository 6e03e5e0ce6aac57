package socketio

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// Namespace is a channel that shares the connections of clients with other
// namespaces. It has its own sockets, rooms, middleware and handlers. Add
// middleware and handlers before clients connect: a later change affects only
// later events.
type Namespace struct {
	// Immutable.
	server    *Server
	parent    *ParentNamespace // may be nil
	inherited *handlers        // the parent's, or empty
	name      string
	members   *members
	delivery  delivery

	opening sync.Once
	closing sync.Once
	adapter Adapter // set by open; may be nil

	users int  // guarded by server.mu: sockets, clients that are connecting, and replays
	kept  bool // guarded by server.mu: it stays without users

	ackIDs atomic.Uint64 // the last id that was used

	handlers
}

func newNamespace(s *Server, parent *ParentNamespace, name string) *Namespace {
	n := &Namespace{server: s, parent: parent, name: name, members: newMembers()}
	if parent != nil {
		n.inherited = &parent.handlers
	} else {
		n.inherited = new(handlers)
	}
	n.delivery = newDelivery(n)
	return n
}

// Name returns the name with its leading slash.
func (n *Namespace) Name() string { return n.name }

// Socket returns the connected socket with that id.
func (n *Namespace) Socket(id SocketID) (*Socket, bool) { return n.members.socket(id) }

// Sockets returns the sockets that are connected to this server, in no
// particular order.
func (n *Namespace) Sockets() []*Socket { return n.all().Sockets() }

// Len returns the number of sockets that are connected to this server.
func (n *Namespace) Len() int { return n.members.count() }

// Rooms returns the names of the rooms with a socket that is connected to this
// server, in no particular order.
func (n *Namespace) Rooms() []string { return n.members.names() }

// Broadcast returns a broadcast to all sockets of the namespace.
func (n *Namespace) Broadcast() Broadcast { return n.all() }

func (n *Namespace) all() Broadcast { return Broadcast{namespace: n} }

// To returns a broadcast to the sockets in any of the rooms. The id of a socket is
// a room too, which the socket is always in.
func (n *Namespace) To(rooms ...string) Broadcast { return n.all().To(rooms...) }

// Except returns a broadcast to the sockets in none of the rooms.
func (n *Namespace) Except(rooms ...string) Broadcast { return n.all().Except(rooms...) }

// Local returns a broadcast to the sockets of this process.
func (n *Namespace) Local() Broadcast { return n.all().Local() }

// Volatile returns a broadcast that skips clients that cannot receive the
// event now.
func (n *Namespace) Volatile() Broadcast { return n.all().Volatile() }

// Emit sends an event to every socket of the namespace.
func (n *Namespace) Emit(event string, args ...any) error { return n.all().Emit(event, args...) }

// EmitWithAck sends an event to every socket and collects the
// acknowledgements.
func (n *Namespace) EmitWithAck(ctx context.Context, event string, args ...any) ([]Args, error) {
	return n.all().EmitWithAck(ctx, event, args...)
}

// Join adds every socket of the namespace to rooms.
func (n *Namespace) Join(rooms ...string) { n.all().Join(rooms...) }

// Leave removes every socket of the namespace from rooms.
func (n *Namespace) Leave(rooms ...string) { n.all().Leave(rooms...) }

// Disconnect disconnects every socket of the namespace, as Socket.Disconnect
// does.
func (n *Namespace) Disconnect() { n.all().Disconnect() }

// DisconnectClients disconnects the clients of all sockets of the namespace, as
// Socket.DisconnectClient does.
func (n *Namespace) DisconnectClients() { n.all().DisconnectClients() }

// CloseConns closes the connections of all sockets of the namespace, as
// Socket.CloseConn does.
func (n *Namespace) CloseConns() { n.all().CloseConns() }

// FetchSockets describes every socket of the namespace, on all servers.
func (n *Namespace) FetchSockets(ctx context.Context) ([]SocketInfo, error) {
	return n.all().FetchSockets(ctx)
}

// admit runs the middleware for a socket that connects.
func (n *Namespace) admit(s *Socket) error {
	for _, fn := range slices.Concat(n.inherited.connectMiddleware(), n.connectMiddleware()) {
		var err error
		if !n.server.protect(origin{handler: "middleware", socket: s}, func() { err = fn(s) }) {
			return errInternal
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// connected runs the connect handlers.
func (n *Namespace) connected(s *Socket) {
	for _, fn := range slices.Concat(n.inherited.connectHandlers(), n.connectHandlers()) {
		n.server.protect(origin{handler: "connect", socket: s}, func() { fn(s) })
	}
}

// disconnected removes a socket and runs the disconnect handlers.
func (n *Namespace) disconnected(s *Socket, reason Reason) {
	n.delivery.end(s, reason)
	defer n.delivery.settle(s)
	for _, fn := range slices.Concat(n.inherited.disconnectHandlers(), n.disconnectHandlers()) {
		n.server.protect(origin{handler: "disconnect", socket: s}, func() { fn(s, reason) })
	}
}
