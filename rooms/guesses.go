package rooms

import (
	"sync"
	"time"
)

// How often passwords may be guessed wrongly: by one session and from one
// address, anywhere, and by all strangers together in one room, since sessions
// and addresses cost them little. Who was in the room before is counted apart,
// each and all together: strangers who use a room's tries up do not lock them out.
const (
	sourceTries  = 10
	sourceWindow = 3 * time.Minute
	roomTries    = 100
	knownTries   = 3
	roomWindow   = time.Hour
)

// How many passwords are hashed for an address, right ones too: a class or two at
// once. Who knows one password and comes and goes with it could have all others
// wait for their turn else.
const (
	hashedTries  = 200
	hashedWindow = time.Minute
)

// guesses decides who may try a password. Who is a member is never asked for one.
type guesses struct {
	mu        sync.Mutex
	bySession *tries // guarded by mu, as is all that follows
	byAddress *tries
	byRoom    *tries // of strangers
	byKnown   *tries // by room and session
	ofKnown   *tries // by room
	hashed    *tries // by address
}

// guesser is somebody at the door of a private room.
type guesser struct {
	Visitor
	room  ID
	known bool // was let in before
}

func newGuesses() *guesses {
	return &guesses{
		bySession: newTries(sourceTries, sourceWindow, maxTried),
		byAddress: newTries(sourceTries, sourceWindow, maxTried),
		byRoom:    newTries(roomTries, roomWindow, maxTriedRooms),
		byKnown:   newTries(knownTries, roomWindow, maxTried),
		ofKnown:   newTries(roomTries, roomWindow, maxTriedRooms),
		hashed:    newTries(hashedTries, hashedWindow, maxTried),
	}
}

// check tells whether g may try now, and counts nothing.
func (gs *guesses) check(g guesser) error {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	return gs.checkLocked(g)
}

func (gs *guesses) checkLocked(g guesser) error {
	wait := max(gs.bySession.wait(string(g.Session)), gs.byAddress.wait(g.Source), gs.hashed.wait(g.Source))
	if wait == 0 {
		wait = gs.waitInRoom(g)
	}
	if wait > 0 {
		return &TriesError{RetryAfter: wait}
	}
	return nil
}

func (gs *guesses) waitInRoom(g guesser) time.Duration {
	wait := gs.byRoom.wait(string(g.room))
	if wait > 0 && g.known {
		wait = min(wait, max(gs.byKnown.wait(g.place()), gs.ofKnown.wait(string(g.room))))
	}
	return wait
}

// place names a session in a room.
func (g guesser) place() string { return string(g.room) + " " + string(g.Session) }

// begin counts a try. If it turns out right, call right.
func (gs *guesses) begin(g guesser) (right func(), err error) {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	if err := gs.checkLocked(g); err != nil {
		return nil, err
	}
	counted := map[*tries]string{gs.bySession: string(g.Session), gs.byAddress: g.Source}
	if gs.byRoom.wait(string(g.room)) == 0 {
		counted[gs.byRoom] = string(g.room)
	} else {
		counted[gs.byKnown], counted[gs.ofKnown] = g.place(), string(g.room)
	}
	for t, key := range counted {
		t.add(key)
	}
	gs.hashed.add(g.Source)
	return func() {
		gs.mu.Lock()
		defer gs.mu.Unlock()
		for t, key := range counted {
			t.giveBack(key)
		}
	}, nil
}

// forget forgets how often a room was tried: it is gone, or what was tried tells
// nothing about its new password.
func (gs *guesses) forget(id ID) {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	gs.byRoom.forget(string(id))
	gs.ofKnown.forget(string(id))
}
