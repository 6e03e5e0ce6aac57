package store

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"gifchat/rooms"
)

// errClosed is why a change is refused while the program stops.
var errClosed = fmt.Errorf("%w: it is closed", rooms.ErrUnavailable)

// unavailable makes a failure of the store one that package rooms knows.
func unavailable(err error) error {
	switch {
	case err == nil || errors.Is(err, rooms.ErrUnavailable):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG), code(err) == sqlite3.SQLITE_FULL:
		return fmt.Errorf("%w: %w", rooms.ErrStorageFull, err)
	}
	return fmt.Errorf("%w: %w", rooms.ErrUnavailable, err)
}

// readable says in plain words what is wrong with a file that SQLite refuses.
func readable(err error) error {
	switch code(err) {
	case sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("it is damaged, or not a SQLite database: %w", err)
	case sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("it is damaged: %w", err)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		return fmt.Errorf("it cannot be written: %w", err)
	case sqlite3.SQLITE_BUSY:
		return fmt.Errorf("another program holds it: %w", err)
	}
	return err
}

// code returns SQLite's primary result code, or 0:
// https://www.sqlite.org/rescode.html
func code(err error) int {
	if failure, ok := errors.AsType[*sqlite.Error](err); ok {
		return failure.Code() & 0xff
	}
	return 0
}

// ended returns why a context has ended, as a failure of the store.
func ended(ctx context.Context) error {
	return fmt.Errorf("%w: %w", rooms.ErrUnavailable, context.Cause(ctx))
}
