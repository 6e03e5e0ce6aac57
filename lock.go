package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// lockFile is what a running server holds in its data folder. It stays behind
// when the server ends: who removed it could take it from under the next one.
const lockFile = "gifchat.db.lock"

const (
	// stoppingMark is the content of the lock file while its server stops.
	stoppingMark = "stopping\n"

	// stopPatience is how long the next server waits for one that stops, and
	// lockRetry how often it looks.
	stopPatience = 10 * time.Second
	lockRetry    = 10 * time.Millisecond
)

// errFolderInUse is why a second server on the same folder does not start.
// Who is in a room, and for how long nobody has been, is known to one process
// only: two of them remove each other's rooms.
var errFolderInUse = errors.New("another server uses this folder: end it, or choose another one with DATA_DIR")

// folderLock is the lock of a data folder.
type folderLock struct {
	path string
	lock *flock.Flock
}

// lockFolder makes the data folder this process's alone until release is
// called or the process ends, however it ends: the system holds the lock. If
// another server holds it, lockFolder returns errFolderInUse, at once unless
// that server stops.
func lockFolder(ctx context.Context, dir string) (*folderLock, error) {
	path := filepath.Join(dir, lockFile)
	l := &folderLock{path: path, lock: flock.New(path)} // mode 0600
	locked, err := l.lock.TryLock()
	if err == nil && !locked && stopping(path) {
		ctx, cancel := context.WithTimeout(ctx, stopPatience)
		defer cancel()
		locked, err = l.lock.TryLockContext(ctx, lockRetry)
		if errors.Is(err, context.DeadlineExceeded) {
			err = nil // it does not end
		}
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("data folder %s cannot be locked: %w", dir, err)
	case !locked:
		return nil, fmt.Errorf("data folder %s: %w", dir, errFolderInUse)
	}
	if stopping(path) { // its server crashed then
		l.mark("")
	}
	return l, nil
}

// stopping reports whether the server that holds the lock has begun to stop.
func stopping(path string) bool {
	mark, err := os.ReadFile(path) //nolint:gosec // a path of the settings. Windows does not let it be read: the next server is refused there
	return err == nil && string(mark) == stoppingMark
}

// markStopping lets the next server wait for the lock.
func (l *folderLock) markStopping() { l.mark(stoppingMark) }

// mark ignores errors: without a mark the next server is refused, as if this
// one went on.
func (l *folderLock) mark(text string) { _ = os.WriteFile(l.path, []byte(text), 0o600) }

func (l *folderLock) release() error {
	l.mark("")
	return l.lock.Close()
}
