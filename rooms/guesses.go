package rooms

import (
	"sync"
	"time"
)

// How often passwords may be guessed wrongly: by one session and from one
// address, anywhere, and by all together in one room, since sessions and
// addresses cost a stranger little. When a room's tries are used up, each
// address has a few of its own left, so that whoever used them up has not locked
// the others out.
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
	reserve   *tries // by address
}

func newGuesses() *guesses {
	return &guesses{
		bySession: newTries(sourceTries, sourceWindow),
		byAddress: newTries(sourceTries, sourceWindow),
		byRoom:    newTries(roomTries, roomWindow),
		reserve:   newTries(reserveTries, reserveWindow),
	}
}

// check tells whether v may try now, and counts nothing.
func (g *guesses) check(v Visitor, id ID) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.checkLocked(v, id)
}

func (g *guesses) checkLocked(v Visitor, id ID) error {
	wait := max(g.bySession.wait(string(v.Session)), g.byAddress.wait(v.Source))
	if wait == 0 {
		wait = g.byRoom.wait(string(id))
		if wait > 0 && v.Source != "" {
			wait = min(wait, g.reserve.wait(v.Source))
		}
	}
	if wait > 0 {
		return &TriesError{RetryAfter: wait}
	}
	return nil
}

// begin counts a try. If it turns out right, call right.
func (g *guesses) begin(v Visitor, id ID) (right func(), err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.checkLocked(v, id); err != nil {
		return nil, err
	}
	room, key := g.byRoom, string(id)
	if g.byRoom.wait(key) > 0 {
		room, key = g.reserve, v.Source
	}
	counted := map[*tries]string{g.bySession: string(v.Session), g.byAddress: v.Source, room: key}
	for t, key := range counted {
		t.add(key)
	}
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		for t, key := range counted {
			t.giveBack(key)
		}
	}, nil
}
