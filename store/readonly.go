package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"

	"modernc.org/sqlite"

	"gifchat/store/internal/sqliteerr"
)

// ReadOnly is a connection to a database file that never writes to it. It has
// the settings of the server's own connections.
type ReadOnly struct {
	*sql.DB
	Schema int // schema version: the number of migrations that were applied
}

// OpenReadOnly opens a database that a server may be using. It returns an
// error if the file is missing, empty or another program's.
func OpenReadOnly(ctx context.Context, path string) (*ReadOnly, error) {
	return openReadOnly(ctx, path, accessReadOnly)
}

// OpenImmutable is OpenReadOnly for a file that no process writes to. It
// ignores the write-ahead log and creates no files beside the database.
func OpenImmutable(ctx context.Context, path string) (*ReadOnly, error) {
	return openReadOnly(ctx, path, accessImmutable)
}

func openReadOnly(ctx context.Context, path string, a access) (*ReadOnly, error) {
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
		return nil, errors.Join(sqliteerr.Explain(err), db.Close())
	}
	return &ReadOnly{DB: db, Schema: version}, nil
}

// CopyTo copies the state of one moment into the empty file at the absolute path to,
// and flushes the copy to the disk. A server can continue to write.
func (r *ReadOnly) CopyTo(ctx context.Context, to string) error { return copyDatabase(ctx, r.DB, to) }

// copyDatabase is CopyTo for any connection. It uses SQLite's backup interface
// in one step, which is one read transaction: writers do not wait, but the
// write-ahead log cannot be emptied until the end. A backup of many steps would
// start again after each change by another process.
func copyDatabase(ctx context.Context, db *sql.DB, to string) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	err = conn.Raw(func(driver any) error {
		source, ok := driver.(interface {
			NewBackup(to string) (*sqlite.Backup, error)
		})
		if !ok {
			return errors.New("the driver has no backup interface")
		}
		backup, err := source.NewBackup(fileURI(to, nil))
		if err != nil {
			return err
		}
		_, err = backup.Step(-1)
		if finished := backup.Finish(); err == nil { // after a failed step it returns the same error
			err = finished
		}
		return err
	})
	if err := errors.Join(err, conn.Close()); err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
