package socketio

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"gifchat/socketio/engineio"
)

// ErrDisconnected is returned by what needs a socket that is connected.
var ErrDisconnected = errors.New("socketio: socket disconnected")

// Socket is one client in one namespace. All methods may be called from any
// goroutine, in handlers too; only EmitWithAck and WaitQueue wait.
type Socket struct {
	// Immutable.
	namespace *Namespace
	client    *client
	id        SocketID
	handshake Handshake

	// Set before it is registered, then immutable.
	recovered bool
	session   *session // what its client can come back to; nil for nothing
	claim     *claim   // what it comes back to; nil when it is registered

	connected atomic.Bool
	finished  atomic.Bool // the disconnect handlers have been called

	registered bool    // guarded by namespace.members.mu, as is what follows: it is or was in the namespace
	early      early   // the rooms it will be in; empty when it is registered
	places     []place // the rooms it is in, the first of which is the namespace

	mu   sync.Mutex
	data any                    // guarded by mu, as is all that follows
	own  *ownHandlers           // nil until there are any
	acks map[uint64]chan<- Args // who waits for the client's answers; nil until the first
}

// ownHandlers are handlers that concern one socket.
type ownHandlers struct {
	middleware []func(*Event) error
	onEvent    listeners
}

func newSocket(n *Namespace, c *client, auth Value) *Socket {
	return &Socket{
		namespace: n,
		client:    c,
		id:        newSocketID(),
		handshake: Handshake{Handshake: c.conn.Handshake(), Auth: auth, Identity: c.conn.Identity()},
	}
}

// ID returns the public name of the socket.
func (s *Socket) ID() SocketID { return s.id }

// Namespace returns the namespace the socket is in.
func (s *Socket) Namespace() *Namespace { return s.namespace }

// Handshake returns what the client brought when it connected.
func (s *Socket) Handshake() *Handshake { return &s.handshake }

// Connected reports whether the socket can be sent to.
func (s *Socket) Connected() bool { return s.connected.Load() }

// Recovered reports whether the socket goes on where a lost connection of its
// client ended; see Recovery.
func (s *Socket) Recovered() bool { return s.recovered }

// Transport returns "polling" or "websocket": how the client is connected now.
func (s *Socket) Transport() string { return s.client.conn.Transport() }

// SetData keeps something of the application's with the socket.
func (s *Socket) SetData(v any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data = v
}

// Data returns what SetData was given last.
func (s *Socket) Data() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.data
}

// Join puts the socket into rooms; in middleware, as soon as it is connected. A
// room exists while a socket is in it. Joining twice, or after the socket has
// disconnected, does nothing.
func (s *Socket) Join(rooms ...string) { s.namespace.members.join(s, rooms) }

// Leave takes the socket out of rooms; after it has disconnected, those it
// would come back to (see Recovery).
func (s *Socket) Leave(rooms ...string) {
	if there := s.namespace.members.leave(s, rooms); !there && s.namespace.recovery != nil {
		s.namespace.recovery.leaveOne(s, rooms)
	}
}

// Rooms returns the rooms the socket is in, or was in when it disconnected,
// in the order of joining.
func (s *Socket) Rooms() []string { return s.namespace.members.roomsOf(s) }

// To begins a broadcast to everyone in any of the rooms but this socket.
func (s *Socket) To(rooms ...string) Broadcast { return s.Broadcast().To(rooms...) }

// Broadcast begins a broadcast to everyone in the namespace but this socket.
func (s *Socket) Broadcast() Broadcast { return Broadcast{namespace: s.namespace, sender: s} }

// Emit sends an event to the client. It returns an error if an argument cannot
// be encoded, or if the client has gone or does not take what is sent to it.
func (s *Socket) Emit(event string, args ...any) error {
	if s.namespace.recovery != nil {
		return s.publish(s.namespace.To(string(s.id)), event, args)
	}
	p, err := encodeEvent(s.namespace.name, 0, false, event, args)
	if err != nil {
		return err
	}
	if !s.connected.Load() {
		return ErrDisconnected
	}
	return s.client.send(p)
}

