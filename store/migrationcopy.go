package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"gifchat/store/internal/disk"
)

const (
	// copyMark is the part of a copy's name between the database's name and the
	// number of the migration that the copy was made before: gifchat.db.before-08.
	copyMark = ".before-"

	// unfinishedExt ends the name of a copy until it is complete.
	unfinishedExt = ".tmp"
)

// keepCopy copies a database before migration number next changes it and
// returns the path of the copy. The copy is on the disk when keepCopy returns,
// and it never replaces another file. If an earlier attempt has left the same
// copy, keepCopy returns the path of that one: a migration that fails at each
// start does not fill the disk. On an error, the database is unchanged and no
// part of a copy is left.
func keepCopy(ctx context.Context, db *sql.DB, database string, next int, free func(dir string) (int64, error)) (string, error) {
	path, err := makeCopy(ctx, db, database, next, free)
	if err != nil {
		return "", fmt.Errorf("a copy of the database must be kept before its schema changes, and it could not be made: %w; "+
			"nothing was changed: make room or allow writing in %s and start again", err, filepath.Dir(database))
	}
	return path, nil
}

func makeCopy(ctx context.Context, db *sql.DB, database string, next int, free func(dir string) (int64, error)) (string, error) {
	name := fmt.Sprintf("%s%s%02d", database, copyMark, next)
	unfinished := name + unfinishedExt
	for _, path := range []string{unfinished, unfinished + "-journal"} { // left by a start that was killed
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	if err := checkFree(database, free); err != nil {
		return "", err
	}
	f, err := os.OpenFile(unfinished, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // SQLite would use the umask
	if err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(unfinished) }() // after a rename it does not exist
	if err := f.Close(); err != nil {
		return "", err
	}
	if err := copyDatabase(ctx, db, unfinished); err != nil {
		return "", err
	}
	path, same, err := choosePath(name, unfinished)
	if err != nil || same {
		return path, err
	}
	if err := os.Rename(unfinished, path); err != nil {
		return "", err
	}
	return path, disk.SyncDir(filepath.Dir(path))
}

// checkFree returns an error if the disk has no room for a copy of the database. If
// free fails, the free space is unknown, and writing the copy shows whether it fits.
func checkFree(database string, free func(dir string) (int64, error)) error {
	size, err := disk.FileSize(database)
	if err != nil {
		return err
	}
	log, err := disk.FileSize(database + "-wal")
	if err != nil {
		return err
	}
	if left, err := free(filepath.Dir(database)); err == nil && left < size+log {
		return fmt.Errorf("the disk has %d bytes free, the copy needs up to %d", left, size+log)
	}
	return nil
}

// choosePath returns name, or name with a number if that file exists: name.2,
// name.3. It returns true with the path of an existing file that has the
// contents of the new copy.
func choosePath(name, copied string) (path string, same bool, err error) {
	for n := 1; ; n++ {
		path = name
		if n > 1 {
			path = fmt.Sprintf("%s.%d", name, n)
		}
		switch exists, err := exists(path); {
		case err != nil:
			return "", false, err
		case !exists:
			return path, false, nil
		}
		if same, err := equalFiles(path, copied); err != nil || same {
			return path, same, err
		}
	}
}

// equalFiles reports whether two files have the same contents.
func equalFiles(a, b string) (same bool, err error) {
	f, err := os.Open(a)
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }() // it was only read
	g, err := os.Open(b)
	if err != nil {
		return false, err
	}
	defer func() { _ = g.Close() }()
	const piece = 64 << 10
	x, y := make([]byte, piece), make([]byte, piece)
	for {
		n, errA := io.ReadFull(f, x)
		m, errB := io.ReadFull(g, y)
		if !bytes.Equal(x[:n], y[:m]) {
			return false, nil
		}
		for _, err := range []error{errA, errB} {
			if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				return false, err
			}
		}
		if errA != nil && errB != nil {
			return true, nil
		}
	}
}

// copyNumber matches the part of a copy's name after copyMark.
var copyNumber = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

// CopiesBeforeMigrations returns the paths of the copies that migrations of a
// database have kept, in order. The server never deletes them.
func CopiesBeforeMigrations(database string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Dir(database))
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, entry := range entries {
		number, found := strings.CutPrefix(entry.Name(), filepath.Base(database)+copyMark)
		if found && copyNumber.MatchString(number) {
			paths = append(paths, filepath.Join(filepath.Dir(database), entry.Name()))
		}
	}
	return paths, nil
}
