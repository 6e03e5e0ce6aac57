// Package disk has what the store needs to know about the disk below a folder.
package disk

import (
	"errors"
	"io/fs"
	"os"
)

// SyncDir flushes the names in the folder at path, so that a new file in it
// survives a power cut.
func SyncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(SyncOpenDir(dir), dir.Close())
}

// FileSize returns the size of a file in bytes, or 0 if the file does not exist.
func FileSize(path string) (int64, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
