package socketio_test

import (
	"testing"

	"go.uber.org/goleak"
)

// The suite fails on a goroutine that is left over.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}
