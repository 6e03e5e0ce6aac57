package engineio

import (
	"errors"
	"os"
	"sync"
	"time"
)

// errStalled tells that the peer has made no progress for StallTimeout.
var errStalled = errors.New("engineio: no progress")

// pace is what counts as progress: least bytes in each window.
type pace struct {
	window time.Duration
	least  int64
}

func (l *Limits) pace() pace {
	return pace{l.StallTimeout, int64(float64(l.MinRate) * l.StallTimeout.Seconds())}
}

// blindRate is how many bytes per second a client has to take where nothing tells how
// many it has taken.
const blindRate = 8 << 10

// TimeFor returns how long a client may take for so many bytes where its progress
// cannot be seen: StallTimeout, and a second for each 8 KiB.
func (l *Limits) TimeFor(bytes int) time.Duration {
	return l.StallTimeout + time.Duration(bytes)*time.Second/blindRate
}

// meter judges, window by window, whether a peer takes what is written to it.
type meter struct {
	pace pace

	mu   sync.Mutex
	end  time.Time // of the window; guarded by mu, as is goal
	goal int64     // the count of bytes taken that has to be reached by then
}

// progress tells what a peer has taken of what was written to it so far, and how many
// bytes are on their way to it.
type progress func() (taken, underWay int64)

// newMeter returns a meter whose first window begins now.
func newMeter(p pace, now progress) *meter {
	m := &meter{pace: p}
	m.begin(now())
	return m
}

// begin begins a window. mu is held, or nobody else has m.
func (m *meter) begin(taken, underWay int64) {
	m.end = time.Now().Add(m.pace.window)
	m.goal = taken + max(1, min(m.pace.least, underWay))
}

// deadline returns the end of the window.
func (m *meter) deadline() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.end
}

// check reports whether the peer makes progress. At the end of a window that had
// enough of it the next one begins.
func (m *meter) check(now progress) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if time.Now().Before(m.end) {
		return true
	}
	taken, underWay := now()
	if taken < m.goal {
		return false
	}
	m.begin(taken, underWay)
	return true
}

// watch calls expire when the peer makes no progress, until stop is called. It is for
// writers that a timeout would break: a tls.Conn cannot be written to after one, and
// net/http writes a whole answer in one call.
func (m *meter) watch(now progress, expire func()) (stop func()) {
	var timer *time.Timer
	var mu sync.Mutex
	stopped := false
	look := func() {
		mu.Lock()
		defer mu.Unlock()
		if stopped {
			return
		}
		if !m.check(now) {
			expire()
			return
		}
		timer.Reset(time.Until(m.deadline()))
	}
	mu.Lock()
	timer = time.AfterFunc(time.Until(m.deadline()), look)
	mu.Unlock()
	return func() {
		mu.Lock()
		defer mu.Unlock()
		stopped = true
		timer.Stop()
	}
}

// expired turns the timeout of a write that watch has ended into errStalled.
func expired(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errStalled
	}
	return err
}
