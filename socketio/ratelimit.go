package socketio

import (
	"maps"
	"math"
	"sync"
	"time"
)

// RateLimit returns middleware that refuses the events of a socket above a
// rate. A socket can send burst events at once. It regains perSecond of them
// each second.
//
// The refusal has the message "Too many events", and its data are
// {"retryAfter": n} with the milliseconds until the next event is accepted. A
// refused event does not count. The middleware can be added to several
// namespaces. Each socket has a rate of its own, which a client starts anew by
// connecting to the namespace again, at most Limits.MaxConnects times a minute:
//
//	chat.UseEvents(socketio.RateLimit(5, 20))
//
// RateLimit panics if perSecond or burst is not positive.
func RateLimit(perSecond float64, burst int) EventMiddleware {
	if !(perSecond > 0) || burst < 1 {
		panic("socketio: RateLimit needs a positive rate and a positive burst")
	}
	l := newRateLimit(perSecond, burst)
	return func(e *Event, next func() error) error {
		if err := l.admit(e.Socket.id); err != nil {
			return err
		}
		return next()
	}
}

func newRateLimit(perSecond float64, burst int) *rateLimit {
	longest := float64(math.MaxInt64/4) / float64(burst) // so that no sum overflows
	interval := time.Duration(min(max(1, float64(time.Second)/perSecond), longest))
	return &rateLimit{
		interval: interval, tolerance: interval * time.Duration(burst-1),
		start: time.Now(), due: make(map[SocketID]time.Duration), sweepAt: minSweep,
	}
}

// minSweep is the number of sockets below which idle ones are not looked for.
const minSweep = 1024

// rateLimit is a generic cell rate algorithm: an event is accepted if the
// socket's time is at most tolerance ahead of the clock, and moves it by
// interval.
type rateLimit struct {
	// Immutable.
	interval, tolerance time.Duration
	start               time.Time

	mu      sync.Mutex
	due     map[SocketID]time.Duration // since start; guarded by mu
	sweepAt int                        // guarded by mu; the size of due at which idle sockets are removed
}

func (l *rateLimit) admit(id SocketID) error {
	now := time.Since(l.start)
	l.mu.Lock()
	defer l.mu.Unlock()
	due := max(l.due[id], now)
	if wait := due - now - l.tolerance; wait > 0 {
		retryAfter := (wait + time.Millisecond - 1).Milliseconds()
		return &Error{Message: "Too many events", Data: map[string]int64{"retryAfter": retryAfter}}
	}
	l.due[id] = due + l.interval
	if len(l.due) >= l.sweepAt {
		l.sweepLocked(now)
	}
	return nil
}

// sweepLocked removes the sockets that have regained their whole burst.
func (l *rateLimit) sweepLocked(now time.Duration) {
	maps.DeleteFunc(l.due, func(_ SocketID, due time.Duration) bool { return due <= now })
	l.sweepAt = max(minSweep, 2*len(l.due))
}
