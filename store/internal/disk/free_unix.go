//go:build linux || darwin || freebsd

package disk

import "syscall"

// FreeSpace returns the number of bytes that a program without privileges can
// still write to the disk that holds the folder.
func FreeSpace(dir string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), nil //nolint:gosec,unconvert // the types differ between systems; a disk has less than 8 EiB
}
