package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gifchat/store/internal/disk"
)

// Place has the paths of the data of one server.
type Place struct {
	Database string // a file
	GIFs     string // a folder
	Secret   string // a file that Backup copies along; it may be missing, or have no name
}

// Open opens the database of a place like the function Open. It creates a new
// database only if Check returns nil.
func (p Place) Open(ctx context.Context) (*SQLite, error) {
	s, err := open(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", p.Database, err)
	}
	return s, nil
}

// Check returns an error if the database of a place is missing although other files
// show that there was one, or that a backup into the place was interrupted. A new,
// empty database would hide the loss, and the GIFs would be swept. Check returns nil
// for a place with a database and for an unused place. It changes nothing.
func (p Place) Check() error {
	if _, err := p.isNew(); err != nil {
		return fmt.Errorf("open database %s: %w", p.Database, err)
	}
	return nil
}

const (
	// PartialExt ends the name of a backup's database until the backup is complete.
	PartialExt = ".partial"

	// newExt ends the name of an empty file that exists until a new database has its
	// tables. It distinguishes an interrupted first start from lost data.
	newExt = ".new"

	// lockExt ends the name of the file that a server locks before it opens the
	// database.
	lockExt = ".lock"
)

// isNew reports whether a place has neither a database nor files that belong to one,
// or only the files of an interrupted first start. It returns an error if files of a
// database exist without it.
func (p Place) isNew() (bool, error) {
	marked, err := exists(p.Database + newExt)
	if err != nil {
		return false, err
	}
	info, err := os.Stat(p.Database)
	empty := err == nil && info.Size() == 0
	switch {
	case err == nil && !empty:
		return marked, checkLength(p.Database, info.Size())
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return false, err
	}
	left, err := companions(p.Database, marked)
	if err != nil {
		return false, err
	}
	for _, name := range left {
		if strings.HasSuffix(name, PartialExt) {
			return false, fmt.Errorf("there is only the beginning of a backup that was not completed (%s): delete this folder and make the backup again, "+
				"or choose the folder with the data with DATA_DIR", name)
		}
	}
	if err := p.checkGIFs(); err != nil {
		return false, err
	}
	if len(left) > 0 { // SQLite would delete the log of the missing database
		return false, fmt.Errorf("the database is missing but %[1]s is there: put the database back, or move %[1]s away to start with an empty chat", left[0])
	}
	if empty && !marked {
		return false, errors.New("the database is a file of 0 bytes, as a copy that was interrupted leaves it: put the database back, or delete the file to start with an empty chat")
	}
	return true, nil
}

// checkLength returns an error for a database that ends in the middle of a page, where
// SQLite would read zeros. It accepts every length if there is a log, which may have the
// missing pages.
func checkLength(path string, length int64) error {
	log, err := disk.FileSize(path + "-wal")
	if err != nil || log > 0 {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	var header [18]byte              // https://www.sqlite.org/fileformat.html#the_database_header
	if _, err := io.ReadFull(f, header[:]); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil //nolint:nilerr // SQLite says what is wrong with it
	}
	page := int64(binary.BigEndian.Uint16(header[16:]))
	if page == 1 {
		page = 65536
	}
	if length < int64(len(header)) || page > 0 && length%page != 0 {
		return fmt.Errorf("the database is damaged: its %d bytes end in the middle of a page, as a copy that was interrupted does: put the database back", length)
	}
	return nil
}

func exists(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// companions lists the files beside a database that are named after it: its log,
// renamed or unfinished copies, an unfinished backup. It omits the log of an
// interrupted first start, which has no data.
func companions(database string, interrupted bool) ([]string, error) {
	entries, err := os.ReadDir(filepath.Dir(database))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var names []string
	base := filepath.Base(database)
	for _, entry := range entries {
		name := entry.Name()
		switch rest, isBeside := strings.CutPrefix(name, base); {
		case isBeside && (rest == "" || rest == lockExt || rest == newExt):
		case isBeside && interrupted && (rest == "-wal" || rest == "-shm" || rest == "-journal"):
		case isCopyName(name, base):
			names = append(names, name)
		}
	}
	return names, nil
}

// isCopyName reports whether a file name is one that programs give to a copy of
// base: gifchat.db.bak, Copy of gifchat.db, gifchat (1).db, gifchat copy.db.
func isCopyName(name, base string) bool {
	name, base = strings.ToLower(name), strings.ToLower(base)
	ext := filepath.Ext(base)
	return strings.Contains(name, base) || strings.HasPrefix(name, strings.TrimSuffix(base, ext)) && strings.HasSuffix(name, ext)
}

// checkGIFs returns an error if the place has GIFs. No message of a new database
// would show them, and they would be swept.
func (p Place) checkGIFs() error {
	if p.GIFs == "" {
		return nil
	}
	entries, err := os.ReadDir(p.GIFs)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".gif") {
			return fmt.Errorf("the database is missing or empty but its GIFs are there (%s): put the database back, or move the GIFs away to start with an empty chat", p.GIFs)
		}
	}
	return nil
}

// noTables returns the error for a database without tables. A complete first start
// has created them, so they were in a log that is missing now.
func (p Place) noTables() error {
	if err := p.checkGIFs(); err != nil {
		return err
	}
	return errors.New("the database has no tables, as a copy without its log (-wal) has none: put back both, or move it away to start with an empty chat")
}

// prepareFile creates the folder and the file with modes that exclude other users of
// the machine. SQLite creates the log with the mode of the file. For a new database,
// prepareFile also creates a mark, which removeMark removes.
func (p Place) prepareFile(isNew bool) error {
	if err := os.MkdirAll(filepath.Dir(p.Database), 0o700); err != nil {
		return err
	}
	if isNew {
		if err := os.WriteFile(p.Database+newExt, nil, 0o600); err != nil {
			return err
		}
		if err := disk.SyncDir(filepath.Dir(p.Database)); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(p.Database, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// removeMark removes the mark of a new database, which has its tables now.
func (p Place) removeMark() error {
	if err := os.Remove(p.Database + newExt); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
