package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync/atomic"

	"gifchat/rooms"
)

// maxBatch bounds a transaction, and with it how long a change can have to wait
// for others: some 15 ms. The gain from grouping is nearly all there at 128;
// twice as many are a tenth faster when hundreds wait.
const maxBatch = 256

// writer makes all changes, in the order they are asked for. Those that wait
// while it commits are grouped into the next transaction: a commit costs a
// flush of the disk, whether it holds one message or a hundred.
type writer struct {
	db      *sql.DB // with a single connection, which tx has
	tx      *transaction
	log     *log
	jobs    chan *job
	closing chan struct{}
	stopped chan struct{}
}

// job is a change that waits. Its owner may give it up until the writer takes
// it; after that the owner waits for its end, so that every answer is certain.
type job struct {
	change change
	state  atomic.Int32
	err    error
	done   chan struct{}
}

// change is one visitor's part of a transaction. What it returns without
// having written anything may be one of rooms' errors; every other error takes
// the transaction back. It can be run more than once.
type change func(tx *transaction) error

const (
	jobWaiting = iota
	jobTaken
	jobGivenUp
)

// startWriter takes the only connection of db, whose log is at path.
func startWriter(ctx context.Context, db *sql.DB, path string) (*writer, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	// One process owns a data folder (docs/decisions/0018), so whoever is still present
	// was left by a process that has ended.
	if _, err := conn.ExecContext(ctx, "DELETE FROM presence"); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	w := &writer{
		db:      db,
		tx:      &transaction{conn: conn, prepared: make(map[string]*sql.Stmt)},
		log:     &log{path: path, conn: conn},
		jobs:    make(chan *job, maxBatch),
		closing: make(chan struct{}),
		stopped: make(chan struct{}),
	}
	go w.run()
	return w, nil
}

// close lets the jobs that wait finish. It must be called once.
func (w *writer) close() error {
	close(w.closing)
	<-w.stopped
	return errors.Join(w.tx.close(), w.db.Close())
}

// do makes a change and returns when it is on the disk. If ctx ends before the
// change was begun it is not made.
func (w *writer) do(ctx context.Context, c change) error {
	j := &job{change: c, done: make(chan struct{})}
	select { // looked at first, since a select takes any that is ready
	case <-w.closing:
		return errClosed
	case <-ctx.Done():
		return ended(ctx)
	default:
	}
	select {
	case <-w.closing:
		return errClosed
	case w.jobs <- j:
	case <-ctx.Done():
		return ended(ctx)
	}
	select {
	case <-j.done:
		return j.err
	case <-ctx.Done():
		if j.state.CompareAndSwap(jobWaiting, jobGivenUp) {
			return ended(ctx)
		}
	case <-w.stopped:
		if j.state.CompareAndSwap(jobWaiting, jobGivenUp) {
			return errClosed
		}
	}
	<-j.done
	return j.err
}

func (w *writer) run() {
	defer close(w.stopped)
	for {
		select {
		case j := <-w.jobs:
			w.commit(w.gather(j))
			w.log.trim() // everybody has an answer by now
		case <-w.closing:
			select {
			case j := <-w.jobs:
				w.commit(w.gather(j))
			default:
				return
			}
		}
	}
}

// gather returns first and the jobs that wait behind it.
func (w *writer) gather(first *job) []*job {
	batch := make([]*job, 0, 1)
	for j := first; ; {
		if j.state.CompareAndSwap(jobWaiting, jobTaken) {
			batch = append(batch, j)
		}
		if len(batch) == maxBatch {
			return batch
		}
		select {
		case j = <-w.jobs:
		default:
			return batch
		}
	}
}

// commit makes the changes of a batch, all in one transaction. One that cannot
// be made takes none of the others with it: they are made without it.
func (w *writer) commit(batch []*job) {
	for len(batch) > 0 {
		failed, err := w.transact(batch)
		if err != nil && failed >= 0 {
			batch[failed].end(answer(err))
			batch = slices.Delete(batch, failed, failed+1)
			continue
		}
		for _, j := range batch {
			j.end(cmp.Or(unavailable(err), j.err))
		}
		return
	}
}

// answer is a change's error as its owner is to see it.
func answer(err error) error {
	if refused, ok := errors.AsType[*undoError](err); ok && refusal(refused.error) {
		return refused.error
	}
	return unavailable(err)
}

func (j *job) end(err error) {
	j.err = err
	close(j.done)
}

// transact returns nil when the batch is on the disk. Else it says which change
// has failed, or -1 if the transaction as a whole has.
func (w *writer) transact(batch []*job) (failed int, err error) {
	failed = -1
	err = w.tx.run(func() error {
		for i, j := range batch {
			j.err = j.change(w.tx)
			if j.err != nil && !refusal(j.err) {
				failed = i
				return j.err
			}
		}
		return nil
	})
	return failed, err
}

// refusal tells whether a change was refused before it wrote anything.
func refusal(err error) bool {
	if _, wrote := errors.AsType[*undoError](err); wrote {
		return false
	}
	return slices.ContainsFunc(refusals, func(one error) bool { return errors.Is(err, one) })
}

// refusals are what a Store may answer that is no failure.
var refusals = []error{
	rooms.ErrNotFound, rooms.ErrOutdated, rooms.ErrColorTaken, rooms.ErrNickTaken, rooms.ErrBanned, rooms.ErrClosed,
	rooms.ErrFull, rooms.ErrOccupied, rooms.ErrTooManyRooms, rooms.ErrNoPerson, rooms.ErrNoMessage,
}

// undo marks a refusal that comes after something was written, which has to be
// taken back.
func undo(err error) error {
	if err == nil {
		return nil
	}
	return &undoError{err}
}

type undoError struct{ error }

func (e *undoError) Unwrap() error { return e.error }
