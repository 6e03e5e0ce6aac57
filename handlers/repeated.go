package handlers

import (
	"sync"
	"time"
)

// repeatedPause is how long a line that anybody can cause is not said again.
const repeatedPause = time.Minute

// repeated says a line that anybody can cause, at most once in a while. The zero
// value is ready.
type repeated struct {
	mu     sync.Mutex
	next   time.Time // guarded by mu; when it may be said again
	unsaid int       // guarded by mu; how often it was not
}

// say calls line, with how often it was not said since the last time, unless
// that was just now.
func (r *repeated) say(line func(more int)) {
	r.mu.Lock()
	if time.Now().Before(r.next) {
		r.unsaid++
		r.mu.Unlock()
		return
	}
	more := r.unsaid
	r.unsaid, r.next = 0, time.Now().Add(repeatedPause)
	r.mu.Unlock()
	line(more)
}
