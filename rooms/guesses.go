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
	knownTries   = 10
	roomWindow   = time.Hour
)

// How many passwords are looked at from one address, right ones too: those of a
// few classes at once. Otherwise whoever knows one could keep all others waiting
// by coming and going with it.
const (
	lookedTries  = 200
	lookedWindow = time.Minute
)

// guesses decides who may try a password. Who is a member is never asked for one.
type guesses struct {
	mu        sync.Mutex
	bySession *tries // guarded by mu, as is all that follows; wrong ones
	byAddress *tries
	byRoom    *tries // of strangers
	byKnown   *tries // by room and session
	ofKnown   *tries // by room
	looked    *tries // by address; right ones too
}

// guesser is somebody at the door of a private room.
type guesser struct {
	Visitor
	room  ID   // as the store has it: what a request says may hold on to all of it
	known bool // was let in before
}

func newGuesses() *guesses {
	return &guesses{
		bySession: newTries(sourceTries, sourceWindow, maxTried),
		byAddress: newTries(sourceTries, sourceWindow, maxTried),
		byRoom:    newTries(roomTries, roomWindow, maxTriedRooms),
		byKnown:   newTries(knownTries, roomWindow, maxTried),
		ofKnown:   newTries(roomTries, roomWindow, maxTriedRooms),
		looked:    newTries(lookedTries, lookedWindow, maxTried),
	}
}

// check tells whether g may try now, and counts nothing.
func (gs *guesses) check(g guesser) error {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	wait := max(gs.bySession.wait(string(g.Session)), gs.byAddress.wait(g.Source), gs.looked.wait(g.Source))
	if g.known {
		wait = max(wait, gs.byKnown.wait(g.place()), gs.ofKnown.wait(string(g.room)))
	} else {
		wait = max(wait, gs.byRoom.wait(string(g.room)))
	}
	if wait > 0 {
		return &TriesError{RetryAfter: wait}
	}
	return nil
}

// count counts a password that was looked at.
func (gs *guesses) count(g guesser, right bool) {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	gs.looked.add(g.Source)
	if right {
		return
	}
	gs.bySession.add(string(g.Session))
	gs.byAddress.add(g.Source)
	if g.known {
		gs.byKnown.add(g.place())
		gs.ofKnown.add(string(g.room))
	} else {
		gs.byRoom.add(string(g.room))
	}
}

// place names a session in a room.
func (g guesser) place() string { return placePrefix(g.room) + string(g.Session) }

func placePrefix(id ID) string { return string(id) + " " }

// forget forgets how often a room was tried: it is gone, or what was tried tells
// nothing about its new password.
func (gs *guesses) forget(id ID) {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	gs.byRoom.forget(string(id))
	gs.ofKnown.forget(string(id))
	gs.byKnown.forgetAll(placePrefix(id))
}
