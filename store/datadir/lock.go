package datadir

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// lockFile is the name of the file that a running server locks. The file stays
// when the server ends: removing it could remove the lock of the next server.
const lockFile = "gifchat.db.lock"

const (
	// stoppingMark is the content of the lock file while its server stops.
	stoppingMark = "stopping\n"

	// stopTimeout is how long the next server waits for a server that stops.
	stopTimeout = 10 * time.Second

	// lockRetry is the pause between two attempts to get the lock.
	lockRetry = 10 * time.Millisecond
)

// ErrInUse refuses a second server on one folder. A server that starts deletes the
// presence of people in all other processes, and clients receive the events of their
// own process only: docs/decisions/0018-lock-the-data-folder.md.
var ErrInUse = errors.New("another server uses this folder: end it, or choose another one with DATA_DIR")

// FolderLock is the lock of a data folder.
type FolderLock struct {
	path string
	lock *flock.Flock
}

// Lock reserves the folder for this process until Release. The operating system
// holds the lock, so it also ends with the process. If another server holds the
// lock, Lock returns ErrInUse. It waits only for a server that is stopping.
func Lock(ctx context.Context, dir string) (*FolderLock, error) {
	path := filepath.Join(dir, lockFile)
	l := &FolderLock{path: path, lock: flock.New(path)} // mode 0600
	locked, err := l.lock.TryLock()
	if err == nil && !locked && stopping(path) {
		ctx, cancel := context.WithTimeout(ctx, stopTimeout)
		defer cancel()
		locked, err = l.lock.TryLockContext(ctx, lockRetry)
		if errors.Is(err, context.DeadlineExceeded) {
			err = nil // the other server has not ended
		}
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("data folder %s cannot be locked: %w", dir, err)
	case !locked:
		return nil, fmt.Errorf("data folder %s: %w", dir, ErrInUse)
	}
	if stopping(path) { // the previous server crashed while it stopped
		l.mark("")
	}
	return l, nil
}

// stopping reports whether the server that holds the lock has begun to stop.
// Windows does not allow reading a locked file; there stopping returns false.
func stopping(path string) bool {
	mark, err := os.ReadFile(path) //nolint:gosec // a path of the settings
	return err == nil && string(mark) == stoppingMark
}

// MarkStopping makes a server that starts from now on wait for the lock.
func (l *FolderLock) MarkStopping() { l.mark(stoppingMark) }

// mark ignores errors: without the mark, the next server returns ErrInUse.
func (l *FolderLock) mark(text string) { _ = os.WriteFile(l.path, []byte(text), 0o600) }

// Release unlocks the folder.
func (l *FolderLock) Release() error {
	l.mark("")
	return l.lock.Close()
}
