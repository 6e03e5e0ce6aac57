// Package store keeps the rows of the chat and of its web sessions in a SQLite
// database (SQLite), and GIFs in a folder (Files). The rules of the chat are in
// package rooms.
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
	"gifchat/store/internal/disk"
	"gifchat/store/internal/sqliteerr"
)

// readers is the number of connections for queries.
const readers = 4

// readerCache is the page cache of each reader in KiB, enough for the inner
// pages of the indexes. The pages with rows are left to the operating system:
// with SQLite's default of 2 MiB, the history of 200 rooms is read no faster.
const readerCache = 512

// SQLite keeps everything in one database file. It implements rooms.Store and
// the store of the web sessions.
//
// All changes go through one connection in one goroutine (see writer), which also
// avoids https://www.sqlite.org/wal.html#walresetbug. Queries use other
// connections, which cannot write, and do not wait for the writer.
type SQLite struct {
	read      *reader
	write     *writer
	reaper    *reaper
	migration Migration
}

var _ rooms.Store = (*SQLite)(nil)

// Open opens the database at path, creates it if it is missing, and applies the
// missing migrations. It returns an error of one line, and does not change the file,
// if the file is damaged, belongs to another program or was written by a newer one.
func Open(ctx context.Context, path string) (*SQLite, error) { return Place{Database: path}.Open(ctx) }

func open(ctx context.Context, p Place) (*SQLite, error) {
	path, err := filepath.Abs(p.Database)
	if err != nil {
		return nil, err
	}
	p.Database = path
	db, migration, err := openWriter(ctx, p)
	if err != nil {
		return nil, err
	}
	s, err := start(ctx, db, path+"-wal", dsn(path, accessReader))
	if err != nil {
		return nil, err
	}
	s.migration = migration
	return s, nil
}

// start returns a store that writes through db, whose write-ahead log is at the path
// wal, and reads through connections with the data source name readDSN. It closes db
// if it fails.
func start(ctx context.Context, db *sql.DB, wal, readDSN string) (*SQLite, error) {
	write, err := startWriter(ctx, db, wal)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	read, err := sql.Open("sqlite", readDSN)
	if err != nil {
		return nil, errors.Join(err, write.close())
	}
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	s := &SQLite{read: &reader{DB: read}, write: write}
	s.reaper = startReaper(s)
	return s, nil
}

// openWriter opens the writer's connection to a database, and creates or
// migrates the database.
func openWriter(ctx context.Context, p Place) (*sql.DB, Migration, error) {
	isNew, err := p.isNew()
	if err != nil {
		return nil, Migration{}, err
	}
	if err := p.prepareFile(isNew); err != nil {
		return nil, Migration{}, err
	}
	db, err := sql.Open("sqlite", dsn(p.Database, accessWriter))
	if err != nil {
		return nil, Migration{}, err
	}
	db.SetMaxOpenConns(1)
	m := migrator{db: db, checkEmpty: p.noTables, keep: func(ctx context.Context, next int) (string, error) {
		return keepCopy(ctx, db, p.Database, next, disk.FreeSpace)
	}}
	if isNew {
		m.checkEmpty = func() error { return nil }
	}
	migration, err := m.run(ctx)
	if err != nil {
		return nil, Migration{}, errors.Join(sqliteerr.Explain(err), db.Close())
	}
	if err := p.removeMark(); err != nil {
		return nil, Migration{}, errors.Join(err, db.Close())
	}
	return db, migration, nil
}

// Migration returns what Open changed in the schema.
func (s *SQLite) Migration() Migration { return s.migration }

// Close finishes the changes in progress and closes the file. Later changes
// return rooms.ErrUnavailable.
func (s *SQLite) Close() error {
	s.reaper.close()
	return errors.Join(s.read.Close(), s.write.close())
}

// busyTimeout is how long a connection waits for a lock of another program.
const busyTimeout = 5 * time.Second

// access selects the settings of a connection.
type access int

const (
	accessWriter    access = iota
	accessReader           // beside the writer, in the same process
	accessReadOnly         // from another process
	accessImmutable        // for a file that no process writes to
)

// dsn returns the data source name of a database, with the settings of each
// connection to it: https://www.sqlite.org/pragma.html
func dsn(path string, a access) string {
	pragmas := []string{
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()), // first: the other settings may wait for a lock
		"synchronous(FULL)", // an acknowledged message survives a power cut
		"foreign_keys(ON)",
		"journal_size_limit(67108864)",
		"trusted_schema(OFF)",
	}
	q := url.Values{"_txlock": {"immediate"}}
	switch a {
	case accessWriter:
		pragmas = append(pragmas, "journal_mode(WAL)", fmt.Sprintf("wal_autocheckpoint(%d)", checkpointPages),
			"temp_store(MEMORY)") // the journal of a statement with several rows: https://www.sqlite.org/tempfiles.html#statement_journal_files
	case accessReader:
		pragmas = append(pragmas, "journal_mode(WAL)", fmt.Sprintf("cache_size(-%d)", readerCache))
		q.Set("_query_only", "true")
	case accessReadOnly:
		q.Set("mode", "ro")
	case accessImmutable:
		q.Set("mode", "ro")
		q.Set("immutable", "1")
	}
	q["_pragma"] = pragmas
	return fileURI(path, q)
}

// fileURI escapes an absolute path as SQLite's URI filenames demand.
func fileURI(path string, q url.Values) string {
	u := url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}
	return u.String()
}

func toMillis(t time.Time) int64 { return t.UnixMilli() }

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
