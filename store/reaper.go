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
	// reapPiece is how many rows of a removed room go in one change. Some
	// milliseconds: a room of a million messages as a whole would keep everybody
	// else waiting for a quarter of a minute.
	reapPiece = 500

	// reapAgain is how long the reaper waits when the store could not do it.
	reapAgain = time.Minute
)

// reaper deletes what removed rooms have left, behind everybody else's changes.
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

// look says that there may be something to do.
func (r *reaper) look() {
	select {
	case r.wake <- struct{}{}:
	default: // it will look anyway
	}
}

func (r *reaper) run(ctx context.Context) {
	for {
		err := r.reapAll(ctx)
		var again <-chan time.Time
		if err != nil {
			again = time.After(reapAgain)
		}
		select {
		case <-ctx.Done():
			return
		case <-r.wake:
		case <-again:
		}
	}
}

// reapAll deletes all rooms that are gone.
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

// reapSome deletes a piece of a room that is gone, and with the last piece the
// room. It tells whether there is more.
func reapSome(tx *transaction, id rooms.ID) (left bool, err error) {
	for _, piece := range []string{
		"DELETE FROM messages WHERE rowid IN (SELECT rowid FROM messages WHERE room = ? LIMIT ?)",
		"DELETE FROM whispers WHERE rowid IN (SELECT rowid FROM whispers WHERE room = ? LIMIT ?)",
		"DELETE FROM members WHERE room = ?1 AND session IN (SELECT session FROM members WHERE room = ?1 LIMIT ?2)",
	} {
		deleted, err := tx.exec(piece, id, reapPiece)
		if err != nil {
			return false, err
		}
		if n, err := deleted.RowsAffected(); err != nil || n == reapPiece {
			return true, err
		}
	}
	_, err = tx.exec("DELETE FROM rooms WHERE id = ? AND gone <> 0", id)
	return false, err
}
