package socketio

import (
	"container/list"
	"sync"
	"time"

	"gifchat/socketio/internal/eventlog"
)

// Recovery configures connection state recovery for a namespace. A client that
// loses its connection can resume its session: it gets the same socket id,
// rooms and data, and the events that it missed. Stock clients since 4.6 do
// their part automatically and then set socket.recovered. The zero value turns
// recovery off.
//
// Guarantees:
//
//  1. A recovery is complete or does not take place. If it does not, the client
//     gets a new socket, and Socket.Recovered is false.
//  2. A client gets the events that were emitted to the namespace, to a room
//     that the socket was in at that time, or to the socket itself, except
//     volatile events and those that want an acknowledgement. Each event comes
//     once, in order.
//  3. Missed events of at most 64 KiB come before the answer to CONNECT. If
//     there are more, the answer comes first and the events follow at the pace
//     at which the client takes them; live events follow those. If the log
//     evicts an event that the client has not been sent, the server ends the
//     session and closes the connection. Then the client gets a new socket, as
//     in 1, and what it has received until then has no gap. If the server
//     disconnects the socket in that time, the client gets the events before
//     that for one second more, and then the DISCONNECT.
//  4. Middleware runs as for any other socket. It sees Socket.Recovered and
//     Socket.Rooms. It can refuse the socket, or take it out of rooms with
//     Socket.Leave; missed events of those rooms are left out. It can make it a
//     new socket with Socket.StartOver. A client that has become another one
//     according to Identify is not recovered.
//  5. A client can resume after it lost its connection, and after a full queue,
//     a ping timeout or Socket.CloseConn. It cannot resume after it disconnected
//     by itself, broke the protocol or exceeded a limit. It cannot resume either
//     after Socket.Disconnect or Broadcast.Disconnect, which also reach clients
//     that are offline. During middleware they make the server answer with a
//     connect_error.
//  6. Disconnect handlers have returned before middleware sees the socket again.
//     In them, Socket.Lost reports whether the client can resume.
//  7. A lost socket is followed by exactly one of these: a recovered socket, for
//     which connect handlers are called, or a call of Expired.
//
// Costs: every event that wants no acknowledgement has one more argument, its
// offset, a string of 14 characters. The events of the namespace are queued
// one at a time. Events of the last MaxAbsence stay in memory, within MaxEvents
// and MaxBytes. While a client is being sent what it missed, older events stay
// too, and both limits are a quarter higher, so that live events do not evict
// missed ones at once. A namespace made by OfFunc forgets everything when its
// last socket leaves.
//
// An application can change what is kept: see Broadcast.Key.
type Recovery struct {
	MaxAbsence  time.Duration // after which a session expires; 0 turns recovery off
	MaxSessions int           // of offline clients; beyond it the oldest is evicted; default 10,000
	MaxEvents   int           // kept for offline clients; beyond it the oldest is evicted; default 10,000
	MaxBytes    int           // used by the kept events; default 16 MiB

	// Identify returns a value that identifies the client of a handshake. A client
	// is recovered only if the values of the lost and the new connection are equal,
	// as of reflect.DeepEqual. It is called once for each socket, before the
	// middleware. Its result stays in memory while the client is offline; the rest
	// of the handshake does not. If it panics, the client cannot resume.
	//
	// Default: Handshake.Identity, together with Handshake.Auth without the members
	// pid and offset, which stock clients add. A client with more than 16 KiB of
	// Auth cannot resume then. A client that sends a new token, or the id of the last
	// message that it has, with each connection cannot either, because its Auth
	// changes. For such clients, return what stays, such as the user that the token
	// names:
	//
	//	Identify: func(h *socketio.Handshake) any {
	//		var auth struct{ Token string }
	//		_ = h.Auth.Bind(&auth)
	//		return userOf(auth.Token) // "" for an invalid token, which the middleware refuses
	//	},
	Identify func(*Handshake) any

	// Expired is called once for each lost session that can no longer come back:
	// the user has really gone. It is not called for a socket that disconnects for
	// good; see Socket.Lost. It is called for one session of the namespace at a
	// time, after the disconnect handlers, on a goroutine of its own. It can use the
	// server. Server.Close ends all sessions and waits for the calls. A panic is
	// logged. Default: nothing is called.
	Expired func(LostSession)
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
	return r
}

