package gosocketio_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails if a test leaves a goroutine running, including those of the library.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}
