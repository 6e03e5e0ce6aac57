package socketio_test

import (
	"log/slog"
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails if a goroutine is left over. It discards the log of servers without a
// logger of their own, where tests cause many errors.
func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	goleak.VerifyTestMain(m)
}