// EmitVolatile sends an event if the client can take it now, and otherwise
// drops it.
func (s *Socket) EmitVolatile(event string, args ...any) error {
	if s.namespace.recovery != nil {
		return s.publish(s.namespace.To(string(s.id)).Volatile(), event, args)
	}
	p, err := encodeEvent(s.namespace.name, 0, false, event, args)
	if err != nil {
		return err
	}
	if !s.connected.Load() {
		return ErrDisconnected
	}
	t := translation{text: p}
	_, err = s.client.conn.SendVolatile(t.of(s.client))
	return err
}

// publish emits to the socket what it may have missed when it comes back.
func (s *Socket) publish(to Broadcast, event string, args []any) error {
	if !s.connected.Load() {
		return ErrDisconnected
	}
	if err := s.namespace.recovery.publish(to, event, args); err != nil {
		return err
	}
	if !s.connected.Load() {
		return ErrDisconnected // it may have come, now or when the client is back
	}
	return nil
}

// EmitWithAck sends an event and waits for the client's answer, at most until
// ctx is done; a ctx without an end waits until the client has gone. It may be
// called in a handler, where a client that sends more than Limits.MaxInbox
// packets instead of its answer is heard no more until ctx is done.
func (s *Socket) EmitWithAck(ctx context.Context, event string, args ...any) (Args, error) {
	id := s.namespace.ackIDs.Add(1)
	p, err := encodeEvent(s.namespace.name, id, true, event, args)
	if err != nil {
		return nil, err
	}
	answers := make(chan Args, 1)
	if !s.await(id, answers) {
		return nil, ErrDisconnected
	}
	defer s.forget(id)
	if err := s.client.send(p); err != nil {
		return nil, err
	}
	select {
	case answer, ok := <-answers:
		if !ok {
			return nil, ErrDisconnected
		}
		return answer, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Disconnect takes the client out of the namespace and tells it so. Stock
// clients do not come back by themselves after that. What the client has sent
// meanwhile is dropped. One that has gone cannot come back to this socket.
func (s *Socket) Disconnect() {
	if s.namespace.recovery != nil {
		s.namespace.recovery.dismiss(s)
	}
	if !s.client.kick(s) {
		return
	}
	s.dropAcks() // now, since the worker may be in a handler that waits for one
	if p, err := encodeObject(packetDisconnect, s.namespace.name, nil); err == nil {
		_ = s.client.send(p) // the client may have gone
	}
	s.namespace.members.remove(s)
}

// DisconnectClient takes the client out of all its namespaces, tells it so, and ends
// its connection when everything that is queued has been sent. It is what
// socket.disconnect(true) does in the reference implementation. Stock clients do not
// come back by themselves after that. It does not wait. A client that makes no progress
// for Limits.Engine.StallTimeout is cut.
func (s *Socket) DisconnectClient() { s.client.leave() }

// Queued returns what waits for the client in all its namespaces, in packets and bytes.
func (s *Socket) Queued() (packets, bytes int) { return s.client.conn.Queued() }

// WaitQueue waits until at most so many bytes wait for the client in all its
// namespaces. A program that has more to send than Limits.Engine.MaxQueueBytes sends it
// in parts and waits between them. It returns the cause of ctx's end, or ErrDisconnected
// if the client has gone. It may be called in a handler.
func (s *Socket) WaitQueue(ctx context.Context, bytes int) error {
	err := s.client.conn.WaitQueue(ctx, bytes)
	if errors.Is(err, engineio.ErrClosed) {
		return ErrDisconnected
	}
	return err
}

// CloseConn ends the whole connection as a broken network would: stock clients
// reconnect by themselves.
func (s *Socket) CloseConn() { s.client.conn.Close() }

// finish ends the socket's life; only the first call counts.
func (s *Socket) finish(reason Reason) {
	s.connected.Store(false)
	if !s.finished.CompareAndSwap(false, true) {
		return
	}
	s.dropAcks()
	s.namespace.disconnected(s, reason)
	s.namespace.server.leave(s.namespace)
}

// receive runs the handlers of an event.
func (s *Socket) receive(p decoded) {
	if p.data == nil {
		return // an event without even a name
	}
	s.namespace.dispatch(&Event{Socket: s, Name: p.name, Args: p.args, id: p.id, wantsAck: p.hasID})
}
