package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"modernc.org/sqlite"
)

// OpenMemory opens a copy of the database file at path in memory, for tests whose
// subject is not the disk. Each call makes a database of its own, which ends with Close.
func OpenMemory(ctx context.Context, path string) (*SQLite, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	name := "/" + rand.Text() // with a slash, all connections share it: https://www.sqlite.org/inmemorydb.html
	db, err := sql.Open("sqlite", memoryDSN(name, accessWriter))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if err := restore(ctx, db, path); err != nil {
		return nil, errors.Join(fmt.Errorf("copy %s: %w", path, err), db.Close())
	}
	return start(ctx, db, "", memoryDSN(name, accessReader))
}

// memoryDSN returns the data source name of a database in memory.
func memoryDSN(name string, a access) string {
	return dsn(name, a) + "&" + url.Values{"vfs": {"memdb"}}.Encode()
}

// restore copies a database file into an empty database.
func restore(ctx context.Context, db *sql.DB, path string) (err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return conn.Raw(func(driver any) error {
		copying, err := driver.(interface {
			NewRestore(uri string) (*sqlite.Backup, error)
		}).NewRestore(path)
		if err != nil {
			return err
		}
		_, err = copying.Step(-1)
		return errors.Join(err, copying.Finish())
	})
}
