package socketio

import "sync"

// tasks counts goroutines. In contrast to a sync.WaitGroup, the first one can start
// while another goroutine waits for the last one: a program may emit to a socket
// during Server.Close.
type tasks struct {
	mu      sync.Mutex
	running int           // guarded by mu
	none    chan struct{} // guarded by mu; closed when running is 0; nil unless a goroutine waits
}

// Go runs fn in a goroutine.
func (t *tasks) Go(fn func()) {
	t.mu.Lock()
	t.running++
	t.mu.Unlock()
	go func() {
		defer t.done()
		fn()
	}()
}

func (t *tasks) done() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.running--; t.running == 0 && t.none != nil {
		close(t.none)
		t.none = nil
	}
}

// ended returns a channel that is closed when no goroutine runs.
func (t *tasks) ended() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.running == 0 {
		none := make(chan struct{})
		close(none)
		return none
	}
	if t.none == nil {
		t.none = make(chan struct{})
	}
	return t.none
}
