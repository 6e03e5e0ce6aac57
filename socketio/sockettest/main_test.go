package sockettest_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails if a goroutine is left over.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}
