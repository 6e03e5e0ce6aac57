package logline

import (
	"maps"
	"slices"
	"sync"
	"time"

	"gifchat/handlers/timers"
)

// Throttle limits log lines that any client can cause. At most `most` lines of a
// kind pass in any window. Further lines are counted, and the count is reported at
// the end of the window. Kinds must be few: a Throttle keeps each until its end.
//
// A bucket of package ratelimit would let twice its burst pass within a window: docs/decisions/0030-limits-and-typed-requests.md.
type Throttle[K comparable] struct {
	// Immutable.
	most   int
	window time.Duration
	report func(kind K, held int)

	timers timers.Group
	mu     sync.Mutex
	kinds  map[K]*kindState // guarded by mu
}

// kindState is the state of one kind.
type kindState struct {
	passed []time.Time // when the last lines passed, a ring
	oldest int         // index in passed, once the ring is full
	held   int         // lines since the last report
}

// NewThrottle returns a throttle that calls report with the number of lines of a
// kind that were held back. report may be nil.
func NewThrottle[K comparable](most int, window time.Duration, report func(kind K, held int)) *Throttle[K] {
	return &Throttle[K]{most: most, window: window, report: report, kinds: make(map[K]*kindState)}
}

// Once limits lines of a single kind to one a minute.
type Once struct{ lines *Throttle[struct{}] }

// NewOnce returns a Once that calls report with the number of lines held back.
func NewOnce(report func(held int)) Once {
	return Once{NewThrottle(1, time.Minute, func(_ struct{}, held int) { report(held) })}
}

// Pass reports whether a line may be written now.
func (o Once) Pass() bool { return o.lines.Pass(struct{}{}) }

// Close reports the lines held back, as Throttle.Close does.
func (o Once) Close() { o.lines.Close() }

// Pass reports whether a line of a kind may be written now.
func (t *Throttle[K]) Pass(kind K) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.kinds[kind]
	if k == nil {
		k = new(kindState)
		t.kinds[kind] = k
	}
	now := time.Now()
	switch {
	case len(k.passed) < t.most:
		k.passed = append(k.passed, now)
		return true
	case now.Sub(k.passed[k.oldest]) >= t.window:
		k.passed[k.oldest] = now
		k.oldest = (k.oldest + 1) % t.most
		return true
	}
	if k.held++; k.held == 1 && t.report != nil {
		t.timers.After(t.window, func() { t.flush(kind) })
	}
	return false
}

// flush reports the lines of a kind that were held back.
func (t *Throttle[K]) flush(kind K) {
	t.mu.Lock()
	held := t.kinds[kind].held
	t.kinds[kind].held = 0
	t.mu.Unlock()
	if held > 0 && t.report != nil {
		t.report(kind, held)
	}
}

// Close stops the timers and reports what is still held back. A later Close
// reports what was held back after the first.
func (t *Throttle[K]) Close() {
	t.timers.Close()
	t.mu.Lock()
	kinds := slices.Collect(maps.Keys(t.kinds))
	t.mu.Unlock()
	for _, kind := range kinds {
		t.flush(kind)
	}
}
