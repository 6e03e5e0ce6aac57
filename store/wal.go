package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"time"
)

const (
	// checkpointPages is the size in pages of 4 KiB from which SQLite moves the log into
	// the database. With its default of 1,000 the checkpoints took a twelfth of the
	// processor time of stored messages: pages that change often are moved more often.
	checkpointPages = 3000

	// maxWAL is the size in bytes above which the writer empties the write-ahead
	// log (WAL). SQLite's own checkpoints start at 12 MiB but wait for no reader:
	// while reads overlap all the time, the file would grow without bound.
	// https://www.sqlite.org/wal.html#avoiding_excessively_large_wal_files
	maxWAL = 16 << 20

	// checkpointTimeout is how long a checkpoint waits for the reads in progress.
	// Reads that begin later do not count, and most reads take milliseconds.
	checkpointTimeout = 100 * time.Millisecond

	// checkpointRetry is the pause after a failed checkpoint, for example beside a
	// backup. Changes wait for checkpoints a twentieth of the time at most.
	checkpointRetry = 20 * checkpointTimeout
)

// wal empties the write-ahead log of the writer's connection between two
// transactions.
type wal struct {
	path    string
	conn    *sql.Conn
	retryAt time.Time // no checkpoint before this time
}

// limit starts a checkpoint if the log is above maxWAL. Below that it costs one
// stat call. Errors are ignored: a failed checkpoint loses nothing, and the
// next change reports a failing disk.
func (w *wal) limit() {
	info, err := os.Stat(w.path)
	if err != nil || info.Size() <= maxWAL || time.Now().Before(w.retryAt) {
		return
	}
	if emptied, err := w.checkpoint(); err != nil || !emptied {
		w.retryAt = time.Now().Add(checkpointRetry)
	}
}

// checkpoint moves the whole log into the database. It returns false if a read
// held the log for longer than checkpointTimeout.
func (w *wal) checkpoint() (emptied bool, err error) {
	ctx := context.Background()
	if err := w.setBusyTimeout(ctx, checkpointTimeout); err != nil {
		return false, err
	}
	var busy bool
	var pages, moved int
	err = w.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved)
	if restored := w.setBusyTimeout(ctx, busyTimeout); err == nil {
		err = restored
	}
	return !busy, err
}

// setBusyTimeout sets how long the writer waits for a lock.
func (w *wal) setBusyTimeout(ctx context.Context, d time.Duration) error {
	_, err := w.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA busy_timeout = %d", d.Milliseconds()))
	return err
}
