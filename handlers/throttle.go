package handlers

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// throttle bounds log lines that anybody can cause. Of each kind at most `most`
// lines pass in any window; what is held back is counted, and reported once the
// window is over. The kinds must be few: they are never forgotten.
type throttle[K comparable] struct {
	// Immutable.
	most   int
	window time.Duration
	report func(kind K, held int)

	timers timers
	mu     sync.Mutex
	kinds  map[K]*passed // guarded by mu
}

// passed is what a throttle knows of one kind.
type passed struct {
	at     []time.Time // of the last lines that passed, as a ring
	oldest int         // in at, once it is full
	held   int         // since the last report
}

func newThrottle[K comparable](most int, window time.Duration, report func(K, int)) *throttle[K] {
	return &throttle[K]{most: most, window: window, report: report, kinds: make(map[K]*passed)}
}

// newRareLine returns a throttle for lines of one kind: one a minute.
func newRareLine(report func(held int)) *throttle[struct{}] {
	return newThrottle(1, time.Minute, func(_ struct{}, held int) { report(held) })
}

// pass reports whether a line may be written now.
func (t *throttle[K]) pass(kind K) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.kinds[kind]
	if p == nil {
		p = new(passed)
		t.kinds[kind] = p
	}
	now := time.Now()
	switch {
	case len(p.at) < t.most:
		p.at = append(p.at, now)
		return true
	case now.Sub(p.at[p.oldest]) >= t.window:
		p.at[p.oldest] = now
		p.oldest = (p.oldest + 1) % t.most
		return true
	}
	if p.held++; p.held == 1 {
		t.timers.after(t.window, func() { t.flush(kind) })
	}
	return false
}

// flush reports what was held back of a kind.
func (t *throttle[K]) flush(kind K) {
	t.mu.Lock()
	held := t.kinds[kind].held
	t.kinds[kind].held = 0
	t.mu.Unlock()
	if held > 0 {
		t.report(kind, held)
	}
}

// close stops the timers and reports what is still held back. It may be called
// again, for what was held back since.
func (t *throttle[K]) close() {
	t.timers.close()
	t.mu.Lock()
	kinds := slices.Collect(maps.Keys(t.kinds))
	t.mu.Unlock()
	for _, kind := range kinds {
		t.flush(kind)
	}
}
