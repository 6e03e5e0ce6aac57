package rooms

import (
	"maps"
	"strings"
	"time"
)

// How many keys are kept, of which those whose window is over go within another
// one. 10,000 sessions or addresses with ten moments each take under 2 MB. There
// are as many rooms as MAX_ROOMS is by default, so that nobody makes one be
// forgotten by guessing at others; no more than some 200,000 passwords are hashed
// in an hour, so they take 15 MB at most.
const (
	maxTried      = 10_000
	maxTriedRooms = 100_000
)

// tries counts, for each key, what happened within a sliding window. The empty
// key is nobody's: it has no limit. Who uses it guards it.
type tries struct {
	limit  int
	window time.Duration
	keys   int // the most
	start  time.Time
	swept  time.Duration              // since start
	when   map[string][]time.Duration // since start, oldest first, never empty
}

func newTries(limit int, window time.Duration, keys int) *tries {
	return &tries{limit: limit, window: window, keys: keys, start: time.Now(), when: make(map[string][]time.Duration)}
}

// wait returns how long it is until key may try again; 0 for now.
func (t *tries) wait(key string) time.Duration {
	recent := t.recent(key)
	if key == "" || len(recent) < t.limit {
		return 0
	}
	return recent[len(recent)-t.limit] + t.window - time.Since(t.start)
}

// add counts a try.
func (t *tries) add(key string) {
	if key == "" {
		return
	}
	now := time.Since(t.start)
	if now-t.swept >= t.window {
		t.sweep(now)
	}
	recent := t.recent(key)
	if _, known := t.when[key]; !known && len(t.when) >= t.keys {
		t.makeRoom(now)
	}
	t.when[key] = append(recent, now)
}

// recent returns the tries of a key that are within the window.
func (t *tries) recent(key string) []time.Duration {
	recent := t.when[key]
	for len(recent) > 0 && time.Since(t.start)-recent[0] >= t.window {
		recent = recent[1:]
	}
	return recent
}

func (t *tries) forget(key string) { delete(t.when, key) }

func (t *tries) forgetAll(prefix string) {
	maps.DeleteFunc(t.when, func(key string, _ []time.Duration) bool { return strings.HasPrefix(key, prefix) })
}

// sweep forgets the keys whose window is over.
func (t *tries) sweep(now time.Duration) {
	t.swept = now
	maps.DeleteFunc(t.when, func(_ string, recent []time.Duration) bool { return now-recent[len(recent)-1] >= t.window })
}

// makeRoom forgets the keys whose window is over, and if there are none the
// one that has been quiet for longest: whoever wants to be forgotten so has to
// guess with all the others first.
func (t *tries) makeRoom(now time.Duration) {
	t.sweep(now)
	if len(t.when) < t.keys {
		return
	}
	var quietest string
	last := now + 1
	for key, recent := range t.when {
		if latest := recent[len(recent)-1]; latest < last {
			quietest, last = key, latest
		}
	}
	delete(t.when, quietest)
}
