package inspect_test

import "os"

// sized returns short, or long with SOAK=1 as in `make soak`.
func sized(short, long int) int {
	if os.Getenv("SOAK") == "" {
		return short
	}
	return long
}
