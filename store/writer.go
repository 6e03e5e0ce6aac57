package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"runtime"
	"slices"
	"sync/atomic"

	"gifchat/rooms"
)

// maxGroup is the most changes in one transaction. It bounds how long a change waits for
// others, to some 15 ms. Nearly all of the gain of grouping is reached at 128 changes;
// 256 are a tenth faster when hundreds wait.
const maxGroup = 256

// writer makes all changes, in the order of calls. Changes that wait while it commits
// are grouped into the next transaction: a commit flushes the disk once, for one change
// or for a hundred.
type writer struct {
	db      *sql.DB // with one connection, which tx has
	tx      *transaction
	wal     *wal
	jobs    chan *job
	closing chan struct{}
	stopped chan struct{}
}

// job is a change that waits. Its caller can withdraw it until the writer takes it.
// Afterwards the caller waits for its end, so that each answer is certain.
type job struct {
	change change
	state  atomic.Int32
	err    error
	done   chan struct{}
}

// change is the part of a transaction that one call makes. If it returns one of refusals
// it must have written nothing; any other error rolls the transaction back. The writer
// can run it more than once.
type change func(tx *transaction) error

// The states of a job.
const (
	jobWaiting = iota
	jobTaken
	jobWithdrawn
)

// startWriter takes the only connection of db, whose write-ahead log is at path.
func startWriter(ctx context.Context, db *sql.DB, path string) (*writer, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	w := &writer{
		db:      db,
		tx:      &transaction{conn: conn, prepared: make(map[string]*sql.Stmt), first: true},
		wal:     &wal{path: path, conn: conn},
		jobs:    make(chan *job, maxGroup),
		closing: make(chan struct{}),
		stopped: make(chan struct{}),
	}
	go w.run()
	return w, nil
}

// close completes the changes that wait. It must be called once.
func (w *writer) close() error {
	close(w.closing)
	<-w.stopped
	return errors.Join(w.tx.close(), w.db.Close())
}

// do makes a change and returns when it is on the disk. If ctx ends before the change
// has begun, the change is not made.
func (w *writer) do(ctx context.Context, c change) error {
	j := &job{change: c, done: make(chan struct{})}
	select { // before the next select, which chooses at random between ready cases
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
		if j.state.CompareAndSwap(jobWaiting, jobWithdrawn) {
			return ended(ctx)
		}
	case <-w.stopped:
		if j.state.CompareAndSwap(jobWaiting, jobWithdrawn) {
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
			runtime.Gosched() // goroutines that are ready to run can add their changes to the group
			w.commit(w.gather(j))
			w.wal.limit() // after all callers have their answers
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

// gather returns a job and the jobs that wait behind it.
func (w *writer) gather(first *job) []*job {
	group := make([]*job, 0, 1)
	for j := first; ; {
		if j.state.CompareAndSwap(jobWaiting, jobTaken) {
			group = append(group, j)
		}
		if len(group) == maxGroup {
			return group
		}
		select {
		case j = <-w.jobs:
		default:
			return group
		}
	}
}

// commit makes the changes of a group in one transaction. If a change fails, the
// transaction is repeated without it.
func (w *writer) commit(group []*job) {
	for len(group) > 0 {
		failed, err := w.transact(group)
		if err != nil && failed >= 0 {
			group[failed].end(callerError(err))
			group = slices.Delete(group, failed, failed+1)
			continue
		}
		for _, j := range group {
			j.end(cmp.Or(unavailable(err), j.err))
		}
		return
	}
}

// callerError returns what the caller of a failed change gets: the refusal of an undone
// change, and rooms.ErrUnavailable for other errors.
func callerError(err error) error {
	if undone, ok := errors.AsType[*undoError](err); ok {
		err = undone.error
	}
	if isRefusal(err) {
		return err
	}
	return unavailable(err)
}

func (j *job) end(err error) {
	j.err = err
	close(j.done)
}

// transact returns nil when the group is on the disk. Otherwise it returns the index of
// the change that failed, or -1 if the transaction as a whole failed.
func (w *writer) transact(group []*job) (failed int, err error) {
	failed = -1
	err = w.tx.run(func() error {
		for i, j := range group {
			j.err = j.change(w.tx)
			if j.err != nil && !isRefusal(j.err) {
				failed = i
				return j.err
			}
		}
		return nil
	})
	return failed, err
}

// isRefusal reports whether err is one of refusals. It returns false for an undoError,
// whose change has written something.
func isRefusal(err error) bool {
	return slices.ContainsFunc(refusals, func(refusal error) bool { return errors.Is(err, refusal) })
}

// refusals are the answers of a rooms.Store that are not failures.
var refusals = []error{
	rooms.ErrNotFound, rooms.ErrOutdated, rooms.ErrColorTaken, rooms.ErrNickTaken, rooms.ErrBanned, rooms.ErrClosed,
	rooms.ErrFull, rooms.ErrOccupied, rooms.ErrTooManyRooms, rooms.ErrNoPerson, rooms.ErrNoMessage,
}

// undo marks the error of a change that has written something, which must be rolled back
// even if the error is a refusal.
func undo(err error) error {
	if err == nil {
		return nil
	}
	return &undoError{err}
}

// undoError hides the error in it from errors.Is: the transaction must fail.
type undoError struct{ error }
