package handlers

import (
	"sync"
	"time"
)

// How many uploads may be under way. Each holds a file, some 100 KiB of memory
// and a slow phone's patience.
const (
	maxUploads        = 64
	maxVisitorUploads = 3 // of one session; our page sends one after another

	// uploadRetry is when a refused one may come again: most take less.
	uploadRetry = 2 * time.Second
)

// uploads counts those under way. Who finds no place is told so at once: to
// wait would cost what the bound is to save.
type uploads struct {
	mu     sync.Mutex
	closed bool // guarded by mu
	all    int
	by     map[string]int // by session, guarded by mu
}

func newUploads() *uploads { return &uploads{by: make(map[string]int)} }

// enter takes a place. It returns a rateError when the visitor's are taken, and
// a busyError when all are.
func (u *uploads) enter(session string) (leave func(), err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.by[session] >= maxVisitorUploads:
		return nil, &rateError{retryAfter: uploadRetry}
	case u.closed, u.all >= maxUploads:
		return nil, &busyError{retryAfter: uploadRetry}
	}
	u.all++
	u.by[session]++
	return func() { u.leave(session) }, nil
}

func (u *uploads) leave(session string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.all--
	if u.by[session]--; u.by[session] == 0 {
		delete(u.by, session)
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
