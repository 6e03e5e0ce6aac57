package engineio_test

import "os"

// sized returns short in `make test` and long in `make soak`, which sets SOAK. The long
// forms are described in docs/promises.md.
func sized(short, long int) int {
	if os.Getenv("SOAK") != "" {
		return long
	}
	return short
}
