package socketio

import (
	"container/list"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"time"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/eventlog"
)

// session is what a client can resume after it lost its connection. Resuming
// uses it up: the new socket gets a new session with the same pid.
type session struct {
	// Immutable once the socket is connected.
	pid      string // the client's name for the session; a secret, like the sid
	identity any    // what Config.Identify returned
	id       SocketID
	since    uint64 // the number of the newest event when the socket first connected

	// Guarded by recovery.mu.
	memberships eventlog.Memberships
	connected   bool          // begin has added the socket to the namespace
	socket      *Socket       // nil from when the session can be resumed
	position    uint64        // the last event that the client has, until it is connected
	offline     *list.Element // in recovery.offline; nil while the client is connected
	lost        time.Time     // when the connection ended
	data        any           // Socket.Data of the lost connection
	resumable   bool          // the disconnect handlers have returned
	dismissed   bool          // the server disconnected the socket while middleware was checking it
	settled     chan struct{} // closed then; nil unless a goroutine waits for it
}

// takeOverTimeout is how long a client that resumes waits for the end of its
// lost connection and for the disconnect handlers. The server may not have
// noticed the loss yet.
const takeOverTimeout = 5 * time.Second

// connectAuth is what stock clients add to the payload of CONNECT.
type connectAuth struct {
	PID    string `json:"pid"`
	Offset string `json:"offset"`
}

// prepare gives the socket a session: the one that its client names, if it is
// complete, or a new one. Clients of the old protocol revision get none.
func (r *recovery) prepare(s *Socket) {
	if s.client.old() {
		return
	}
	s.session = &session{socket: s, identity: s.handshake.Identity}
	var auth connectAuth
	if s.handshake.Auth.Bind(&auth) != nil || auth.PID == "" {
		return
	}
	if failure := r.tryResume(s, auth); failure != "" {
		r.observeRefused(s, failure)
	}
}

// tryResume makes s continue the session that its client names, or returns why
// it cannot.
func (r *recovery) tryResume(s *Socket, auth connectAuth) RecoveryFailure {
	found := r.find(auth.PID)
	switch {
	case found == nil:
		return RecoverySessionUnknown
	case !r.sameIdentity(found, s):
		return RecoveryIdentityChanged
	default:
		return r.resume(s, found, auth)
	}
}

// find returns the session with that pid, or nil.
func (r *recovery) find(pid string) *session {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.expire()
	return r.sessions[pid]
}

// sameIdentity calls the application, so mu must not be held.
func (r *recovery) sameIdentity(found *session, s *Socket) (same bool) {
	r.namespace.server.protect("recovery", func() {
		same = r.cfg.SameIdentity(found.identity, s.handshake.Identity)
	})
	return same
}

// resume makes s continue a session, unless another socket has resumed it, its
// disconnect handlers take too long, or an event is missing. It returns "" or
// the failure.
func (r *recovery) resume(s *Socket, found *session, auth connectAuth) RecoveryFailure {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sessions[auth.PID] == found && !found.resumable {
		r.takeOver(found)
	}
	if r.sessions[auth.PID] != found || !found.resumable {
		return RecoverySessionInUse
	}
	r.drop(found) // used up, whatever follows
	position, ok := r.positionOf(found, auth.Offset)
	if !ok {
		return RecoveryOffsetInvalid
	}
	if _, kept := r.log.After(position); !kept || !found.memberships.CompleteAfter(position) {
		return RecoveryEventsEvicted
	}
	s.session.pid, s.session.since, s.session.position = found.pid, found.since, position
	s.session.memberships = found.memberships.Clone() // the lost socket can still leave rooms
	s.id, s.data, s.pendingRooms, s.recovered = found.id, found.data, found.memberships.Rooms(), true
	r.resuming[s.id] = s
	return ""
}

// takeOver closes the connection of a session that is in use and waits until
// the disconnect handlers have returned. mu is held, but not during the wait.
func (r *recovery) takeOver(found *session) {
	if found.settled == nil {
		found.settled = make(chan struct{})
	}
	settled, conn := found.settled, found.socket.client.conn
	r.mu.Unlock()
	defer r.mu.Lock()
	conn.Close()
	timeout := time.NewTimer(takeOverTimeout)
	defer timeout.Stop()
	select {
	case <-settled:
	case <-timeout.C:
	}
}

