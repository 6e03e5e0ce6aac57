// Package memory returns unused memory to the operating system.
package memory

import (
	"sync"
	"time"

	"gifchat/handlers/timers"
	"gifchat/socketio"
)

// A handshake leaves ten times as much garbage as its connection keeps. After a
// thousand handshakes at once, for example after a restart, the runtime would
// return that memory to the operating system only over minutes.
const (
	minChanges   = 500                    // connections opened or closed; a quarter of all, if that is more
	quiet        = 500 * time.Millisecond // period with at most quietChanges of them
	quietChanges = 20
)

// Returner is a socketio.Observer that calls a function, such as
// debug.FreeOSMemory, when a wave of connections that opened or closed is over.
type Returner struct {
	free  func()
	later timers.Group

	mu       sync.Mutex
	open     int  // connections; guarded by mu, as are the next fields
	changes  int  // since the last call of free
	watching bool // checkQuiet will run
}

var _ socketio.Observer = (*Returner)(nil)

// NewReturner returns a Returner. It calls free in a goroutine of its own.
func NewReturner(free func()) *Returner { return &Returner{free: free} }

// Close waits until a call of free has returned. No further call follows.
func (r *Returner) Close() { r.later.Close() }

// Observe counts connections (socketio.Observer). Connections that end with the
// server do not count, because the process ends.
func (r *Returner) Observe(o socketio.Observation) {
	switch o := o.(type) {
	case socketio.ConnOpened:
		r.change(+1)
	case socketio.ConnClosed:
		if o.Reason != socketio.ReasonServerShutdown {
			r.change(-1)
		}
	}
}

func (r *Returner) change(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open += n
	r.changes++
	if !r.watching && r.changes >= max(minChanges, r.open/4) {
		r.watchLocked()
	}
}

func (r *Returner) watchLocked() {
	r.watching = true
	before := r.changes
	r.later.After(quiet, func() { r.checkQuiet(before) })
}

// checkQuiet calls free if few connections have opened or closed since the count
// was before, and otherwise waits for another period.
func (r *Returner) checkQuiet(before int) {
	r.mu.Lock()
	if r.changes-before > quietChanges {
		r.watchLocked()
		r.mu.Unlock()
		return
	}
	r.changes, r.watching = 0, false
	r.mu.Unlock()
	r.free()
}