// recovery is the delivery of a namespace whose clients can resume their
// sessions.
type recovery struct {
	// Immutable.
	cfg       Recovery
	namespace *Namespace
	offsets   eventlog.Offsets

	// mu is held while an event is numbered and queued on connections, so that
	// numbers only grow on each connection: an offset acknowledges all events
	// before it. No code that holds mu waits for a client.
	mu       sync.Mutex
	log      eventlog.Log
	sessions map[string]*session // by pid
	offline  list.List           // the sessions without a connection, oldest first

	resuming map[SocketID]*Socket // the recovered sockets that middleware is checking
	replays  map[*client]*replay  // the sockets that are behind
	sweeper  *time.Timer          // runs while something can expire; nil otherwise
	closed   bool
	expired  []LostSession // for which Expired has to be called
	calling  chan struct{} // closed when Expired has been called for all of them; nil without calls
}

var _ delivery = (*recovery)(nil)

func newRecovery(n *Namespace, cfg Recovery) *recovery {
	return &recovery{
		cfg:       cfg.withDefaults(),
		namespace: n,
		offsets:   eventlog.NewOffsets(),
		sessions:  make(map[string]*session),
		resuming:  make(map[SocketID]*Socket),
		replays:   make(map[*client]*replay),
	}
}

// newDelivery returns the delivery that the configuration chooses for n.
func newDelivery(n *Namespace) delivery {
	if choose := n.server.cfg.Recovery; choose != nil {
		if cfg := choose(n.name); cfg.MaxAbsence > 0 {
			return newRecovery(n, cfg)
		}
	}
	return liveDelivery{n}
}

// eventEnd returns the end of event packets with room for an offset.
func (r *recovery) eventEnd() string { return r.offsets.Blank() }

// emit numbers an event, keeps it, and queues it for the broadcast's sockets.
// A volatile event is not kept and carries the number of the event before it.
func (r *recovery) emit(b Broadcast, e *encoder) {
	conns := b.pending()
	r.mu.Lock()
	targets, number := b.targets(), r.log.Last()
	if !b.volatile {
		number++
	}
	eventlog.Write(e.text.Bytes(), number)
	p := e.prepare()
	if !b.volatile {
		to := b.target()
		r.log.Add(eventlog.Entry{Number: number, Time: time.Now(), Key: b.key, Rooms: to.Rooms, Except: to.Except, Packet: p})
		r.expire()
	}
	b.queue(targets, p, conns)
	r.mu.Unlock()
	b.flush(conns)
}

// emitTo emits to the room that is the socket's id. If the socket disconnects
// at the same time, its client may get the event now or when it resumes.
func (r *recovery) emitTo(s *Socket, volatile bool, e *encoder) error {
	if !s.Connected() {
		return ErrDisconnected
	}
	to := r.namespace.To(string(s.id))
	to.volatile = volatile
	r.emit(to, e)
	if !s.Connected() {
		return ErrDisconnected
	}
	return nil
}

// expire evicts what is too old or exceeds a limit, and starts the timer that
// evicts the rest later. Replays get more room: see Recovery. mu is held.
func (r *recovery) expire() {
	oldest := time.Now().Add(-r.cfg.MaxAbsence)
	if len(r.replays) > 0 {
		r.log.Trim(time.Time{}, r.cfg.MaxEvents+r.cfg.MaxEvents/4, r.cfg.MaxBytes+r.cfg.MaxBytes/4)
	} else {
		r.log.Trim(oldest, r.cfg.MaxEvents, r.cfg.MaxBytes)
	}
	for front := r.offline.Front(); front != nil; front = r.offline.Front() {
		s := front.Value.(*session)
		why := r.expiryOf(s, oldest)
		if why == "" {
			break
		}
		r.drop(s, why)
	}
	if r.sweeper == nil && !r.closed && (r.offline.Len() > 0 || r.log.Len() > 0) {
		r.sweeper = time.AfterFunc(r.cfg.MaxAbsence, r.sweep)
	}
}

// expiryOf returns why the session that was lost first expires, or "". mu is
// held.
func (r *recovery) expiryOf(first *session, oldest time.Time) RecoveryFailure {
	switch {
	case r.closed:
		return FailureClosed
	case r.offline.Len() > r.cfg.MaxSessions:
		return FailureTooManySessions
	case !first.lostAt.After(oldest):
		return FailureTooLate
	}
	return ""
}

func (r *recovery) sweep() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweeper = nil
	r.expire()
}

// close ends the sessions of all offline clients and stops the timer. The
// channel is closed when Expired has been called for them.
func (r *recovery) close() (done <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if r.sweeper != nil {
		r.sweeper.Stop()
	}
	r.expire()
	return r.calling // nil without calls
}
