package handlers

import (
	"sync"
	"time"
)

// timers runs functions later, until close. The zero value is ready.
type timers struct {
	mu      sync.Mutex
	closed  bool                     // guarded by mu
	waiting map[*time.Timer]struct{} // guarded by mu
	running sync.WaitGroup
}

// after calls fn once in d, unless close comes first.
func (t *timers) after(d time.Duration, fn func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	if t.waiting == nil {
		t.waiting = make(map[*time.Timer]struct{})
	}
	var timer *time.Timer
	timer = time.AfterFunc(d, func() {
		t.mu.Lock()
		_, due := t.waiting[timer]
		delete(t.waiting, timer)
		if due {
			t.running.Add(1)
		}
		t.mu.Unlock()
		if due {
			defer t.running.Done()
			fn()
		}
	})
	t.waiting[timer] = struct{}{}
}

// close forgets what has not begun and waits for what has.
func (t *timers) close() {
	t.mu.Lock()
	t.closed = true
	for timer := range t.waiting {
		timer.Stop()
	}
	clear(t.waiting)
	t.mu.Unlock()
	t.running.Wait()
}
