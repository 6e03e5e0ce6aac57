package rooms

import (
	"sync"
	"time"
)

// How often passwords may be guessed wrongly: by one session and from one
// address, anywhere, and by all together in one room, since sessions and
// addresses cost a stranger little. When a room's tries are used up, who was let
// in before has a few left. Others wait, or have the owner set another password.
const (
	sourceTries   = 10
	sourceWindow  = 3 * time.Minute
	roomTries     = 100
	roomWindow    = time.Hour
	reserveTries  = 3
	reserveWindow = time.Hour
)

// guesses decides who may try a password. Who is a member is never asked for one.
type guesses struct {
	mu        sync.Mutex
	bySession *tries // guarded by mu, as is all that follows
	byAddress *tries
	byRoom    *tries
	reserve   *tries // by session
}

// guesser is somebody at the door of a private room.
type guesser struct {
	Visitor
	room  ID
	known bool // was let in before
}

func newGuesses() *guesses {
	return &guesses{
		bySession: newTries(sourceTries, sourceWindow),
		byAddress: newTries(sourceTries, sourceWindow),
		byRoom:    newTries(roomTries, roomWindow),
		reserve:   newTries(reserveTries, reserveWindow),
	}
}

// check tells whether g may try now, and counts nothing.
func (gs *guesses) check(g guesser) error {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	return gs.checkLocked(g)
}

func (gs *guesses) checkLocked(g guesser) error {
	wait := max(gs.bySession.wait(string(g.Session)), gs.byAddress.wait(g.Source))
	if wait == 0 {
		wait = gs.byRoom.wait(string(g.room))
		if wait > 0 && g.known {
			wait = min(wait, gs.reserve.wait(string(g.Session)))
		}
	}
	if wait > 0 {
		return &TriesError{RetryAfter: wait}
	}
	return nil
}

// begin counts a try. If it turns out right, call right.
func (gs *guesses) begin(g guesser) (right func(), err error) {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	if err := gs.checkLocked(g); err != nil {
		return nil, err
	}
	room, key := gs.byRoom, string(g.room)
	if gs.byRoom.wait(key) > 0 {
		room, key = gs.reserve, string(g.Session)
	}
	counted := map[*tries]string{gs.bySession: string(g.Session), gs.byAddress: g.Source, room: key}
	for t, key := range counted {
		t.add(key)
	}
	return func() {
		gs.mu.Lock()
		defer gs.mu.Unlock()
		for t, key := range counted {
			t.giveBack(key)
		}
	}, nil
}

// anew forgets how often a room was tried: its password is another one.
func (gs *guesses) anew(id ID) {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	gs.byRoom.forget(string(id))
}
