package socketio

import (
	"context"
	"maps"
	"slices"
)

// Target selects sockets of a namespace: those in any of the rooms, or all
// without rooms, minus the exceptions. The id of a socket is a room too, which the
// socket is always in.
type Target struct {
	Rooms    []string
	Except   []string
	Volatile bool   // skip clients that cannot receive the event now
	Key      string // of the event, see Broadcast.Key; an adapter may lose it
}

// Adapter is not stable yet: its methods can change with any version until a
// cluster of real servers has shaped it.
//
// An adapter connects a namespace with the namespaces of the same name on other
// servers. The namespace serves its own sockets; the adapter performs the same
// operation for the sockets of the other servers. Without an adapter a server
// works alone.
//
// An implementation guarantees:
//
//  1. An operation is performed once on every other server and not on this
//     server. The other servers apply it to Target.In of their namespace, which
//     is local, so that it is not sent on again.
//  2. Methods without a context do not wait for the network. The adapter logs
//     their failures.
//  3. Operations of one goroutine are performed in that order on each server.
//  4. Methods with a context return when every other server has answered or
//     ctx is done; then they return the answers that came and an error. They do
//     not wait for servers that have closed.
//  5. Events keep their arguments with binary parts: clients of other servers
//     get the same packets as the sender's own clients.
//  6. All methods can be called from any goroutine, also during Close, which is
//     called once. Afterwards nothing reaches the namespace, methods without a
//     context do nothing, and methods with a context return an error.
//
// Package adaptertest tests an implementation for these guarantees.
type Adapter interface {
	// Emit sends an event to the target's sockets.
	Emit(to Target, event string, args Args)

	// EmitWithAck sends an event and returns the clients' acknowledgements, in no
	// particular order, and an error if some are missing.
	EmitWithAck(ctx context.Context, to Target, event string, args Args) ([]Args, error)

	// Join adds the target's sockets to rooms, Leave removes them.
	Join(to Target, rooms []string)
	Leave(to Target, rooms []string)

	// Disconnect disconnects the target's sockets from the namespace,
	// DisconnectClients disconnects their clients, and CloseConns closes their
	// connections.
	Disconnect(to Target)
	DisconnectClients(to Target)
	CloseConns(to Target)

	// Sockets describes the target's sockets, in no particular order.
	Sockets(ctx context.Context, to Target) ([]SocketInfo, error)

	// ServerSideEmit calls Namespace.ReceiveServerSide on the other servers.
	ServerSideEmit(event string, args Args)

	// ServerSideEmitWithAck does the same and returns one answer of each server.
	ServerSideEmitWithAck(ctx context.Context, event string, args Args) ([]Value, error)

	// Close releases the adapter's resources when the namespace is removed.
	Close() error
}

// open creates the adapter, once. It is called before a namespace is returned
// to the application or used by a client, and not by newNamespace, whose
// callers hold a lock.
func (n *Namespace) open() *Namespace {
	n.opening.Do(func() {
		if adapt := n.server.cfg.Adapter; adapt != nil {
			n.adapter = adapt(n)
		}
	})
	return n
}

// close closes the delivery and then the adapter. It does not wait for the delivery,
// because a client that goes on calls it.
func (n *Namespace) close() {
	done := n.delivery.close()
	if done == nil {
		n.closeAdapter()
		return
	}
	n.server.workers.tasks.Go(func() {
		<-done
		n.closeAdapter()
	})
}

// closeAdapter closes the adapter, once.
func (n *Namespace) closeAdapter() {
	n.open() // a later call creates no adapter
	n.closing.Do(func() {
		if n.adapter == nil {
			return
		}
		if err := n.adapter.Close(); err != nil {
			n.server.cfg.Log.Warn("adapter not closed cleanly", "namespace", n.name, "err", err)
		}
	})
}

// closeAdapters closes the adapters of all namespaces.
func (s *Server) closeAdapters() {
	for _, n := range s.allNamespaces() {
		n.closeAdapter()
	}
}

func (s *Server) allNamespaces() []*Namespace {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Collect(maps.Values(s.namespaces))
}
