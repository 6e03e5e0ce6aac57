package store_test

import "os"

// sized returns the first in `make test`, the second in `make soak`.
func sized(short, long int) int {
	if os.Getenv("SOAK") == "" {
		return short
	}
	return long
}
