package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"gifchat/rooms"
)

const (
	// reapBatch is the number of rows that one change deletes from each table, in a
	// few milliseconds. Deleting a room of a million messages in one change
	// would block the writer for 15 seconds.
	reapBatch = 500

	// reapRetry is the pause after the store has failed to delete rows.
	reapRetry = time.Minute
)

// reaper deletes the rows of removed rooms in small changes, so that other
// changes are done between them.
type reaper struct {
	store *SQLite
	wake  chan struct{}
	stop  context.CancelFunc
	task  sync.WaitGroup
}

func startReaper(s *SQLite) *reaper {
	ctx, stop := context.WithCancel(context.Background())
	r := &reaper{store: s, wake: make(chan struct{}, 1), stop: stop}
	r.task.Go(func() { r.run(ctx) })
	return r
}

func (r *reaper) close() {
	r.stop()
	r.task.Wait()
}

// notify wakes the reaper after a room was removed.
func (r *reaper) notify() {
	select {
	case r.wake <- struct{}{}:
	default: // a wake-up is pending already
	}
}

func (r *reaper) run(ctx context.Context) {
	for {
		err := r.reapAll(ctx)
		var retry <-chan time.Time
		if err != nil {
			retry = time.After(reapRetry)
		}
		select {
		case <-ctx.Done():
			return
		case <-r.wake:
		case <-retry:
		}
	}
}

// reapAll deletes the rows of all removed rooms.
func (r *reaper) reapAll(ctx context.Context) error {
	for {
		var id rooms.ID
		err := r.store.read.QueryRowContext(ctx, "SELECT id FROM rooms WHERE gone <> 0 ORDER BY number LIMIT 1").Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		for left := true; err == nil && left; {
			err = r.store.write.do(ctx, func(tx *transaction) (err error) {
				left, err = reapSome(tx, id)
				return err
			})
		}
		if err != nil {
			return err
		}
	}
}

// reapSome deletes up to reapBatch messages, whispers and members of a removed room.
// If none are left, it deletes the room's own row. It reports whether rows are left.
func reapSome(tx *transaction, id rooms.ID) (left bool, err error) {
	for _, statement := range []string{
		"DELETE FROM messages WHERE rowid IN (SELECT rowid FROM messages WHERE room = ? LIMIT ?)",
		"DELETE FROM whispers WHERE rowid IN (SELECT rowid FROM whispers WHERE room = ? LIMIT ?)",
		"DELETE FROM members WHERE room = ?1 AND session IN (SELECT session FROM members WHERE room = ?1 LIMIT ?2)",
	} {
		deleted, err := tx.exec(statement, id, reapBatch)
		if err != nil {
			return false, err
		}
		if n, err := deleted.RowsAffected(); err != nil || n == reapBatch {
			return true, err
		}
	}
	_, err = tx.exec("DELETE FROM rooms WHERE id = ? AND gone <> 0", id)
	return false, err
}
