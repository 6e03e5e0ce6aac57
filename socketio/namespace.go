package socketio

import (
	"context"
	"sync"
	"sync/atomic"
)

// Namespace is a channel of its own on the connections of clients: it has its
// own sockets, rooms, middleware and handlers. Set those up before clients
// connect; later changes reach the events that come later.
type Namespace struct {
	// Immutable.
	server  *Server
	name    string
	members *members

	ackIDs atomic.Uint64 // the last one used

	mu           sync.RWMutex
	middleware   []func(*Socket) error     // guarded by mu, as is all that follows
	onConnect    []func(*Socket)           // in the order of registration
	onDisconnect []func(*Socket, Reason)   //
	handlers     map[string][]func(*Event) // by event
}

func newNamespace(s *Server, name string) *Namespace {
	return &Namespace{server: s, name: name, members: newMembers(), handlers: make(map[string][]func(*Event))}
}

// Name returns the name with its slash.
func (n *Namespace) Name() string { return n.name }

// Use adds a middleware. All are called in order for each socket that wants to
// connect; the first error refuses it, and the client hears the error's text.
// A *ConnectError chooses text and data.
func (n *Namespace) Use(fn func(*Socket) error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.middleware = append(n.middleware[:len(n.middleware):len(n.middleware)], fn)
}

// OnConnect adds a function that is called for each socket that has connected,
// before the first of its events.
func (n *Namespace) OnConnect(fn func(*Socket)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.onConnect = append(n.onConnect[:len(n.onConnect):len(n.onConnect)], fn)
}

// OnDisconnect adds a function that is called for each socket that has
// disconnected, after the last of its events. The socket has left its rooms;
// Socket.Rooms still tells which they were.
func (n *Namespace) OnDisconnect(fn func(*Socket, Reason)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.onDisconnect = append(n.onDisconnect[:len(n.onDisconnect):len(n.onDisconnect)], fn)
}

// On adds a handler for an event of every socket of the namespace. Events
// nobody handles are ignored.
func (n *Namespace) On(event string, fn func(*Event)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := n.handlers[event]
	n.handlers[event] = append(list[:len(list):len(list)], fn)
}

// On adds a handler for an event whose first argument is a T. An event whose
// argument is not, is not handled: if its sender waits for an acknowledgement,
// it gets {"error": "…"}.
func On[T any](n *Namespace, event string, fn func(*Event, T)) {
	n.On(event, func(e *Event) {
		var arg T
		if err := e.Bind(&arg); err != nil {
			_ = e.Ack(map[string]string{"error": err.Error()}) // the sender may have gone
			return
		}
		fn(e, arg)
	})
}

// Socket returns a connected socket by its id.
func (n *Namespace) Socket(id SocketID) (*Socket, bool) { return n.members.socket(id) }

// Sockets returns the connected sockets, in no order.
func (n *Namespace) Sockets() []*Socket { return n.all().Sockets() }

// Count returns how many sockets are connected.
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

// admit asks the middleware.
func (n *Namespace) admit(s *Socket) error {
	n.mu.RLock()
	middleware := n.middleware
	n.mu.RUnlock()
	for _, fn := range middleware {
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

// connected begins the life of a socket whose client knows it is connected.
func (n *Namespace) connected(s *Socket) {
	n.members.add(s)
	n.mu.RLock()
	onConnect := n.onConnect
	n.mu.RUnlock()
	for _, fn := range onConnect {
		n.server.protect("connect", func() { fn(s) })
	}
}

// disconnected ends it.
func (n *Namespace) disconnected(s *Socket, reason Reason) {
	n.members.remove(s)
	n.mu.RLock()
	onDisconnect := n.onDisconnect
	n.mu.RUnlock()
	for _, fn := range onDisconnect {
		n.server.protect("disconnect", func() { fn(s, reason) })
	}
}

// dispatch runs the handlers of an event: the namespace's, then the socket's.
func (n *Namespace) dispatch(e *Event) {
	n.mu.RLock()
	handlers := n.handlers[e.Name]
	n.mu.RUnlock()
	for _, fn := range handlers {
		n.server.protect(e.Name, func() { fn(e) })
	}
	for _, fn := range e.Socket.listeners(e.Name) {
		n.server.protect(e.Name, func() { fn(e) })
	}
}
