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

// Place is where data is kept.
type Place struct {
	Database string // a file
	GIFs     string // a folder
	Secret   string // a file that Backup copies along; it may be missing, or have no name
}

// Open opens the database of a place, as the function of that name does. It
// creates a new one only where Check finds nothing.
func (p Place) Open(ctx context.Context) (*SQLite, error) {
	s, err := open(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", p.Database, err)
	}
	return s, nil
}

// Check returns an error if the database of a place is missing although
// something there shows that it had one, or was to get one: a new, empty
// database would hide what was lost, and its GIFs would be swept. It returns nil
// for a place with a database, and for a new one. It changes nothing.
func (p Place) Check() error {
	if _, err := p.isNew(); err != nil {
		return fmt.Errorf("open database %s: %w", p.Database, err)
	}
	return nil
}

const (
	// PartialExt ends the name of a backup's database until the backup is complete.
	PartialExt = ".partial"

	// newExt is the end of the name of an empty file that is there until a new
	// database has its tables. It tells a first start that was interrupted from data
	// that were lost.
	newExt = ".new"

	// lockExt is the end of the name of the file by which a server claims the
	// folder before it opens the database.
	lockExt = ".lock"
)

// isNew reports whether a place has neither a database nor anything that was
// beside one, or has what an interrupted first start left. It returns an error if
// only the database is missing.
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
	if len(left) > 0 { // SQLite would take a new file for the truth and delete its log
		return false, fmt.Errorf("the database is missing but %[1]s is there: put the database back, or move %[1]s away to start with an empty chat", left[0])
	}
	if empty && !marked {
		return false, errors.New("the database is a file of 0 bytes, as a copy that was interrupted leaves it: put the database back, or delete the file to start with an empty chat")
	}
	return true, nil
}

// checkLength refuses a database that ends in the middle of a page, where SQLite
// would read zeros. While there is a log, the pages in it count.
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
// copies that were renamed or are under way, the beginning of a backup. The
// log of a first start that was interrupted holds nothing and is left out.
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

// checkGIFs refuses a new database where there are GIFs already: no message of
// it would show them, and they would be swept.
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

// noTables refuses a database without tables. A first start that is complete has
// made them, so they were in a log that is missing.
func (p Place) noTables() error {
	if err := p.checkGIFs(); err != nil {
		return err
	}
	return errors.New("the database has no tables, as a copy without its log (-wal) has none: put back both, or move it away to start with an empty chat")
}

// prepareFile makes the folder and the file with modes that keep other users of
// the machine out; SQLite gives the file's mode to its companions. For a new
// database it leaves a mark, which migrated removes.
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

// migrated removes the mark of a database that has its tables now.
func (p Place) migrated() error {
	if err := os.Remove(p.Database + newExt); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
