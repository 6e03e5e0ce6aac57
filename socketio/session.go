package socketio

import (
	"container/list"
	"crypto/rand"
	"encoding/base64"
	"slices"
	"time"
)

// session is what a client can come back to. It ends when it is used: who comes
// back gets another one of the same name.
type session struct {
	// Immutable.
	pid      string // the client's name for it; a secret, like the sid
	identity any    // whose it is

	// Guarded by recovery.mu.
	gone    *list.Element // in recovery.gone; nil while the socket is there
	left    time.Time     // when it went
	settled bool          // its end has been told to the handlers: it can be used
	ended   chan struct{} // closed then; nil unless somebody waits for it

	// What the socket is or was; guarded by recovery.mu.
	socket *Socket // nil when it has settled, as it is large
	id     SocketID
	since  uint64 // the number of the newest event when it entered the namespace
	rooms  []stay // those it was in when it went
	data   any    // from when it has settled

	// Guarded by members.mu while the socket is there, then by recovery.mu.
	past    []stay // in rooms it had left before
	unknown uint64 // up to this number, past is not complete
}

// stay is a time in a room, told by numbers of events: those after since and,
// if it is over, up to until.
type stay struct {
	room         string
	since, until uint64 // until is 0 while it is not over
}

func (s stay) covers(number uint64) bool {
	return number > s.since && (s.until == 0 || number <= s.until)
}

// maxPast bounds what is remembered of a socket that comes and goes.
const maxPast = 32

// leave notes the end of a stay.
func (s *session) leave(over stay) {
	if over.until == over.since {
		return // nothing happened
	}
	if len(s.past) == maxPast {
		s.unknown = max(s.unknown, s.past[0].until)
		s.past = slices.Delete(s.past, 0, 1)
	}
	s.past = append(s.past, over)
}

// claim is what a socket that is not connected yet comes back to.
type claim struct {
	session *session // ended by the claim
	missed  []entry  // what has to come first; up to the event of the number head
	head    uint64
	size    int // of missed, in bytes
}

// takeOverTime is how long a client that comes back waits for the end of the
// connection that it has lost without the server's noticing, and for the
// disconnect handlers.
const takeOverTime = 5 * time.Second

// connectAuth is what stock clients put into the payload of CONNECT, beside the
// program's own.
type connectAuth struct {
	PID    string `json:"pid"`
	Offset string `json:"offset"`
}

// claim lets s come back to the session that its client names, if there is one
// and nothing is missing.
func (r *recovery) claim(s *Socket) {
	var auth connectAuth
	if s.client.old() || s.handshake.Auth.Bind(&auth) != nil || auth.PID == "" {
		return
	}
	found := r.find(auth.PID)
	if found == nil || !r.sameClient(found, s) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sessions[auth.PID] == found && !found.settled {
		r.takeOver(found)
	}
	if r.sessions[auth.PID] != found || !found.settled {
		return // somebody else was faster, or a handler takes its time
	}
	r.drop(found) // used, whatever comes of it
	position, ok := r.position(found, auth.Offset)
	c := &claim{session: found, head: position}
	early := early{rooms: found.rooms, past: found.past}
	if !ok || !r.collect(c, early) {
		return
	}
	s.id, s.data, s.early, s.claim, s.recovered = found.id, found.data, early, c, true
	r.returning[s] = false
}

// find returns the session of that name; nil if there is none.
func (r *recovery) find(pid string) *session {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget()
	return r.sessions[pid]
}

// sameClient asks the program whether s is who had the session. mu is not held,
// since what a program does there is its own matter.
func (r *recovery) sameClient(before *session, s *Socket) (same bool) {
	r.namespace.server.protect("recovery", func() {
		same = r.cfg.SameIdentity(before.identity, s.handshake.Identity)
	})
	return same
}

// takeOver ends the connection of a session that is in use, if it has not ended
// yet, and waits for that and the handlers. mu is held, but not meanwhile.
func (r *recovery) takeOver(s *session) {
	if s.ended == nil {
		s.ended = make(chan struct{})
	}
	ended, conn := s.ended, s.socket.client.conn
	r.mu.Unlock()
	defer r.mu.Lock()
	conn.Close()
	timeout := time.NewTimer(takeOverTime)
	defer timeout.Stop()
	select {
	case <-ended:
	case <-timeout.C:
	}
}

