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
	"gifchat/store/internal/disk"
)

// sweepAge is the age of a file that Sweep can remove. The file of an upload in
// progress is younger, since an upload that pauses for this long is cut.
const sweepAge = 6 * time.Minute

// temporary ends the name of a file whose upload is in progress.
const temporary = ".tmp"

// UploadReserve is the number of bytes reserved for each upload in progress: the
// size of the largest GIF that the chat accepts.
const UploadReserve = 5 << 20

// Files keeps GIFs in one folder. It is a rooms.GIFStore.
//
// os.Root resolves the names, so that no name leads out of the folder, not even
// through a symbolic link.
type Files struct {
	root  *os.Root
	name  *regexp.Regexp
	floor int64                 // bytes of the disk that uploads leave free
	free  func() (int64, error) // bytes free on the folder's disk

	// syncFile flushes a file's contents to the disk, syncFolder the names in the folder.
	syncFile, syncFolder func(*os.File) error

	uploads atomic.Int64 // in progress
}

var _ rooms.GIFStore = (*Files)(nil)

// OpenFiles opens a folder of GIFs and creates it if it is missing. Uploads leave
// floor bytes of the disk free, for the database above all, even if every upload
// in progress reaches UploadReserve bytes. With a floor of 0 they use all of it.
func OpenFiles(dir string, floor int64) (*Files, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open gif folder: %w", err)
	}
	return openFiles(dir, floor)
}

// OpenExistingFiles opens a folder of GIFs for reading. It returns an error that
// wraps fs.ErrNotExist if the folder is missing.
func OpenExistingFiles(dir string) (*Files, error) { return openFiles(dir, 0) }

func openFiles(dir string, floor int64) (*Files, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open gif folder: %w", err)
	}
	return &Files{
		root:  root,
		name:  regexp.MustCompile(`^[0-9a-f]{24}\.gif$`),
		floor: floor,
		free:  func() (int64, error) { return disk.FreeSpace(dir) },

		syncFile: (*os.File).Sync, syncFolder: disk.SyncOpenDir,
	}, nil
}

// Close closes the folder. Open GIFs stay open.
func (f *Files) Close() error { return f.root.Close() }

// Save implements rooms.GIFStore.
func (f *Files) Save(name string, write func(io.Writer) error) error {
	if !f.name.MatchString(name) {
		return fmt.Errorf("save gif: %w: bad name %q", rooms.ErrUnavailable, name)
	}
	uploads := f.uploads.Add(1)
	defer f.uploads.Add(-1)
	if err := f.checkSpace(uploads); err != nil {
		return fmt.Errorf("save gif: %w", err)
	}
	if err := f.fill(name+temporary, write); err != nil {
		// Sweep removes the file if this fails.
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

// checkSpace returns rooms.ErrStorageFull if less than the floor would be free
// after the uploads in progress. Save counts an upload before it reads the free
// space. So the bytes of another upload are counted, or already taken, or both.
func (f *Files) checkSpace(uploads int64) error {
	if f.floor <= 0 {
		return nil
	}
	free, err := f.free()
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return nil // writing fails if the disk is full
	case err != nil:
		return unavailable(err)
	case free-uploads*UploadReserve < f.floor: // without overflow for the largest floor
		return fmt.Errorf("%w: %d bytes are free, %d uploads are in progress, %d bytes must stay free", rooms.ErrStorageFull, free, uploads, f.floor)
	}
	return nil
}

// fill creates a file, calls write for its contents, and flushes it to the disk.
func (f *Files) fill(name string, write func(io.Writer) error) error {
	file, err := f.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("save gif: %w", unavailable(err))
	}
	err = write(diskWriter{file})
	if err == nil {
		err = unavailable(f.syncFile(file))
	}
	if closing := file.Close(); err == nil {
		err = unavailable(closing)
	}
	return err
}

// diskWriter wraps the errors of a file in rooms.ErrUnavailable, which separates
// them from the errors of the upload that is written to it.
type diskWriter struct{ file *os.File }

func (d diskWriter) Write(b []byte) (int, error) {
	n, err := d.file.Write(b)
	return n, unavailable(err)
}

// sync flushes the names in the folder, so that a new one survives a power cut.
func (f *Files) sync() error {
	dir, err := f.root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(f.syncFolder(dir), dir.Close())
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

// Sweep removes the files that a crash has left: unfinished uploads, and GIFs for
// which isShown returns false. It leaves files that are younger than six minutes.
// It returns the number of removed files.
func (f *Files) Sweep(ctx context.Context, isShown func(ctx context.Context, name string) (bool, error)) (int, error) {
	entries, err := fs.ReadDir(f.root.FS(), ".")
	if err != nil {
		return 0, fmt.Errorf("sweep gifs: %w", err)
	}
	removed := 0
	for _, entry := range entries {
		left, err := f.leftOver(ctx, entry, isShown)
		if err == nil && left {
			if err = f.root.Remove(entry.Name()); err == nil {
				removed++
			}
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return removed, fmt.Errorf("sweep gifs: %w", err)
		}
	}
	return removed, nil
}

// leftOver reports whether a crash has left the file behind. It returns false for
// files that are not named like a GIF.
func (f *Files) leftOver(ctx context.Context, entry fs.DirEntry, isShown func(context.Context, string) (bool, error)) (bool, error) {
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
	shown, err := isShown(ctx, name)
	return !shown, err
}
