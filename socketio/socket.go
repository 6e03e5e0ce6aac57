package socketio

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"gifchat/socketio/engineio"
)

// ErrDisconnected is returned by methods that need a connected socket.
var ErrDisconnected = errors.New("socketio: socket disconnected")

// Socket is one client in one namespace. All methods can be called from any
// goroutine, also in handlers. Only EmitWithAck and WaitQueue wait.
type Socket struct {
	// Immutable.
	namespace *Namespace
	client    *client
	id        SocketID
	handshake Handshake

	// Set before the socket is registered, then immutable.
	recovered bool
	session   *session // belongs to the namespace's delivery; may be nil

	state    atomic.Int32
	finished atomic.Bool // the disconnect handlers have been called

	registered   bool         // guarded by namespace.members.mu, as are the next fields: is or was in the namespace
	pendingRooms []string     // the rooms to join when it is registered
	memberships  []membership // the rooms it is in; the first is the namespace

	mu    sync.Mutex
	data  any                  // guarded by mu, as are the next fields
	own   *socketHandlers      // nil until the first handler is added
	acks  map[uint64]ackWaiter // by the id of the event; nil until the first
	waits *socketContext       // nil until Context is called or the context ends
}

// The states of a socket.
const (
	socketClosed = iota // not connected yet, or disconnected
	socketLive          // connected
	socketBehind        // connected, but its delivery has to send it earlier events first
)

func newSocket(n *Namespace, c *client, auth Value) *Socket {
	return &Socket{
		namespace: n,
		client:    c,
		id:        newSocketID(),
		handshake: Handshake{Handshake: c.conn.Handshake(), Auth: auth, Identity: c.conn.Identity()},
	}
}

// ID returns the public id of the socket.
func (s *Socket) ID() SocketID { return s.id }

// Namespace returns the namespace of the socket.
func (s *Socket) Namespace() *Namespace { return s.namespace }

// Handshake returns the data that the client connected with.
func (s *Socket) Handshake() *Handshake { return &s.handshake }

// Connected reports whether events can be sent to the socket.
func (s *Socket) Connected() bool { return s.state.Load() != socketClosed }

// Transport returns the current transport of the client: "polling" or
// "websocket".
func (s *Socket) Transport() string { return s.client.conn.Transport() }

// SetData stores a value of the application with the socket. See also the
// function Data.
func (s *Socket) SetData(v any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data = v
}

// Data returns the value that SetData stored last.
func (s *Socket) Data() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.data
}

// Data returns the value that Socket.SetData stored last, if it is a T:
//
//	user, ok := socketio.Data[*User](s)
func Data[T any](s *Socket) (T, bool) {
	data, ok := s.Data().(T)
	return data, ok
}

// Join adds the socket to rooms. Do not pass a name from a client unchanged: rooms
// that the program uses for itself, such as "user:ann", and the ids of sockets are
// rooms too. Add a prefix, such as "room:". In middleware it takes effect when the socket
// is connected. A room exists while a socket is in it. Joining a room twice,
// or after the socket has disconnected, does nothing.
func (s *Socket) Join(rooms ...string) {
	delivery := s.namespace.delivery
	delivery.lock()
	defer delivery.unlock()
	if !s.namespace.members.join(s, rooms) {
		return
	}
	for _, room := range rooms {
		delivery.joined(s, room)
	}
}

// Leave removes the socket from rooms. After the socket has disconnected, it
// removes the rooms that its client would resume; see Recovery.
func (s *Socket) Leave(rooms ...string) {
	delivery := s.namespace.delivery
	delivery.lock()
	defer delivery.unlock()
	s.namespace.members.leave(s, rooms)
	for _, room := range rooms {
		delivery.left(s, room)
	}
}

// Rooms returns the rooms that the socket is in, or was in when it disconnected,
// in the order of joining, without the room of its id.
func (s *Socket) Rooms() []string { return s.namespace.members.roomsOf(s) }

// InRoom reports whether Rooms contains a room.
func (s *Socket) InRoom(room string) bool { return s.namespace.members.in(s, room) }

// To returns a broadcast to the sockets in any of the rooms, except this
// socket.
func (s *Socket) To(rooms ...string) Broadcast { return s.Broadcast().To(rooms...) }

// Broadcast returns a broadcast to all sockets of the namespace, except this
// socket.
func (s *Socket) Broadcast() Broadcast { return Broadcast{namespace: s.namespace, sender: s} }

// Emit sends an event to the client. It returns an error if an argument cannot
// be encoded, if the socket has disconnected, or if too much is queued for the
// client.
func (s *Socket) Emit(event string, args ...any) error {
	return s.emit(false, event, args)
}

// Volatile returns an emitter to the client for events that are dropped if the
// client cannot receive them now.
func (s *Socket) Volatile() VolatileEmitter { return VolatileEmitter{s} }