// position returns the number of the last event that the client has got. One
// without an offset of this log has got none since its socket began, because
// all that it could get has one.
func (r *recovery) position(s *session, offset string) (number uint64, ok bool) {
	number, ok = s.since, true
	if offset != "" {
		var known bool
		var given uint64
		if given, known, ok = r.offsets.parse(offset); known {
			number = max(number, given)
		}
	}
	return number, ok && number >= s.unknown
}

// collect adds what was emitted for the session since c.head; false if that is
// not known any more or is too much to be queued. mu is held.
func (r *recovery) collect(c *claim, in early) bool {
	entries, ok := r.log.after(c.head)
	if !ok {
		return false
	}
	c.head = r.log.last
	most := r.namespace.server.engine.Limits().MaxQueueBytes / 2
	for _, e := range entries {
		if !c.session.meant(&e, in) {
			continue
		}
		c.missed = append(c.missed, e)
		if c.size += e.size(); c.size > most {
			return false
		}
	}
	return true
}

// missed returns what the client of s has to get before it is told that it is
// connected. mu is held.
func (r *recovery) missed(s *Socket) ([]entry, bool) {
	if s.claim == nil {
		return nil, true
	}
	in := r.namespace.members.earlyOf(s) // without those that middleware took it out of
	ok := r.collect(s.claim, in)
	return slices.DeleteFunc(s.claim.missed, func(e entry) bool { return !s.claim.session.meant(&e, in) }), ok
}

// meant tells whether an event was meant for a socket with these stays.
func (s *session) meant(e *entry, stays early) bool {
	in := func(room string) bool {
		covers := func(st stay) bool { return st.room == room && st.covers(e.number) }
		return room == string(s.id) || slices.ContainsFunc(stays.rooms, covers) || slices.ContainsFunc(stays.past, covers)
	}
	return e.number > s.since && aimed(e.rooms, e.except, in)
}

// aimed tells whether who is in those rooms is meant by rooms and exceptions.
func aimed(rooms, except []string, in func(room string) bool) bool {
	return (len(rooms) == 0 || slices.ContainsFunc(rooms, in)) && !slices.ContainsFunc(except, in)
}

// open begins the session of a socket and returns its name. mu is held.
func (r *recovery) open(s *Socket) string {
	s.session = &session{socket: s, id: s.id, identity: s.handshake.Identity}
	if s.claim != nil {
		before := s.claim.session
		s.session.pid, s.session.since, s.session.unknown = before.pid, before.since, before.unknown
		s.session.past = r.namespace.members.earlyOf(s).past
	} else {
		var b [18]byte
		_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
		s.session.pid = base64.RawURLEncoding.EncodeToString(b[:])
		s.session.since = r.log.last
	}
	r.sessions[s.session.pid] = s.session
	return s.session.pid
}

// end takes s out of the namespace and notes what it was.
func (r *recovery) end(s *Socket, reason Reason) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.namespace.members.remove(s)
	if s.session == nil {
		return
	}
	if !reason.recoverable() {
		r.drop(s.session)
	}
	if r.sessions[s.session.pid] == s.session {
		s.session.rooms, s.session.left = r.namespace.members.staysOf(s), time.Now()
		s.session.gone = r.gone.PushBack(s.session)
		r.forget()
	}
}

// settle lets the client of s come back, now that the disconnect handlers have
// returned.
func (r *recovery) settle(s *Socket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ending := s.session
	if ending == nil {
		return
	}
	ending.data, ending.socket, ending.settled = s.Data(), nil, true
	if ending.ended != nil {
		close(ending.ended)
	}
}

// recoverable tells whether a client that was disconnected for the reason may
// come back to its socket.
func (r Reason) recoverable() bool {
	return r != ReasonClientDisconnect && r != ReasonServerDisconnect && r != ReasonParseError && r != ReasonTooLarge
}

// drop ends a session. mu is held.
func (r *recovery) drop(s *session) {
	if r.sessions[s.pid] == s {
		delete(r.sessions, s.pid)
	}
	if s.gone != nil {
		r.gone.Remove(s.gone)
		s.gone = nil
	}
}
