package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"time"
)

const (
	// logBound is how large the write-ahead log becomes before the writer sees to
	// it that it starts anew. SQLite's own checkpoints come at 4 MiB, but wait for
	// nobody: while reads overlap all the time the log would grow for ever.
	// https://www.sqlite.org/wal.html#avoiding_excessively_large_wal_files
	logBound = 16 << 20

	// logPatience is how long changes wait for the reads that are under way then.
	// Those that begin meanwhile do not count, and most take milliseconds.
	logPatience = 100 * time.Millisecond

	// logRest is when it is tried again after somebody has read for longer, a
	// backup for instance. Changes wait for at most a twentieth of the time.
	logRest = 20 * logPatience
)

// log is the database's, as its writer looks after it between two transactions.
type log struct {
	path string
	conn *sql.Conn
	rest time.Time // until then it is left alone
}

// trim empties the log if it is too large. Otherwise it costs a look at the
// file. That it did not work is no failure: nothing is lost, and disks that fail
// are found by the next change.
func (l *log) trim() {
	info, err := os.Stat(l.path)
	if err != nil || info.Size() <= logBound || time.Now().Before(l.rest) {
		return
	}
	if emptied, err := l.empty(); err != nil || !emptied {
		l.rest = time.Now().Add(logRest)
	}
}

// empty moves all of the log into the database. It waits for no reader longer
// than logPatience.
func (l *log) empty() (emptied bool, err error) {
	ctx := context.Background()
	if err := l.wait(ctx, logPatience); err != nil {
		return false, err
	}
	var busy bool
	var pages, moved int
	err = l.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved)
	if restored := l.wait(ctx, busyTimeout); err == nil {
		err = restored
	}
	return !busy, err
}

// wait sets how long the writer waits for a lock.
func (l *log) wait(ctx context.Context, most time.Duration) error {
	_, err := l.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA busy_timeout = %d", most.Milliseconds()))
	return err
}
