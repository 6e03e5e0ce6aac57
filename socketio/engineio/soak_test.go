package engineio_test

import "os"

// sized returns the first in `make test` and the second in `make soak`, which
// sets SOAK: the long forms of docs/promises.md.
func sized(short, long int) int {
	if os.Getenv("SOAK") != "" {
		return long
	}
	return short
}
