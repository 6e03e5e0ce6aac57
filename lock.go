package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/gofrs/flock"
)

// lockFile is what a running server holds in its data folder. It stays behind
// when the server ends: who removed it could take it from under the next one.
const lockFile = "gifchat.db.lock"

// errFolderInUse is why a second server on the same folder does not start.
// Who is in a room, and for how long nobody has been, is known to one process
// only: two of them remove each other's rooms.
var errFolderInUse = errors.New("another server uses this folder: end it, or choose another one with DATA_DIR")

// lockFolder makes the data folder this process's alone until release is
// called or the process ends, however it ends: the system holds the lock.
func lockFolder(dir string) (release func() error, err error) {
	lock := flock.New(filepath.Join(dir, lockFile)) // mode 0600
	locked, err := lock.TryLock()
	switch {
	case err != nil:
		return nil, fmt.Errorf("data folder %s cannot be locked: %w", dir, err)
	case !locked:
		return nil, fmt.Errorf("data folder %s: %w", dir, errFolderInUse)
	}
	return lock.Close, nil
}