// VolatileEmitter emits events to a client that may be dropped. See
// Socket.Volatile.
type VolatileEmitter struct{ socket *Socket }

// Emit sends an event if the client can receive it now, and drops it otherwise.
// The error is that of Socket.Emit; a dropped event is not an error.
func (v VolatileEmitter) Emit(event string, args ...any) error {
	return v.socket.emit(true, event, args)
}

func (s *Socket) emit(volatile bool, event string, args []any) error {
	delivery := s.namespace.delivery
	e, err := draftEvent(packet{namespace: s.namespace.name}, event, args, delivery.eventEnd())
	if err != nil {
		return err
	}
	defer putEncoder(e)
	return delivery.emitTo(s, volatile, e)
}

// send sends a packet after the events that were emitted before it.
func (s *Socket) send(p *engineio.Prepared) error {
	if s.held(p) {
		return nil
	}
	return s.client.send(p)
}

// held reports whether the delivery sends the packet later, because the socket
// is behind.
func (s *Socket) held(p *engineio.Prepared) bool {
	return s.state.Load() == socketBehind && s.namespace.delivery.hold(s, p)
}

// Disconnect removes the socket from the namespace and sends its client a
// DISCONNECT packet. Stock clients do not reconnect by themselves after that.
// Packets from the client that have not been handled yet are dropped.
//
// If the client has lost this socket and could resume it, it is sent nothing,
// and no handler runs: the session ends, Recovery.Expired is called, and the
// client gets a new socket when it connects again. If it is just resuming the
// socket, it gets a connect_error; see Recovery.
func (s *Socket) Disconnect() {
	s.namespace.delivery.dismiss(s)
	if !s.client.kick(s) {
		return
	}
	s.endWaits(ReasonServerDisconnect) // at once, because a handler on the client's worker may wait
	if p, err := encodeObject(packetDisconnect, s.namespace.name, nil); err == nil && !s.namespace.delivery.hold(s, p) {
		_ = s.client.send(p) // fails only if the connection has ended
	}
	s.namespace.members.remove(s)
}

// DisconnectClient disconnects all sockets of the client and closes its
// connection when everything that is queued has been sent, like
// socket.disconnect(true) in the reference implementation. Stock clients do
// not reconnect by themselves after that. DisconnectClient does not wait. A
// client that makes no progress for Limits.Engine.StallTimeout is cut.
func (s *Socket) DisconnectClient() { s.client.leave() }

// Queued returns how many packets and bytes are queued for the client in all
// its namespaces.
func (s *Socket) Queued() (packets, bytes int) { return s.client.conn.Queued() }

// WaitQueue waits until at most the given number of bytes is queued for the
// client in all its namespaces. A program that has more to send than
// Limits.Engine.MaxQueueBytes sends it in parts and calls WaitQueue between
// them. It returns the cause of ctx's end, or ErrDisconnected if the connection
// has ended. It can be called in a handler.
func (s *Socket) WaitQueue(ctx context.Context, bytes int) error {
	err := s.client.conn.WaitQueue(ctx, bytes)
	if errors.Is(err, engineio.ErrClosed) {
		return ErrDisconnected
	}
	return err
}

// CloseConn closes the whole connection like a network failure: stock clients
// reconnect by themselves.
func (s *Socket) CloseConn() { s.client.conn.Close() }

// finish disconnects the socket and calls the disconnect handlers. Only the
// first call has an effect.
func (s *Socket) finish(reason Reason) {
	s.state.Store(socketClosed)
	if !s.finished.CompareAndSwap(false, true) {
		return
	}
	s.endWaits(reason)
	s.namespace.disconnected(s, reason)
	if server := s.namespace.server; server.cfg.Observer != nil {
		server.notify(SocketDisconnected{Conn: s.client.conn.Number(), Namespace: s.namespace.name, Socket: s.id, Reason: reason})
	}
	s.namespace.server.leave(s.namespace)
}

// receive runs the handlers of an event packet. A packet without an event name
// is ignored.
func (s *Socket) receive(p decoded) {
	if p.data == nil {
		return
	}
	e := &Event{Socket: s, Name: p.name, Args: p.args, id: p.id, wantsAck: p.hasID}
	if !s.namespace.server.cfg.ObserveEvents {
		s.namespace.dispatch(e)
		return
	}
	start := time.Now()
	s.namespace.dispatch(e)
	s.namespace.server.notify(EventHandled{
		Conn: s.client.conn.Number(), Namespace: s.namespace.name, Socket: s.id, Event: e.Name,
		Duration: time.Since(start), Known: e.known, Err: e.failure(), Refused: e.state.Load()&eventRefused != 0, Panicked: e.panicked,
	})
}
