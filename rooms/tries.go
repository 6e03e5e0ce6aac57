package rooms

import (
	"sync"
	"time"
)

// How often passwords may be guessed: by one session anywhere, and by all
// together in one room, since a session costs a stranger nothing.
const (
	sessionTries  = 10
	sessionWindow = 3 * time.Minute
	roomTries     = 100
	roomWindow    = time.Hour
)

// maxTried bounds the memory of tries: 10,000 keys of at most 100 moments take
// 8 MB, with the limit of a session under 2 MB.
const maxTried = 10_000

// tries counts, for each key, what happened within a sliding window.
type tries struct {
	limit  int
	window time.Duration
	start  time.Time

	mu   sync.Mutex
	when map[string][]time.Duration // since start, oldest first, never empty
}

func newTries(limit int, window time.Duration) *tries {
	return &tries{limit: limit, window: window, start: time.Now(), when: make(map[string][]time.Duration)}
}

// take counts a try, or returns false if there were too many.
func (t *tries) take(key string) bool {
	now := time.Since(t.start)
	t.mu.Lock()
	defer t.mu.Unlock()
	recent := t.when[key]
	for len(recent) > 0 && now-recent[0] >= t.window {
		recent = recent[1:]
	}
	if len(recent) >= t.limit {
		return false
	}
	if _, known := t.when[key]; !known && len(t.when) >= maxTried {
		t.makeRoom(now)
	}
	t.when[key] = append(recent, now)
	return true
}

// giveBack uncounts the latest try, which has turned out right.
func (t *tries) giveBack(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	recent := t.when[key]
	if len(recent) <= 1 {
		delete(t.when, key)
		return
	}
	t.when[key] = recent[:len(recent)-1]
}

// makeRoom forgets the keys whose window is over, and if there are none the
// one that has been quiet for longest: whoever wants to be forgotten so has to
// guess with ten thousand others first.
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
	if len(t.when) >= maxTried {
		delete(t.when, quietest)
	}
}
