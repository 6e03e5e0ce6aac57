package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"gifchat/rooms"
)

// sweepAge is how old a file must be before Sweep takes it for left over: an
// upload that is under way is younger, since one that pauses for so long is cut.
const sweepAge = 6 * time.Minute

const temporary = ".tmp"

// UploadReserve is what an upload under way may still write: the largest GIF
// that the chat takes. What it writes beyond that comes out of the floor.
const UploadReserve = 5 << 20

// Files keeps GIFs in one folder. It is a rooms.GIFStore.
//
// Names are checked, and resolved by os.Root: no name leads out of the folder,
// not even through a symbolic link.
type Files struct {
	root  *os.Root
	name  *regexp.Regexp
	floor int64
	free  func() (int64, error) // bytes left where the folder is

	// What brings a file, and the names in the folder, to the disk.
	flushFile, flushFolder func(*os.File) error

	underWay atomic.Int64 // uploads
}

var _ rooms.GIFStore = (*Files)(nil)

// OpenFiles opens a folder of GIFs and creates it if there is none. Of the disk
// it is on it leaves floor bytes for others, the database first of all, also
// when all uploads under way become as large as they may; zero leaves nothing.
func OpenFiles(dir string, floor int64) (*Files, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open gif folder: %w", err)
	}
	return openFolder(dir, floor)
}

// openFolder opens a folder of GIFs that is there.
func openFolder(dir string, floor int64) (*Files, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open gif folder: %w", err)
	}
	return &Files{
		root:  root,
		name:  regexp.MustCompile(`^[0-9a-f]{24}\.gif$`),
		floor: floor,
		free:  func() (int64, error) { return freeSpace(dir) },

		flushFile: (*os.File).Sync, flushFolder: flush,
	}, nil
}

// Close closes the folder. GIFs that are open stay so.
func (f *Files) Close() error { return f.root.Close() }

// Save implements rooms.GIFStore.
func (f *Files) Save(name string, write func(io.Writer) error) error {
	if !f.name.MatchString(name) {
		return fmt.Errorf("save gif: %w: bad name %q", rooms.ErrUnavailable, name)
	}
	underWay := f.underWay.Add(1)
	defer f.underWay.Add(-1)
	if err := f.checkSpace(underWay); err != nil {
		return fmt.Errorf("save gif: %w", err)
	}
	if err := f.fill(name+temporary, write); err != nil {
		// What cannot be removed now is left to Sweep.
		_ = f.root.Remove(name + temporary)
		return err
	}
	if err := f.root.Rename(name+temporary, name); err != nil {
		_ = f.root.Remove(name + temporary)
		return fmt.Errorf("save gif: %w", unavailable(err))
	}
	if err := f.sync(); err != nil {
		return fmt.Errorf("save gif: %w", unavailable(err))
	}
	return nil
}

// checkSpace refuses with rooms.ErrStorageFull when less than the floor would
// be free after so many uploads. Each was counted before it asks the disk, so
// what another has written is counted, or free no more, or both.
func (f *Files) checkSpace(uploads int64) error {
	if f.floor <= 0 {
		return nil
	}
	free, err := f.free()
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return nil // the disk itself will say when it is full
	case err != nil:
		return unavailable(err)
	case free-uploads*UploadReserve < f.floor: // the floor may be as large as a number can be
		return fmt.Errorf("%w: %d bytes are free, %d uploads are under way, %d are kept free", rooms.ErrStorageFull, free, uploads, f.floor)
	}
	return nil
}

// fill makes a new file with what write writes and flushes it to the disk.
func (f *Files) fill(name string, write func(io.Writer) error) error {
	file, err := f.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("save gif: %w", unavailable(err))
	}
	err = write(disk{file})
	if err == nil {
		err = unavailable(f.flushFile(file))
	}
	if closing := file.Close(); err == nil {
		err = unavailable(closing)
	}
	return err
}

// disk marks the failures of a file, so that they can be told from those of
// the upload that is written to it.
type disk struct{ file *os.File }

func (d disk) Write(b []byte) (int, error) {
	n, err := d.file.Write(b)
	return n, unavailable(err)
}

// sync makes a new name in the folder one that stays.
func (f *Files) sync() error {
	dir, err := f.root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(f.flushFolder(dir), dir.Close())
}

// Open implements rooms.GIFStore.
func (f *Files) Open(name string) (rooms.GIFFile, error) {
	if !f.name.MatchString(name) {
		return nil, rooms.ErrNotFound
	}
	file, err := f.root.Open(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, rooms.ErrNotFound
	case err != nil:
		return nil, fmt.Errorf("open gif: %w", unavailable(err))
	}
	return file, nil
}

// Remove implements rooms.GIFStore.
func (f *Files) Remove(name string) error {
	if !f.name.MatchString(name) {
		return nil
	}
	if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove gif: %w", unavailable(err))
	}
	return nil
}

// Sweep removes what a crash may have left behind: unfinished files, and GIFs
// for which held says that no message shows them. Both only when they are six
// minutes old. It returns how many it has removed.
func (f *Files) Sweep(ctx context.Context, held func(ctx context.Context, name string) (bool, error)) (int, error) {
	entries, err := fs.ReadDir(f.root.FS(), ".")
	if err != nil {
		return 0, fmt.Errorf("sweep gifs: %w", err)
	}
	removed := 0
	for _, entry := range entries {
		left, err := f.leftOver(ctx, entry, held)
		if err == nil && left {
			err = f.root.Remove(entry.Name())
			removed++
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return removed, fmt.Errorf("sweep gifs: %w", err)
		}
	}
	return removed, nil
}

// leftOver tells whether a file is ours and of no use. Other files in the
// folder are not our business.
func (f *Files) leftOver(ctx context.Context, entry fs.DirEntry, held func(context.Context, string) (bool, error)) (bool, error) {
	name, unfinished := strings.CutSuffix(entry.Name(), temporary)
	if !f.name.MatchString(name) {
		return false, nil
	}
	info, err := entry.Info()
	if err != nil {
		return false, err
	}
	if time.Since(info.ModTime()) < sweepAge {
		return false, nil
	}
	if unfinished {
		return true, nil
	}
	shown, err := held(ctx, name)
	return !shown, err
}
