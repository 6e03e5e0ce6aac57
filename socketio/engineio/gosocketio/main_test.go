package gosocketio_test

import (
	"testing"

	"go.uber.org/goleak"
)

// The suite fails on a goroutine that is left over, the library's too.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}
