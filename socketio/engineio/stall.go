package engineio

import (
	"errors"
	"os"
	"sync"
	"time"
)

// errStalled is the error of a write without progress for StallTimeout.
var errStalled = errors.New("engineio: no progress")

// minProgress is the number of bytes that must be transferred in each window.
type minProgress struct {
	window time.Duration
	bytes  int64
}

func (l *Limits) minProgress() minProgress {
	return minProgress{l.StallTimeout, int64(float64(l.MinRate) * l.StallTimeout.Seconds())}
}

// fallbackRate is the minimum rate in bytes per second where the operating system does
// not report progress.
const fallbackRate = 8 << 10

// writeTimeout returns the time limit for sending the given number of bytes where the
// operating system does not report progress: StallTimeout plus a second per 8 KiB.
func (l *Limits) writeTimeout(bytes int) time.Duration {
	return l.StallTimeout + time.Duration(bytes)*time.Second/fallbackRate
}

// stallDetector checks in each window whether a peer receives the data written to it.
type stallDetector struct {
	minimum minProgress

	mu   sync.Mutex
	end  time.Time // end of the window; mu guards this and goal
	goal int64     // acknowledged bytes required by then
}

// progressFunc returns the number of bytes that a peer has acknowledged so far and the
// number in flight to it.
type progressFunc func() (acked, inFlight int64)

// newStallDetector returns a detector whose first window starts now.
func newStallDetector(minimum minProgress, now progressFunc) *stallDetector {
	d := &stallDetector{minimum: minimum}
	d.beginWindowLocked(now())
	return d
}

// beginWindowLocked starts a window. mu is held, or no other goroutine has d yet.
func (d *stallDetector) beginWindowLocked(acked, inFlight int64) {
	d.end = time.Now().Add(d.minimum.window)
	d.goal = acked + max(1, min(d.minimum.bytes, inFlight))
}

// deadline returns the end of the window.
func (d *stallDetector) deadline() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.end
}

// progressing reports whether the peer makes progress. At the end of a window with
// enough progress it starts the next one.
func (d *stallDetector) progressing(now progressFunc) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if time.Now().Before(d.end) {
		return true
	}
	acked, inFlight := now()
	if acked < d.goal {
		return false
	}
	d.beginWindowLocked(acked, inFlight)
	return true
}

// watch calls expire when the peer makes no progress, until stop is called. It is for
// writers that cannot continue after a timeout: a tls.Conn rejects writes after one,
// and net/http writes a whole response in one call.
func (d *stallDetector) watch(now progressFunc, expire func()) (stop func()) {
	var timer *time.Timer
	var mu sync.Mutex
	stopped := false
	check := func() {
		mu.Lock()
		defer mu.Unlock()
		if stopped {
			return
		}
		if !d.progressing(now) {
			expire()
			return
		}
		timer.Reset(time.Until(d.deadline()))
	}
	mu.Lock()
	timer = time.AfterFunc(time.Until(d.deadline()), check)
	mu.Unlock()
	return func() {
		mu.Lock()
		defer mu.Unlock()
		stopped = true
		timer.Stop()
	}
}

// stallError returns errStalled for a write that watch has ended by a timeout.
func stallError(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errStalled
	}
	return err
}
