package rooms

import "time"

// How many keys are kept. 10,000 sessions or addresses with ten moments each take
// under 2 MB. There are as many rooms as MAX_ROOMS is by default, so that nobody
// makes one be forgotten by guessing at others; no more than some 200,000
// passwords are hashed in an hour, so they take 15 MB at most.
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
	recent := t.recent(key)
	if _, known := t.when[key]; !known && len(t.when) >= t.keys {
		t.makeRoom(time.Since(t.start))
	}
	t.when[key] = append(recent, time.Since(t.start))
}

// recent returns the tries of a key that are within the window.
func (t *tries) recent(key string) []time.Duration {
	recent := t.when[key]
	for len(recent) > 0 && time.Since(t.start)-recent[0] >= t.window {
		recent = recent[1:]
	}
	return recent
}

// giveBack uncounts the latest try, which has turned out right.
func (t *tries) giveBack(key string) {
	recent := t.when[key]
	if len(recent) <= 1 {
		delete(t.when, key)
		return
	}
	t.when[key] = recent[:len(recent)-1]
}

func (t *tries) forget(key string) { delete(t.when, key) }

// makeRoom forgets the keys whose window is over, and if there are none the
// one that has been quiet for longest: whoever wants to be forgotten so has to
// guess with all the others first.
func (t *tries) makeRoom(now time.Duration) {
	var quietest string
	last := now + 1
	for key, recent := range t.when {
		latest := recent[len(recent)-1]
		if now-latest >= t.window {
			delete(t.when, key)
			continue
		}
		if latest < last {
			quietest, last = key, latest
		}
	}
	if len(t.when) >= t.keys {
		delete(t.when, quietest)
	}
}
