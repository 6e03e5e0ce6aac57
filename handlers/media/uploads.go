package media

import (
	"math"
	"sync"
	"time"

	"gifchat/handlers/input"
	"gifchat/handlers/refusal"
	"gifchat/ratelimit"
)

const (
	// maxUploads is how many uploads may be in progress. Each holds an open file and
	// about 100 KiB of memory.
	maxUploads = 64

	// maxVisitorUploads is how many of them one session may have. Our page sends one
	// after another.
	maxVisitorUploads = 3

	// maxSourceShare is how many uploads an address may keep while others wait: a class
	// of more than 30.
	maxSourceShare = maxUploads / 2

	// slowUpload is the rate, in bytes a second, below which an upload is cut when all
	// places are taken, but not in its first uploadGrace.
	slowUpload  = 64 << 10
	uploadGrace = 2 * time.Second

	// uploadRetry is when a refused upload may be sent again. Most uploads take less.
	uploadRetry = 2 * time.Second
)

// uploads is the set of uploads in progress. An upload beyond the cap is refused at
// once: a queue would cost what the cap saves.
type uploads struct {
	mu        sync.Mutex
	closed    bool                 // guarded by mu, as are all fields below
	active    map[*upload]struct{} // at most maxUploads
	bySession *ratelimit.Counter[string]
	bySource  *ratelimit.Counter[string]
}

// upload is an upload in progress.
type upload struct {
	session, source string
	body            *input.Body
}

func newUploads() *uploads {
	return &uploads{
		active:    make(map[*upload]struct{}),
		bySession: ratelimit.NewCounter[string](math.MaxInt, maxVisitorUploads),
		bySource:  ratelimit.NewCounter[string](math.MaxInt, math.MaxInt),
	}
}

// begin adds an upload. If the set is full, it cuts another upload with a
// refusal.BusyError, or refuses the new one with that error. It returns a
// ratelimit.ExceededError if the session has maxVisitorUploads already.
func (u *uploads) begin(n *upload) (end func(), err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	busy := &refusal.BusyError{RetryAfter: uploadRetry}
	if u.closed {
		return nil, busy
	}
	if !u.bySession.Acquire(n.session) {
		return nil, &ratelimit.ExceededError{RetryAfter: uploadRetry}
	}
	if len(u.active) >= maxUploads {
		victim := u.victimLocked(n)
		if victim == nil || !victim.body.Cut(busy) {
			u.bySession.Release(n.session)
			return nil, busy
		}
		u.removeLocked(victim)
	}
	u.active[n] = struct{}{}
	u.bySource.Acquire(n.source)
	return func() { u.end(n) }, nil
}

// victimLocked returns the upload to cut for n, or nil. Uploads of the addresses with
// the most uploads come first, so that a phone on a bad network outlasts an attacker.
// Of one address's uploads it returns the one that has received least.
func (u *uploads) victimLocked(n *upload) (victim *upload) {
	var most int
	var least int64
	for v := range u.active {
		progress := v.body.Progress()
		slow := progress.Rate < slowUpload && progress.Age > uploadGrace
		if progress.Complete || !u.mayCut(v, n, slow) {
			continue
		}
		held := u.bySource.Count(v.source)
		if victim == nil || held > most || held == most && progress.Received < least {
			victim, most, least = v, held, progress.Received
		}
	}
	return victim
}

// mayCut reports whether v may be cut for n: because v is slow and its address has at
// least as many uploads as that of n, or because its address has more than its share.
// The second rule needs no slow upload: an attacker that starts again and again never
// has one.
func (u *uploads) mayCut(v, n *upload, slow bool) bool {
	held := u.bySource.Count(v.source)
	if held > maxSourceShare && v.source != n.source {
		return true
	}
	return slow && held >= u.bySource.Count(n.source)
}

func (u *uploads) end(n *upload) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, ok := u.active[n]; ok { // begin has removed an upload that it cut for another
		u.removeLocked(n)
	}
}

func (u *uploads) removeLocked(n *upload) {
	delete(u.active, n)
	u.bySession.Release(n.session)
	u.bySource.Release(n.source)
}

// close refuses uploads from now on.
func (u *uploads) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.closed = true
}
