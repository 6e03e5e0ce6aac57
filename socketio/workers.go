package socketio

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// workers run the handlers. There are as many as there are clients with work
// to do; a few stay when it is done, because a goroutine that has run a handler
// has the stack for the next one: growing a new one for each event was a sixth
// of what an echo cost.
type workers struct {
	maxIdle int32        // immutable
	ready   chan *client // taken by those that stay

	idle    atomic.Int32
	tasks   sync.WaitGroup
	once    sync.Once
	closing chan struct{}
	hurry   atomic.Bool // packets that wait are dropped
}

// inboxTime is how long close lets workers handle what waits in the inboxes of
// clients. A client may have sent a hundred slow events ahead; of what it was
// not answered it knows that it may not have been done.
const inboxTime = 200 * time.Millisecond

func newWorkers() *workers {
	return &workers{
		maxIdle: int32(4 * runtime.GOMAXPROCS(0)), //nolint:gosec // a few hundred at most
		ready:   make(chan *client),
		closing: make(chan struct{}),
	}
}

// work has a worker take c's inbox. It never waits.
func (w *workers) work(c *client) {
	select {
	case w.ready <- c:
	default:
		w.tasks.Go(func() { w.run(c) })
	}
}

func (w *workers) run(c *client) {
	for {
		c.work()
		if w.idle.Add(1) > w.maxIdle {
			w.idle.Add(-1)
			return
		}
		select {
		case c = <-w.ready:
			w.idle.Add(-1)
		case <-w.closing:
			return
		}
	}
}

// close waits until every inbox is empty, at most until ctx is done. Packets
// that wait longer than inboxTime are dropped; sockets are told of their end.
func (w *workers) close(ctx context.Context) error {
	w.once.Do(func() { close(w.closing) })
	done := make(chan struct{})
	go func() {
		w.tasks.Wait()
		close(done)
	}()
	hurry := time.AfterFunc(inboxTime, func() { w.hurry.Store(true) })
	defer hurry.Stop()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