// positionOf returns the number of the last event that the client has. A
// client without an offset of this log has received no event of its socket,
// because all of them carry one.
func (r *recovery) positionOf(found *session, offset string) (number uint64, ok bool) {
	number, ok = found.since, true
	if offset != "" {
		var known bool
		var given uint64
		if given, known, ok = r.offsets.Parse(offset); known {
			number = max(number, given)
		}
	}
	return number, ok
}

// begin adds s to the namespace and answers its client. The answer, the missed
// events and the membership follow each other under one lock, so that no event
// falls between them or comes twice.
func (r *recovery) begin(s *Socket) error {
	missed, err := r.enter(s)
	switch {
	case err == nil:
		s.client.conn.Flush()
		if s.recovered && missed.beforeAnswer() { // otherwise a replay follows
			r.observeRecovered(s, missed.events)
		}
	case errors.Is(err, engineio.ErrClosed):
		s.client.conn.Close()
		r.observeRefused(s, RecoveryEventsEvicted)
	}
	return err
}

// enter is begin without flushing or closing the connection. It returns the missed
// events that it has queued.
func (r *recovery) enter(s *Socket) (missed batch, err error) {
	c := s.client
	r.mu.Lock()
	defer r.mu.Unlock()
	c.refilling.Lock()
	defer c.refilling.Unlock()
	if r.arrive(s) {
		return batch{}, errDismissed
	}
	r.stopReplayOf(c) // of an earlier socket that the server disconnected
	missed, ok := r.missed(s)
	if !ok { // more was emitted during the middleware than the log keeps
		return batch{}, engineio.ErrClosed
	}
	pid := r.register(s)
	answer := connectAnswer{SID: s.id, PID: pid}.encode(s)
	if missed.beforeAnswer() {
		missed.queue(c)
		c.queue(answer)
	} else {
		c.queue(answer)
		missed.queue(c)
		r.startReplay(s, &missed)
	}
	r.namespace.members.add(s)
	return missed, nil
}

func (r *recovery) observeRecovered(s *Socket, missed int) {
	n := r.namespace
	n.server.observe(Recovered{Conn: s.client.conn.Number(), Namespace: n.name, Socket: s.id, Missed: missed})
}

func (r *recovery) observeRefused(s *Socket, failure RecoveryFailure) {
	n := r.namespace
	n.server.observe(RecoveryRefused{Conn: s.client.conn.Number(), Namespace: n.name, Reason: failure})
}

// register makes the session of s known under its pid, which it returns, or ""
// if s has none. mu is held.
func (r *recovery) register(s *Socket) (pid string) {
	if s.session == nil {
		return ""
	}
	s.session.id, s.session.connected = s.id, true
	if !s.recovered {
		var b [18]byte
		_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
		s.session.pid, s.session.since = base64.RawURLEncoding.EncodeToString(b[:]), r.log.Last()
	}
	r.sessions[s.session.pid] = s.session
	return s.session.pid
}

// end removes s from the namespace and stores its session if it can be
// resumed.
func (r *recovery) end(s *Socket, reason Reason) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.namespace.members.remove(s)
	if reason != ReasonServerDisconnect {
		r.stopReplayOf(s.client)
	}
	if s.session == nil {
		return
	}
	if !reason.resumable() {
		r.drop(s.session)
	}
	if r.sessions[s.session.pid] == s.session {
		s.session.lost = time.Now()
		s.session.offline = r.offline.PushBack(s.session)
		r.expire()
	}
}

// settle makes the session resumable, after the disconnect handlers of s.
func (r *recovery) settle(s *Socket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ended := s.session
	if ended == nil {
		return
	}
	ended.data, ended.socket, ended.resumable = s.Data(), nil, true
	if ended.settled != nil {
		close(ended.settled)
	}
}

// resumable reports whether a client can resume after it was disconnected for
// this reason.
func (r Reason) resumable() bool {
	return r != ReasonClientDisconnect && r != ReasonServerDisconnect && r != ReasonParseError && r != ReasonTooLarge
}

// drop removes a session. mu is held.
func (r *recovery) drop(s *session) {
	if r.sessions[s.pid] == s {
		delete(r.sessions, s.pid)
	}
	if s.offline != nil {
		r.offline.Remove(s.offline)
		s.offline = nil
	}
}
