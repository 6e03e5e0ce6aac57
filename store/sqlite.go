// Package store keeps what the chat and the sessions of its visitors need kept:
// rows in a SQLite database, GIFs in a folder. It knows how to keep things and
// not what they mean; the rules are in package rooms.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"gifchat/rooms"
)

// readers bounds how many queries run at once.
const readers = 4

// readerCache is how much each may keep of the file, in KiB: what leads to the
// rows. The rows themselves lie apart, room beside room, and the operating system
// keeps those: with SQLite's own 2 MiB, pages of 200 rooms are read no faster.
const readerCache = 512

// SQLite keeps everything in one database file.
//
// It is a rooms.Store and the store of the web sessions. All changes go through
// one connection in one goroutine (see writer), which also keeps the process
// clear of https://www.sqlite.org/wal.html#walresetbug; queries go through
// others, which cannot write, and do not wait for it.
type SQLite struct {
	read   *reader
	write  *writer
	reaper *reaper
}

var _ rooms.Store = (*SQLite)(nil)

// Open opens the database at path, creates it if there is none, and brings its
// tables up to date. An error is one clear line: a file that is damaged, that
// is not ours or that a newer program has written is left as it is.
func Open(ctx context.Context, path string) (*SQLite, error) { return Place{Database: path}.Open(ctx) }

func open(ctx context.Context, p Place) (*SQLite, error) {
	path, err := filepath.Abs(p.Database)
	if err != nil {
		return nil, err
	}
	p.Database = path
	isNew, err := p.isNew()
	if err != nil {
		return nil, err
	}
	if err := p.prepareFile(isNew); err != nil {
		return nil, err
	}
	mayBegin := p.noTables
	if isNew {
		mayBegin = func() error { return nil }
	}
	db, err := sql.Open("sqlite", dsn(path, writing))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if err := migrate(ctx, db, mayBegin); err != nil {
		return nil, errors.Join(readable(err), db.Close())
	}
	if err := p.migrated(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	write, err := startWriter(ctx, db, path+"-wal")
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	read, err := sql.Open("sqlite", dsn(path, reading))
	if err != nil {
		return nil, errors.Join(err, write.close())
	}
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	s := &SQLite{read: &reader{DB: read}, write: write}
	s.reaper = startReaper(s)
	return s, nil
}

// Close finishes the changes that were begun and closes the file. Changes that
// come later are refused with rooms.ErrUnavailable.
func (s *SQLite) Close() error {
	s.reaper.close()
	return errors.Join(s.read.Close(), s.write.close())
}

// busyTimeout is how long a connection waits for a lock of another program.
const busyTimeout = 5 * time.Second

// access is what a connection is for.
type access int

const (
	writing access = iota
	reading        // beside the writer, in the same program
	looking        // from another program; it neither makes nor mends anything
	resting        // of a file that nobody uses: it needs no log
)

// dsn names the database and the settings of each connection to it:
// https://www.sqlite.org/pragma.html
func dsn(path string, a access) string {
	pragmas := []string{
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()), // first: setting the others may have to wait for a lock
		"synchronous(FULL)", // an acknowledged message survives a power cut
		"foreign_keys(ON)",
		"journal_size_limit(67108864)",
		"trusted_schema(OFF)",
	}
	q := url.Values{"_txlock": {"immediate"}}
	switch a {
	case writing:
		pragmas = append(pragmas, "journal_mode(WAL)")
	case reading:
		pragmas = append(pragmas, "journal_mode(WAL)", fmt.Sprintf("cache_size(-%d)", readerCache))
		q.Set("_query_only", "true")
	case looking:
		q.Set("mode", "ro")
	case resting:
		q.Set("mode", "ro")
		q.Set("immutable", "1")
	}
	q["_pragma"] = pragmas
	return fileURI(path, q)
}

// fileURI spells an absolute path as SQLite wants it, whatever is in it.
func fileURI(path string, q url.Values) string {
	u := url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}
	return u.String()
}

func toMillis(t time.Time) int64 { return t.UnixMilli() }

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
