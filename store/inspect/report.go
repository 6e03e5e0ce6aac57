// Package inspect checks and copies the data of a server, while it runs or
// without one: the commands doctor and backup.
package inspect

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"gifchat/store"
	"gifchat/store/internal/disk"
	"gifchat/store/internal/sqliteerr"
)

// Report is the state of a database, read through a connection with the settings
// of the server's connections.
type Report struct {
	Version     string // of SQLite
	Journal     string // "wal"
	Synchronous int    // 2 is FULL: a commit waits for the disk
	ForeignKeys bool
	BusyTimeout int      // milliseconds
	Schema      int      // the number of migrations that were applied to the database
	Known       int      // the number of migrations that this program has
	Size, Log   int64    // bytes of the database and of its write-ahead log
	Free        int64    // bytes free on the disk; -1 if unknown
	Rooms       int64    // -1 if the database is too damaged to count them
	Messages    int64    // likewise
	Check       string   // "ok", or the first fault in the file; then Altered is unknown
	Altered     string   // the first row whose checksum is wrong, or ""
	Copies      []string // paths of the copies that migrations have kept
}

// Problems describes what is wrong, one line each.
func (r *Report) Problems() []string {
	var all []string
	for _, p := range []struct {
		wrong bool
		what  string
	}{
		{store.RequireVersion(r.Version) != nil, "SQLite " + r.Version + " is too old"},
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

// Database reports on the database at path, while a server runs or without one.
// It reads the whole file, at about 20 seconds a gigabyte, and changes nothing.
func Database(ctx context.Context, path string) (Report, error) {
	r, err := report(ctx, path, store.OpenReadOnly)
	if err != nil {
		return Report{}, fmt.Errorf("inspect database %s: %w", path, err)
	}
	return r, nil
}

// opener is store.OpenReadOnly or store.OpenImmutable.
type opener func(ctx context.Context, path string) (*store.ReadOnly, error)

func report(ctx context.Context, path string, open opener) (_ Report, err error) {
	db, err := open(ctx, path)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	r := Report{Schema: db.Schema, Known: store.LatestSchema()}
	err = db.QueryRowContext(ctx, `SELECT sqlite_version(), journal_mode, synchronous, foreign_keys, timeout
		FROM pragma_journal_mode, pragma_synchronous, pragma_foreign_keys, pragma_busy_timeout`).
		Scan(&r.Version, &r.Journal, &r.Synchronous, &r.ForeignKeys, &r.BusyTimeout)
	if err != nil {
		return Report{}, sqliteerr.Explain(err)
	}
	if err := r.measure(path); err != nil {
		return Report{}, err
	}
	if err := r.check(ctx, db); err != nil {
		return Report{}, sqliteerr.Explain(err)
	}
	return r, nil
}

// measure fills in the sizes, the free space and the copies of migrations.
func (r *Report) measure(path string) (err error) {
	if r.Size, err = disk.FileSize(path); err != nil {
		return err
	}
	if r.Log, err = disk.FileSize(path + "-wal"); err != nil {
		return err
	}
	if r.Free, err = disk.FreeSpace(filepath.Dir(path)); err != nil {
		r.Free = -1
	}
	r.Copies, err = store.CopiesBeforeMigrations(path)
	return err
}

// check reads the database and fills in the damage and the counts.
func (r *Report) check(ctx context.Context, db *store.ReadOnly) (err error) {
	if r.Check, err = checkIntegrity(ctx, db); err != nil {
		return err
	}
	if r.Check == ok {
		if r.Altered, err = checkRows(ctx, db); err != nil {
			return err
		}
	}
	err = db.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM rooms), (SELECT coalesce(sum(head), 0) FROM rooms)").Scan(&r.Rooms, &r.Messages)
	if err != nil && r.Check != ok {
		r.Rooms, r.Messages, err = -1, -1, nil
	}
	return err
}
