//go:build !windows

package store

import "os"

// flush brings the names in a folder to the disk: without it a new one may be
// lost in a power cut.
func flush(folder *os.File) error { return folder.Sync() }
