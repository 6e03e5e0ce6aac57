package rooms

import (
	"sync"
	"time"
)

// The limits of wrong passwords: of one session and of one address in all rooms, and of
// all newcomers together in one room, because sessions and addresses are cheap.
// Returning members are counted separately, each and all together, so newcomers who use
// up a room's attempts do not lock them out.
const (
	sourceAttempts    = 10
	sourceWindow      = 3 * time.Minute
	roomAttempts      = 100
	returningAttempts = 10
	roomWindow        = time.Hour
)

// The limit of passwords that are hashed for one address, right ones included: enough
// for a few school classes. Without it, a visitor who knows one password could occupy the
// hasher by entering and leaving.
const (
	addressHashes = 200
	hashesWindow  = time.Minute
)

// attempts limits password attempts. It is a cache of this process: a second process has
// limits of its own, so a visitor who reaches both has twice as many attempts.
type attempts struct {
	mu                 sync.Mutex
	perSession         *slidingLog // wrong passwords; guarded by mu, as are the fields below
	perAddress         *slidingLog // wrong passwords
	perRoom            *slidingLog // wrong passwords of newcomers
	perReturningMember *slidingLog // wrong passwords, by room and session
	returningPerRoom   *slidingLog // wrong passwords of all returning members
	hashesPerAddress   *slidingLog // all passwords
}

// attempt is a visitor who tries to enter a private room.
type attempt struct {
	Visitor
	room      ID   // from the store: an id from a request would keep the request's memory
	returning bool // was a member before
}

func newAttempts() *attempts {
	return &attempts{
		perSession:         newSlidingLog(sourceAttempts, sourceWindow, maxKeys),
		perAddress:         newSlidingLog(sourceAttempts, sourceWindow, maxKeys),
		perRoom:            newSlidingLog(roomAttempts, roomWindow, maxRoomKeys),
		perReturningMember: newSlidingLog(returningAttempts, roomWindow, maxKeys),
		returningPerRoom:   newSlidingLog(roomAttempts, roomWindow, maxRoomKeys),
		hashesPerAddress:   newSlidingLog(addressHashes, hashesWindow, maxKeys),
	}
}

// check returns a TriesError if the visitor has to wait. It counts nothing.
func (as *attempts) check(a attempt) error {
	as.mu.Lock()
	defer as.mu.Unlock()
	wait := max(as.perSession.wait(string(a.Session)), as.perAddress.wait(a.Source), as.hashesPerAddress.wait(a.Source))
	if a.returning {
		wait = max(wait, as.perReturningMember.wait(a.memberKey()), as.returningPerRoom.wait(string(a.room)))
	} else {
		wait = max(wait, as.perRoom.wait(string(a.room)))
	}
	if wait > 0 {
		return &TriesError{RetryAfter: wait}
	}
	return nil
}

// count counts a password that was hashed, and whether it was right.
func (as *attempts) count(a attempt, right bool) {
	as.mu.Lock()
	defer as.mu.Unlock()
	as.hashesPerAddress.add(a.Source)
	if right {
		return
	}
	as.perSession.add(string(a.Session))
	as.perAddress.add(a.Source)
	if a.returning {
		as.perReturningMember.add(a.memberKey())
		as.returningPerRoom.add(string(a.room))
	} else {
		as.perRoom.add(string(a.room))
	}
}

// memberKey returns the key of a session in a room.
func (a attempt) memberKey() string { return memberKeyPrefix(a.room) + string(a.Session) }

func memberKeyPrefix(id ID) string { return string(id) + " " }

// forget deletes the counts of a room: the room was removed, or has another password.
func (as *attempts) forget(id ID) {
	as.mu.Lock()
	defer as.mu.Unlock()
	as.perRoom.forget(string(id))
	as.returningPerRoom.forget(string(id))
	as.perReturningMember.forgetPrefix(memberKeyPrefix(id))
}
