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

	"modernc.org/sqlite"

	"gifchat/rooms"
)

// Backup copies the data of a place that a server may be using to another one,
// whose database must not be there yet. It returns how many GIFs there were.
//
// The database is that of one moment: whatever had been committed before Backup
// was called is in it, and nothing by halves. The GIFs come after it, so that
// no message in the copy can have one that was not copied; those that no
// message shows stay behind. When Backup returns nil everything is on the
// disk, and only then has the copied database its name: a folder that has one
// is a whole backup. So it is with the error that something was not as it had been
// written, since that must not keep the rest from being backed up; a database
// that SQLite itself finds damaged is not copied.
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
	partial := to.Database + ".partial"
	altered, err := copyDatabase(ctx, from.Database, partial)
	if err != nil {
		return 0, err
	}
	gifs, err = copyGIFs(ctx, from, Place{Database: partial, GIFs: to.GIFs})
	if err != nil {
		return 0, err
	}
	if err := os.Rename(partial, to.Database); err != nil {
		return 0, err
	}
	if err := syncFolder(filepath.Dir(to.Database)); err != nil {
		return 0, err
	}
	if altered != "" {
		return gifs, fmt.Errorf("all is copied, damage included: %s", altered)
	}
	return gifs, nil
}

// copyDatabase copies a database into a new file, and checks it. It returns the
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
	// SQLite would give the file the mode of the umask.
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
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

// copyGIFs copies what the messages of the copied database show. A GIF that is
// gone and that the first database does not hold any more went, with its message
// or its room, while this was going on.
func copyGIFs(ctx context.Context, from, to Place) (n int, err error) {
	source, err := OpenFiles(from.GIFs, 0)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := OpenFiles(to.GIFs, 0)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	names, err := heldGIFs(ctx, to.Database, resting, "")
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		err := source.copyTo(target, name)
		if errors.Is(err, rooms.ErrNotFound) {
			held, err := heldGIFs(ctx, from.Database, looking, name)
			if err != nil {
				return n, err
			}
			if len(held) > 0 {
				return n, fmt.Errorf("%s is missing", name)
			}
			continue
		}
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// heldGIFs returns the GIFs that a database's messages show, or only the one
// of that name.
func heldGIFs(ctx context.Context, path string, a access, name string) (_ []string, err error) {
	db, err := look(ctx, path, a)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	version, err := schemaVersion(ctx, db)
	if err != nil {
		return nil, err
	}
	held := "SELECT DISTINCT gif_name FROM messages WHERE gif_name <> '' AND (? = '' OR gif_name = ?)"
	if version >= reaping {
		held += " AND room NOT IN (SELECT id FROM rooms WHERE gone <> 0)" // their files went first
	}
	return query(ctx, db, scanString, held, name, name)
}

// reaping is the number of the schema since which a room's messages may outlive it.
const reaping = 5

func (f *Files) copyTo(target *Files, name string) error {
	gif, err := f.Open(name)
	if err != nil {
		return err
	}
	err = target.Save(name, func(w io.Writer) error {
		_, err := io.Copy(w, gif)
		return err
	})
	return errors.Join(err, gif.Close())
}

func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(flush(dir), dir.Close())
}
