package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// look opens a database that a server may be using, to read. There must be one,
// and it must be ours.
func look(ctx context.Context, path string, a access) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn(path, a))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	version, err := schemaVersion(ctx, db)
	if err == nil && version == 0 {
		err = errors.New("it is empty")
	}
	if err != nil {
		return nil, errors.Join(readable(err), db.Close())
	}
	return db, nil
}

// Report is what a database says of itself, through a connection that is set
// up as the server's are.
type Report struct {
	Version     string // SQLite's
	Journal     string // "wal"
	Synchronous int    // 2 is FULL: a commit waits for the disk
	ForeignKeys bool
	BusyTimeout int   // milliseconds
	Schema      int   // how many migrations it has seen
	Known       int   // how many this program knows
	Size, Log   int64 // bytes
	Free        int64 // bytes of the disk; -1 if that is not known
	Rooms       int64 // -1: too damaged to be counted
	Messages    int64
	Check       string // "ok", or the first thing that is damaged; the rest is not known then
	Altered     string // the first of what was said that is not as it was written, if anything
}

// Problems says what is wrong, a line each.
func (r *Report) Problems() []string {
	var all []string
	for _, p := range []struct {
		wrong bool
		what  string
	}{
		{requireVersion(r.Version) != nil, "SQLite " + r.Version + " is too old"},
		{r.Journal != "wal", "journal_mode is " + r.Journal + ", not wal"},
		{r.Synchronous < 2, "synchronous is not FULL"},
		{!r.ForeignKeys, "foreign_keys is off"},
		{r.BusyTimeout < 5000, "busy_timeout is under 5000 ms"},
		{r.Schema > r.Known, fmt.Sprintf("its schema is number %d, this program knows %d: use the newer program", r.Schema, r.Known)},
		{r.Check != ok, "it is damaged: " + r.Check},
		{r.Altered != "", "it is damaged: " + r.Altered},
	} {
		if p.wrong {
			all = append(all, p.what)
		}
	}
	return all
}

// Look reports on the database at path, beside a server that uses it or
// without one. It reads all of it, which takes some 20 seconds for each
// gigabyte, and changes nothing.
func Look(ctx context.Context, path string) (Report, error) {
	r, err := report(ctx, path, looking)
	if err != nil {
		return Report{}, fmt.Errorf("look at database %s: %w", path, err)
	}
	return r, nil
}

func report(ctx context.Context, path string, a access) (_ Report, err error) {
	db, err := look(ctx, path, a)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var r Report
	err = db.QueryRowContext(ctx, `SELECT sqlite_version(), journal_mode, synchronous, foreign_keys, timeout, user_version
		FROM pragma_journal_mode, pragma_synchronous, pragma_foreign_keys, pragma_busy_timeout, pragma_user_version`).
		Scan(&r.Version, &r.Journal, &r.Synchronous, &r.ForeignKeys, &r.BusyTimeout, &r.Schema)
	if err != nil {
		return Report{}, readable(err)
	}
	files, err := migrationFiles()
	if err != nil {
		return Report{}, err
	}
	r.Known = len(files)
	if r.Size, err = size(path); err != nil {
		return Report{}, err
	}
	if r.Log, err = size(path + "-wal"); err != nil {
		return Report{}, err
	}
	if r.Free, err = freeSpace(filepath.Dir(path)); err != nil {
		r.Free = -1
	}
	if r.Check, err = check(ctx, db, min(r.Schema, r.Known)); err != nil {
		return Report{}, readable(err)
	}
	if r.Check == ok && summing <= r.Schema && r.Schema <= r.Known { // a newer program may sum more
		if r.Altered, err = checkSums(ctx, db); err != nil {
			return Report{}, readable(err)
		}
	}
	err = db.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM rooms), (SELECT coalesce(sum(head), 0) FROM rooms)").Scan(&r.Rooms, &r.Messages)
	switch {
	case err != nil && r.Check == ok:
		return Report{}, readable(err)
	case err != nil: // too damaged to be counted
		r.Rooms, r.Messages = -1, -1
	}
	return r, nil
}

// size is that of a file, 0 if there is none.
func size(path string) (int64, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
