package socketio

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// workers are goroutines that run the handlers. There is one for each client
// with packets in its inbox. A few of them stay idle afterwards, because their
// stack has grown to the size that handlers need: growing a new stack for each
// event was a sixth of the cost of an echo.
type workers struct {
	maxIdle int32        // immutable
	ready   chan *client // received by idle workers

	idle    atomic.Int32
	tasks   tasks // the workers, the replays of all namespaces, and waits for acknowledgements
	once    sync.Once
	closing chan struct{}
	hurry   atomic.Bool // packets in inboxes are dropped
}

func newWorkers() *workers {
	return &workers{
		maxIdle: int32(4 * runtime.GOMAXPROCS(0)), //nolint:gosec // a few hundred at most
		ready:   make(chan *client),
		closing: make(chan struct{}),
	}
}

// work starts a worker for c's inbox, or wakes an idle one. It never waits.
func (w *workers) work(c *client) {
	select {
	case w.ready <- c:
	default:
		w.tasks.Go(func() { w.run(c) })
	}
}

func (w *workers) run(c *client) {
	defer func() {
		if c != nil { // a handler has ended the goroutine, as testing.T.FailNow does
			w.tasks.Go(func() { w.run(c) })
		}
	}()
	for {
		c.work()
		c = nil // an idle worker keeps no client in memory
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

// stop ends the idle workers, and every wait for the handlers of single clients.
func (w *workers) stop() { w.once.Do(func() { close(w.closing) }) }

// wait waits until every inbox is empty and every replay has ended, or ctx is
// done. It drops packets that wait longer than inboxTimeout. Disconnect handlers
// run in any case. stop comes first.
func (w *workers) wait(ctx context.Context) error {
	hurry := time.AfterFunc(inboxTimeout, func() { w.hurry.Store(true) })
	defer hurry.Stop()
	select {
	case <-w.tasks.ended():
		return nil
	case <-ctx.Done():
		w.hurry.Store(true)
		return context.Cause(ctx)
	}
}
