package store

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	sqlite3 "modernc.org/sqlite/lib"

	"gifchat/rooms"
	"gifchat/store/internal/sqliteerr"
)

// errClosed refuses changes after Close.
var errClosed = fmt.Errorf("%w: it is closed", rooms.ErrUnavailable)

// unavailable wraps a failure of the store in rooms.ErrStorageFull if the disk
// or a quota is full, else in rooms.ErrUnavailable.
func unavailable(err error) error {
	switch {
	case err == nil || errors.Is(err, rooms.ErrUnavailable):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG),
		sqliteerr.Code(err) == sqlite3.SQLITE_FULL:
		return fmt.Errorf("%w: %w", rooms.ErrStorageFull, err)
	}
	return fmt.Errorf("%w: %w", rooms.ErrUnavailable, err)
}

// ended returns the cause of a context's end as rooms.ErrUnavailable.
func ended(ctx context.Context) error {
	return fmt.Errorf("%w: %w", rooms.ErrUnavailable, context.Cause(ctx))
}
