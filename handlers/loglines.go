package handlers

import (
	"context"
	"log/slog"
)

// lineKind is what a flood of log lines has in common. Messages are constants, so
// there are few kinds.
type lineKind struct {
	level   slog.Level
	message string
}

// boundedLog is a slog.Handler that writes at most logLines lines of a kind in any
// logWindow, and then one with the number of those left out. Errors always pass.
type boundedLog struct {
	slog.Handler

	lines *throttle[lineKind]
}

// newBoundedLog returns a logger for lines that anybody can cause. Call close to
// report what is left out at the end.
func newBoundedLog(log *slog.Logger) (bounded *slog.Logger, closeLog func()) {
	lines := newThrottle(logLines, logWindow, func(k lineKind, held int) {
		log.Log(context.Background(), k.level, "lines left out", "of", k.message, "count", held)
	})
	return slog.New(boundedLog{log.Handler(), lines}), lines.close
}

// Handle implements slog.Handler.
func (b boundedLog) Handle(ctx context.Context, r slog.Record) error {
	if r.Level < slog.LevelError && !b.lines.pass(lineKind{r.Level, r.Message}) {
		return nil
	}
	return b.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (b boundedLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return boundedLog{b.Handler.WithAttrs(attrs), b.lines}
}

// WithGroup implements slog.Handler.
func (b boundedLog) WithGroup(name string) slog.Handler {
	return boundedLog{b.Handler.WithGroup(name), b.lines}
}
