//go:build !(linux || darwin || freebsd)

package disk

import "errors"

// FreeSpace returns errors.ErrUnsupported on this system.
func FreeSpace(string) (int64, error) { return 0, errors.ErrUnsupported }
