package socketio

import (
	"container/list"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"reflect"
	"sync/atomic"
	"time"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/eventlog"
)

// session is what a client can resume after it lost its connection. Resuming
// uses it up: the new socket gets a new session with the same pid.
type session struct {
	// Immutable once the socket is connected.
	pid      string // the client's name for the session; a secret, like the sid
	identity any    // what Recovery.Identify returned
	id       SocketID
	since    uint64 // the number of the newest event when the socket first connected

	lost atomic.Bool // the connection has ended, and the session could be resumed then

	// Guarded by recovery.mu.
	memberships eventlog.Memberships
	connected   bool          // begin has added the socket to the namespace
	socket      *Socket       // nil from when the session can be resumed
	position    uint64        // the last event that the client has, until it is connected
	offline     *list.Element // in recovery.offline; nil while the client is connected
	lostAt      time.Time     // when the connection ended
	data        any           // Socket.Data of the lost connection
	resumable   bool          // the disconnect handlers have returned
	settled     chan struct{} // closed then; nil unless a goroutine waits for it
	failure     RecoveryFailure
	resumed     *session // the lost session, while middleware is checking the socket that resumes it
	dismissed   bool     // the server disconnected the socket in that time
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
	var auth connectAuth
	resumes := s.handshake.Auth.Bind(&auth) == nil && auth.PID != ""
	identity, ok := r.identify(&s.handshake)
	if !ok {
		if resumes {
			r.failed(s, FailureNoIdentity)
		}
		return
	}
	s.session = &session{socket: s, identity: identity}
	if !resumes {
		return
	}
	if why := r.tryResume(s, auth); why != "" {
		r.failed(s, why)
	}
}

// tryResume makes s continue the session that its client names, or returns why
// that is not possible.
func (r *recovery) tryResume(s *Socket, auth connectAuth) RecoveryFailure {
	found := r.find(auth.PID)
	switch {
	case found == nil:
		return FailureUnknownSession
	case !reflect.DeepEqual(found.identity, s.session.identity): // without mu: the values may be large
		return FailureOtherClient
	}
	return r.resume(s, found, auth.Offset)
}

// find returns the session with that pid, or nil.
func (r *recovery) find(pid string) *session {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.expire()
	return r.sessions[pid]
}

// resume makes s continue a session, unless another socket has resumed it, its
// disconnect handlers take too long, or an event is missing.
func (r *recovery) resume(s *Socket, found *session, offset string) RecoveryFailure {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sessions[found.pid] == found && !found.resumable {
		r.takeOver(found)
	}
	switch {
	case r.sessions[found.pid] != found:
		return FailureUnknownSession
	case !found.resumable:
		return FailureStillInUse
	}
	position, why := r.positionOf(found, offset)
	r.drop(found, why) // used up, whatever follows
	if why != "" {
		return why
	}
	s.session.pid, s.session.since, s.session.position = found.pid, found.since, position
	s.session.memberships = found.memberships.Clone() // the lost socket can still leave rooms
	s.session.resumed = found
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
// because all of them carry one. mu is held.
func (r *recovery) positionOf(found *session, offset string) (number uint64, why RecoveryFailure) {
	number = found.since
	if offset != "" {
		given, known, ok := r.offsets.Parse(offset)
		if !ok {
			return 0, FailureInvalidOffset
		}
		if known {
			number = max(number, given)
		}
	}
	_, why = r.after(found, number)
	return number, why
}

// after returns the events after the one with the given number, or why they or
// the rooms that the session's socket was in are not known any more. mu is held.
func (r *recovery) after(s *session, number uint64) (entries []eventlog.Entry, why RecoveryFailure) {
	if number > r.log.Last() {
		return nil, FailureInvalidOffset
	}
	entries, ok := r.log.After(number)
	switch {
	case !ok:
		return nil, FailureEventsEvicted
	case !s.memberships.CompleteAfter(number):
		return nil, FailureRoomsForgotten
	}
	return entries, ""
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
	missed, why := r.missed(s)
	if why != "" { // more was emitted during the middleware than the log keeps
		return batch{}, &recoveryError{why}
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
	n.server.observe(RecoveryRefused{Conn: s.client.conn.Number(), Namespace: n.name, Failure: failure})
}

// register makes the session of s known under its pid, which it returns, or ""
// if s has none. mu is held.
func (r *recovery) register(s *Socket) (pid string) {
	if s.session == nil {
		return ""
	}
	s.session.id, s.session.connected, s.session.resumed = s.id, true, nil
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
	s.session.resumed = nil // if the server disconnected s just before it was registered
	if !reason.resumable() {
		r.drop(s.session, "")
	}
	if r.sessions[s.session.pid] == s.session {
		s.session.lost.Store(true)
		s.session.lostAt = time.Now()
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
	if ended.failure != "" {
		r.report(ended)
	}
}

// resumable reports whether a client can resume after it was disconnected for
// this reason.
func (r Reason) resumable() bool {
	return r != ReasonClientDisconnect && r != ReasonServerDisconnect && r != ReasonParseError && r != ReasonTooLarge
}

// drop removes a session. why is "" for a session that a socket resumes, and
// does not matter for the session of a connected socket. mu is held.
func (r *recovery) drop(s *session, why RecoveryFailure) {
	if r.sessions[s.pid] == s {
		delete(r.sessions, s.pid)
	}
	if s.offline == nil {
		return
	}
	r.offline.Remove(s.offline)
	s.offline = nil
	if why != "" {
		r.over(s, why)
	}
}
