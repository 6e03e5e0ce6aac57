package inspect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gifchat/store"
	"gifchat/store/internal/disk"
	"gifchat/store/internal/sqliteerr"
)

// Backup copies the data of a place, which a server may be using, to a place
// without a database. It returns the number of copied GIFs.
//
//  1. The copied database is the state of one moment. It contains every change
//     that was committed before the call.
//  2. The GIFs are copied after the database. A GIF of a copied message is
//     missing only if the message or its room was removed during the backup.
//     GIFs that no message shows are not copied.
//  3. The copied database gets its name last, when everything is on the disk. So
//     a folder with a database is a complete backup.
//  4. A row with a wrong checksum, and a GIF that is missing, unreadable or
//     altered, do not stop the backup: it is completed and returns an error. A
//     database that SQLite itself finds damaged is not copied.
func Backup(ctx context.Context, from, to store.Place) (gifs int, err error) {
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
	partial := to.Database + store.PartialExt
	if err := begin(from, to, partial); err != nil {
		return 0, err
	}
	altered, err := copyDatabase(ctx, from.Database, partial)
	if err != nil {
		return 0, err
	}
	gifs, damage, err := copyGIFs(ctx, from, store.Place{Database: partial, GIFs: to.GIFs})
	if err != nil {
		return 0, err
	}
	if err := os.Rename(partial, to.Database); err != nil {
		return 0, err
	}
	if err := disk.SyncDir(filepath.Dir(to.Database)); err != nil {
		return 0, err
	}
	if found := slices.DeleteFunc([]string{altered, damage}, func(s string) bool { return s == "" }); len(found) > 0 {
		return gifs, fmt.Errorf("all that there is is copied, damage included: %s", strings.Join(found, "; "))
	}
	return gifs, nil
}

// begin creates the empty file of the copied database before any other file: it
// marks a backup that was interrupted at any moment. Then it copies the secret.
func begin(from, to store.Place, partial string) error {
	if err := from.Check(); err != nil {
		return err
	}
	if _, err := os.Stat(from.Database); err != nil {
		return err
	}
	// SQLite would create the file with the mode of the umask.
	f, err := os.OpenFile(partial, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(disk.SyncDir(filepath.Dir(partial)), f.Close()); err != nil {
		return err
	}
	return copySecret(from.Secret, to.Secret)
}

// copySecret copies the file of the cookie secret. The file is missing if
// COOKIE_SECRET is set.
func copySecret(from, to string) error {
	if from == "" || to == "" {
		return nil
	}
	secret, err := os.ReadFile(from)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
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

// copyDatabase copies a database into the empty file to and checks the copy. It
// returns a description of the first row with a wrong checksum, or "". It returns
// an error if SQLite finds the copy damaged.
func copyDatabase(ctx context.Context, from, to string) (altered string, err error) {
	db, err := store.OpenReadOnly(ctx, from)
	if err != nil {
		return "", err
	}
	if err := errors.Join(db.CopyTo(ctx, to), db.Close()); err != nil {
		return "", sqliteerr.Explain(err)
	}
	copied, err := report(ctx, to, store.OpenImmutable)
	if err == nil && copied.Check != ok {
		err = fmt.Errorf("the copy is damaged, and so may be the database: %s", copied.Check)
	}
	return copied.Altered, err
}

// copyGIFs copies the GIFs that the messages of the copied database show. damage
// describes a GIF that is missing, unreadable or altered, or is "".
func copyGIFs(ctx context.Context, from, to store.Place) (n int, damage string, err error) {
	gifs, err := shownGIFs(ctx, to.Database, store.OpenImmutable)
	if err != nil {
		return 0, "", err
	}
	target, err := store.OpenFiles(to.GIFs, 0)
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
