package rooms

import (
	"maps"
	"strings"
	"time"
)

// The largest number of keys of a slidingLog. 10,000 sessions or addresses with ten
// events each take less than 2 MB. There are as many keys of rooms as MAX_ROOMS has by
// default, so attempts in other rooms evict no room. The hasher computes at most some
// 200,000 passwords an hour, so these logs take at most 15 MB.
const (
	maxKeys     = 10_000
	maxRoomKeys = 100_000
)

// slidingLog counts the events of each key within a sliding window. The empty key has no
// limit. It is not safe for concurrent use.
type slidingLog struct {
	limit  int // events of one key
	window time.Duration
	keys   int // the largest number
	start  time.Time
	swept  time.Duration              // since start
	events map[string][]time.Duration // since start, oldest first, never empty
}

func newSlidingLog(limit int, window time.Duration, keys int) *slidingLog {
	return &slidingLog{limit: limit, window: window, keys: keys, start: time.Now(), events: make(map[string][]time.Duration)}
}

// wait returns how long a key has to wait for its next event; 0 if it need not wait.
func (l *slidingLog) wait(key string) time.Duration {
	recent := l.recent(key)
	if key == "" || len(recent) < l.limit {
		return 0
	}
	return recent[len(recent)-l.limit] + l.window - time.Since(l.start)
}

// add counts an event.
func (l *slidingLog) add(key string) {
	if key == "" {
		return
	}
	now := time.Since(l.start)
	if now-l.swept >= l.window {
		l.sweep(now)
	}
	recent := l.recent(key)
	if _, known := l.events[key]; !known && len(l.events) >= l.keys {
		l.evict(now)
	}
	l.events[key] = append(recent, now)
}

// recent returns the events of a key within the window.
func (l *slidingLog) recent(key string) []time.Duration {
	recent := l.events[key]
	for len(recent) > 0 && time.Since(l.start)-recent[0] >= l.window {
		recent = recent[1:]
	}
	return recent
}

func (l *slidingLog) forget(key string) { delete(l.events, key) }

func (l *slidingLog) forgetPrefix(prefix string) {
	maps.DeleteFunc(l.events, func(key string, _ []time.Duration) bool { return strings.HasPrefix(key, prefix) })
}

// sweep deletes the keys without events in the window.
func (l *slidingLog) sweep(now time.Duration) {
	l.swept = now
	maps.DeleteFunc(l.events, func(_ string, recent []time.Duration) bool { return now-recent[len(recent)-1] >= l.window })
}

// evict deletes the keys without events in the window. If all keys have events it
// deletes the key whose latest event is oldest: to evict a key of their own, visitors
// would have to use all the other keys first.
func (l *slidingLog) evict(now time.Duration) {
	l.sweep(now)
	if len(l.events) < l.keys {
		return
	}
	var oldest string
	last := now + 1
	for key, recent := range l.events {
		if latest := recent[len(recent)-1]; latest < last {
			oldest, last = key, latest
		}
	}
	delete(l.events, oldest)
}
