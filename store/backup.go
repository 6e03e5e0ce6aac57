package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"modernc.org/sqlite"
)

// Backup copies the data of a place that a server may be using to another one,
// whose database must not be there yet. It returns how many GIFs there were.
//
// The database is that of one moment: whatever had been committed before Backup
// was called is in it, and nothing by halves. The GIFs come after it: a message in
// the copy lacks its own only if it was removed, or its room, before its turn had
// come. Those that no message shows stay behind. When Backup returns nil
// everything is on the disk, and only then has the copied database its name: a
// folder that has one is a whole backup. So it is with the error that something was
// not as it had been written, or a GIF was missing or could not be read, since
// that must not keep the rest from being backed up; a database that SQLite itself
// finds damaged is not copied.
func Backup(ctx context.Context, from, to Place) (gifs int, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("back up %s: %w", from.Database, err)
		}
	}()
	if _, err := os.Stat(to.Database); !errors.Is(err, fs.ErrNotExist) {
		return 0, errors.Join(fmt.Errorf("%s is there already", to.Database), err)
	}
	if to.Database, err = filepath.Abs(to.Database); err != nil {
		return 0, err
	}
	partial := to.Database + partialExt
	if err := begin(from, to, partial); err != nil {
		return 0, err
	}
	altered, err := copyDatabase(ctx, from.Database, partial)
	if err != nil {
		return 0, err
	}
	gifs, damage, err := copyGIFs(ctx, from, Place{Database: partial, GIFs: to.GIFs})
	if err != nil {
		return 0, err
	}
	if err := os.Rename(partial, to.Database); err != nil {
		return 0, err
	}
	if err := syncFolder(filepath.Dir(to.Database)); err != nil {
		return 0, err
	}
	if found := slices.DeleteFunc([]string{altered, damage}, func(s string) bool { return s == "" }); len(found) > 0 {
		return gifs, fmt.Errorf("all that there is is copied, damage included: %s", strings.Join(found, "; "))
	}
	return gifs, nil
}

// begin makes the file of the copy, empty, before anything else is in the folder: a
// backup that ends early, at any moment, is recognised by it. Then it copies the
// secret.
func begin(from, to Place, partial string) error {
	if err := from.Check(); err != nil {
		return err
	}
	if _, err := os.Stat(from.Database); err != nil {
		return err
	}
	// SQLite would give the file the mode of the umask.
	f, err := os.OpenFile(partial, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(syncFolder(filepath.Dir(partial)), f.Close()); err != nil {
		return err
	}
	return copySecret(from.Secret, to.Secret)
}

// copySecret copies the cookie secret, if there is a file of it.
func copySecret(from, to string) error {
	if from == "" || to == "" {
		return nil
	}
	secret, err := os.ReadFile(from)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // COOKIE_SECRET is set
	case err != nil:
		return fmt.Errorf("cookie secret: %w", err)
	}
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("cookie secret: %w", err)
	}
	_, err = f.Write(secret)
	return errors.Join(err, f.Sync(), f.Close())
}

// copyDatabase copies a database into an empty file, and checks it. It returns the
// first message or whisper that is not as it was written, if there is one.
//
// It is SQLite's backup in a single step, which is one read transaction: the
// server writes on meanwhile, only its log cannot start anew until the end. In
// many steps it would begin again whenever another process has written.
func copyDatabase(ctx context.Context, from, to string) (altered string, err error) {
	db, err := look(ctx, from, looking)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	f, err := os.OpenFile(to, os.O_RDWR, 0)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := copyPages(ctx, db, to); err != nil {
		return "", readable(err)
	}
	if err := f.Sync(); err != nil {
		return "", err
	}
	copied, err := report(ctx, to, resting)
	if err == nil && copied.Check != ok {
		err = fmt.Errorf("the copy is damaged, and so may be the database: %s", copied.Check)
	}
	return copied.Altered, err
}

func copyPages(ctx context.Context, db *sql.DB, to string) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	err = conn.Raw(func(driver any) error {
		source, ok := driver.(interface {
			NewBackup(to string) (*sqlite.Backup, error)
		})
		if !ok {
			return errors.New("this driver makes no backups")
		}
		backup, err := source.NewBackup(fileURI(to, nil))
		if err != nil {
			return err
		}
		_, err = backup.Step(-1)
		return errors.Join(err, backup.Finish())
	})
	return errors.Join(err, conn.Close())
}

// copyGIFs copies what the messages of the copied database show. It returns one
// that is missing, cannot be read or is not as it was uploaded, if there is any.
func copyGIFs(ctx context.Context, from, to Place) (n int, damage string, err error) {
	gifs, err := shownGIFs(ctx, to.Database, resting)
	if err != nil {
		return 0, "", err
	}
	target, err := OpenFiles(to.GIFs, 0)
	if err != nil {
		return 0, "", err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	return readGIFs(ctx, from, gifs, func(name string, file io.Reader) error {
		return target.Save(name, func(w io.Writer) error {
			_, err := io.Copy(w, file)
			return err
		})
	})
}

func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(flush(dir), dir.Close())
}
