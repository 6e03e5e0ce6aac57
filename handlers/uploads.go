package handlers

import (
	"sync"
	"time"
)

const (
	// How many uploads may be in progress. Each holds a file, some 100 KiB of
	// memory and a slow phone's patience.
	maxUploads        = 64
	maxVisitorUploads = 3 // of one session; our page sends one after another

	// maxSourceShare is how many of the places one address may keep while
	// others find none: a class of 30 and more.
	maxSourceShare = maxUploads / 2

	// An upload that is slower than slowUpload, in bytes a second, gives way
	// when places are short, but not in its first uploadGrace.
	slowUpload  = 64 << 10
	uploadGrace = 2 * time.Second

	// uploadRetry is when a refused one may come again: most take less.
	uploadRetry = 2 * time.Second
)

// uploads is the set of uploads in progress. An upload that finds no place is
// refused at once: to wait would cost what the bound is to save.
type uploads struct {
	mu        sync.Mutex
	closed    bool                 // guarded by mu, as is all that follows
	active    map[*upload]struct{} // at most maxUploads
	bySession map[string]int
	bySource  map[string]int
}

// upload is one in progress.
type upload struct {
	session, source string
	body            *pacedBody
}

func newUploads() *uploads {
	return &uploads{active: make(map[*upload]struct{}), bySession: make(map[string]int), bySource: make(map[string]int)}
}

// enter takes a place for an upload, if need be that of another one, which is
// cut with a busyError. It returns a rateError when the visitor's places are
// taken, and a busyError when all are or after close.
func (u *uploads) enter(n *upload) (leave func(), err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	busy := &busyError{retryAfter: uploadRetry}
	switch {
	case u.closed:
		return nil, busy
	case u.bySession[n.session] >= maxVisitorUploads:
		return nil, &rateError{retryAfter: uploadRetry}
	case len(u.active) >= maxUploads:
		victim := u.victimLocked(n)
		if victim == nil || !victim.body.cut(busy) {
			return nil, busy
		}
		u.removeLocked(victim)
	}
	u.active[n] = struct{}{}
	u.bySession[n.session]++
	u.bySource[n.source]++
	return func() { u.leave(n) }, nil
}

// victimLocked returns the upload that gives way to n, or nil. The addresses
// with the most uploads come first, so that a phone on a bad network outlasts
// an attacker; of one address's uploads, the one that loses least.
func (u *uploads) victimLocked(n *upload) (victim *upload) {
	now := time.Now()
	var most int
	var least int64
	for v := range u.active {
		received, rate, complete := v.body.progress(now)
		slow := rate < slowUpload && now.Sub(v.body.start) > uploadGrace
		if complete || !u.givesWayLocked(v, n, slow) {
			continue
		}
		held := u.bySource[v.source]
		if victim == nil || held > most || held == most && received < least {
			victim, most, least = v, held, received
		}
	}
	return victim
}

// givesWayLocked reports whether v may be cut for n: because it is slow and its
// address holds no fewer places than that of n, or because its address holds
// more than its share. The latter needs no proof of slowness, which an attacker
// who starts again and again would never give.
func (u *uploads) givesWayLocked(v, n *upload, slow bool) bool {
	held := u.bySource[v.source]
	if held > maxSourceShare && v.source != n.source {
		return true
	}
	return slow && held >= u.bySource[n.source]
}

func (u *uploads) leave(n *upload) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, ok := u.active[n]; ok { // else it gave way
		u.removeLocked(n)
	}
}

func (u *uploads) removeLocked(n *upload) {
	delete(u.active, n)
	decrement(u.bySession, n.session)
	decrement(u.bySource, n.source)
}

func decrement(counts map[string]int, key string) {
	if counts[key]--; counts[key] == 0 {
		delete(counts, key)
	}
}

// close refuses uploads from now on.
func (u *uploads) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.closed = true
}

// busyError refuses what the server has no place for at the moment.
type busyError struct{ retryAfter time.Duration }

func (e *busyError) Error() string { return "busy: retry after " + e.retryAfter.String() }
