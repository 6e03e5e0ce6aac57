// Package timers runs functions later, and stops and waits for all of them
// together.
package timers

import (
	"sync"
	"time"
)

// Group runs functions later, until Close. The zero value is ready for use.
type Group struct {
	mu      sync.Mutex
	closed  bool                     // guarded by mu
	waiting map[*time.Timer]struct{} // guarded by mu
	running sync.WaitGroup
}

// After calls fn once after d, unless Close comes first.
func (g *Group) After(d time.Duration, fn func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return
	}
	if g.waiting == nil {
		g.waiting = make(map[*time.Timer]struct{})
	}
	var timer *time.Timer
	timer = time.AfterFunc(d, func() {
		g.mu.Lock()
		_, due := g.waiting[timer]
		delete(g.waiting, timer)
		if due {
			g.running.Add(1)
		}
		g.mu.Unlock()
		if due {
			defer g.running.Done()
			fn()
		}
	})
	g.waiting[timer] = struct{}{}
}

// Close cancels the functions that have not begun and waits for those that have.
func (g *Group) Close() {
	g.mu.Lock()
	g.closed = true
	for timer := range g.waiting {
		timer.Stop()
	}
	clear(g.waiting)
	g.mu.Unlock()
	g.running.Wait()
}
