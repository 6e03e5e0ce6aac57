//go:build !windows

package disk

import "os"

// SyncOpenDir flushes the names in an open folder to the disk.
func SyncOpenDir(dir *os.File) error { return dir.Sync() }
