package socketio

import "context"

// Target says which sockets of a namespace are meant: those in any of the
// rooms, or all if there is none, minus those in the exceptions. The id of a
// socket is a room with that socket in it.
type Target struct {
	Rooms    []string
	Except   []string
	Volatile bool // leave out clients that cannot take the event now
}

// Adapter connects a namespace with those of the same name on other servers.
// The namespace knows its own sockets and serves them itself; an adapter does
// the same to the sockets elsewhere. A Config without one makes a server that
// is alone.
//
// An implementation promises:
//
//  1. What it is asked for happens on every other server once, and not on this
//     one. There it is done to Target.In of the namespace, which is local, so
//     that nothing goes round in circles.
//  2. Methods without a context do not wait for the network. What they cannot
//     do is the adapter's to log.
//  3. What one goroutine asks for happens on each other server in that order.
//  4. Methods with a context return when every other server has answered, or
//     when ctx is done: then with what has come, and an error. Servers that
//     have closed are not waited for.
//  5. Events keep their arguments, with binary parts: what arrives at a client
//     is what the sender's own clients get.
//  6. All methods may be called from any goroutine, and during Close, which
//     may be called once. After it nothing reaches the namespace any more, the
//     methods do nothing, and those with a context return an error.
//
// Package adaptertest holds an implementation to them.
type Adapter interface {
	// Emit sends an event to the target's sockets.
	Emit(to Target, event string, args Args)

	// EmitWithAck sends an event and collects the clients' answers, in no order.
	// The error tells that some are missing.
	EmitWithAck(ctx context.Context, to Target, event string, args Args) ([]Args, error)

	// Join puts the target's sockets into rooms, Leave takes them out.
	Join(to Target, rooms []string)
	Leave(to Target, rooms []string)

	// Disconnect takes the target's sockets out of the namespace, CloseConns
	// ends their connections.
	Disconnect(to Target)
	CloseConns(to Target)

	// Sockets describes the target's sockets, in no order.
	Sockets(ctx context.Context, to Target) ([]SocketInfo, error)

	// ServerSideEmit calls Namespace.ReceiveServerSide elsewhere.
	ServerSideEmit(event string, args Args)

	// ServerSideEmitWithAck does so and collects one answer of each server.
	ServerSideEmitWithAck(ctx context.Context, event string, args Args) ([]Value, error)

	// Close gives up what the adapter holds: the namespace goes.
	Close() error
}

// open makes the adapter, once; whoever gets to know a namespace has it opened
// first. It is not done while the namespace is made, because a lock is held
// there.
func (n *Namespace) open() *Namespace {
	n.opening.Do(func() {
		if adapt := n.server.cfg.Adapter; adapt != nil {
			n.adapter = adapt(n)
		}
	})
	return n
}

// close gives the adapter up, and what is kept for recovery, once.
func (n *Namespace) close() {
	n.open() // so that there is none to come
	n.closing.Do(func() {
		if n.recovery != nil {
			n.recovery.close()
		}
		if n.adapter == nil {
			return
		}
		if err := n.adapter.Close(); err != nil {
			n.server.cfg.Log.Warn("adapter not closed cleanly", "namespace", n.name, "err", err)
		}
	})
}

// closeAdapters gives all adapters up.
func (s *Server) closeAdapters() {
	s.mu.RLock()
	var all []*Namespace
	for _, n := range s.namespaces {
		all = append(all, n)
	}
	s.mu.RUnlock()
	for _, n := range all {
		n.close()
	}
}
