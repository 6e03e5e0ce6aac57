package socketio

import (
	"container/list"
	"reflect"
	"sync"
	"time"

	"gifchat/socketio/engineio"
)

// Recovery lets a client that loses its connection for a while go on where it
// was: with the same socket id, rooms and data, and with the events it has
// missed before anything else. Stock clients since 4.6 do their part by
// themselves, and then have socket.recovered set. The zero value is no
// recovery.
//
// What a client is promised:
//
//  1. A recovery is whole or does not take place: then the client gets a new
//     socket, and Socket.Recovered is false.
//  2. Missed are the events that were emitted to the namespace, to a room the
//     socket was in at that time, or to the socket itself, but for volatile
//     ones and those that want an answer. Each comes once, in their order.
//  3. It is authorised anew: middleware runs as for any other socket. It sees
//     Socket.Recovered and Socket.Rooms, and may refuse the socket or take it
//     out of rooms with Socket.Leave, whose missed events do not come then. A
//     client that is somebody else by now, as SameIdentity tells, is not
//     recovered.
//  4. Who may come back are clients that lost their connection, or were cut off
//     by a full queue, a ping timeout or Socket.CloseConn; but not those that
//     disconnected by themselves, broke the protocol, sent more than a limit
//     allows, or were sent away by Socket.Disconnect or Broadcast.Disconnect, be
//     it while they were gone, or while middleware was looking at them: those
//     get a connect_error.
//  5. Disconnect handlers have returned before middleware sees the socket again.
//
// What it costs: clients get one more argument with every event that wants no
// answer, its offset, a string of 14 characters; the events of the namespace
// are queued one at a time; and those of the last MaxAbsence stay in memory.
// A namespace made by OfFunc forgets all when its last socket goes.
type Recovery struct {
	MaxAbsence  time.Duration // how long a client may be gone; 0 is no recovery
	MaxSessions int           // of clients that are gone; who went first is forgotten first; default 10,000
	MaxEvents   int           // kept for them; older ones are forgotten; default 10,000
	MaxBytes    int           // of those events; default 16 MiB

	// SameIdentity compares what Config.Identify returned for the lost
	// connection and for the new one. Default: reflect.DeepEqual.
	SameIdentity func(before, now any) bool
}

func (r Recovery) withDefaults() Recovery {
	if r.MaxSessions == 0 {
		r.MaxSessions = 10_000
	}
	if r.MaxEvents == 0 {
		r.MaxEvents = 10_000
	}
	if r.MaxBytes == 0 {
		r.MaxBytes = 16 << 20
	}
	if r.SameIdentity == nil {
		r.SameIdentity = reflect.DeepEqual
	}
	return r
}

// recovery is what a namespace remembers for clients that come back.
type recovery struct {
	// Immutable.
	cfg       Recovery
	namespace *Namespace
	offsets   offsets

	// mu is held while an event is numbered and queued on connections, so that
	// numbers only grow on each of them: an offset says that all before it has
	// come. Nothing under it waits for a client.
	mu       sync.Mutex
	log      eventLog
	sessions map[string]*session // by pid
	gone     list.List           // the sessions that can be used, who went first in front
	// Sockets that have claimed a session and are not registered yet; true when
	// they were sent away meanwhile.
	returning map[*Socket]bool
	sweeper   *time.Timer // runs while there is something to forget; nil otherwise
	closed    bool
}

func newRecovery(n *Namespace, cfg Recovery) *recovery {
	return &recovery{
		cfg:       cfg.withDefaults(),
		namespace: n,
		offsets:   newOffsets(),
		sessions:  make(map[string]*session),
		returning: make(map[*Socket]bool),
	}
}

// publish numbers an event, keeps it, and sends it to the broadcast's sockets.
func (r *recovery) publish(b Broadcast, event string, args []any) error {
	draft, err := draftEvent(packet{namespace: r.namespace.name}, event, args, r.offsets.blank())
	if err != nil {
		return err
	}
	defer putEncoder(draft)
	conns := flushLists.Get().(*[]*engineio.Conn)
	r.mu.Lock()
	targets, number := r.namespace.members.number(b.rooms, b.except, !b.volatile)
	writeOffset(draft.text.Bytes(), number)
	p := draft.prepare()
	if !b.volatile {
		to := b.target()
		r.log.add(entry{number: number, at: time.Now(), rooms: to.Rooms, except: to.Except, event: p})
		r.forget()
	}
	b.queue(targets, p, conns)
	r.mu.Unlock()
	b.namespace.server.flushers.flush(conns)
	return nil
}

// begin makes s a socket of the namespace and tells its client so. What the
// client has missed, the answer and the membership come in one go, so that
// nothing falls between them or comes twice. With an error that was not done:
// engineio.ErrClosed when the connection has been closed, else what to tell the
// client.
func (r *recovery) begin(s *Socket) error {
	c := s.client
	r.mu.Lock()
	if r.arrive(s) {
		r.mu.Unlock()
		return errDismissed
	}
	missed, whole := r.missed(s)
	if !whole { // more was emitted during the middleware than is kept
		r.mu.Unlock()
		c.conn.Close()
		return engineio.ErrClosed
	}
	for _, e := range missed {
		c.queue(e.event)
	}
	pid := ""
	if !c.old() {
		pid = r.open(s)
	}
	c.queue(connectAnswer{SID: s.id, PID: pid}.encode(s))
	r.namespace.members.add(s)
	s.claim = nil
	r.mu.Unlock()
	c.conn.Flush()
	return nil
}

// forget gives up what is too old or too much, and sees to it that the rest
// goes in time, even if nothing happens any more. mu is held.
func (r *recovery) forget() {
	oldest := time.Now().Add(-r.cfg.MaxAbsence)
	r.log.trim(oldest, r.cfg.MaxEvents, r.cfg.MaxBytes)
	for front := r.gone.Front(); front != nil; front = r.gone.Front() {
		s := front.Value.(*session)
		if r.gone.Len() <= r.cfg.MaxSessions && s.left.After(oldest) {
			break
		}
		r.drop(s)
	}
	if r.sweeper == nil && !r.closed && (r.gone.Len() > 0 || len(r.log.entries) > 0) {
		r.sweeper = time.AfterFunc(r.cfg.MaxAbsence, r.sweep)
	}
}

func (r *recovery) sweep() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweeper = nil
	r.forget()
}

// close stops the timer: the namespace goes.
func (r *recovery) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if r.sweeper != nil {
		r.sweeper.Stop()
	}
}
