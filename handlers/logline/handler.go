// Package logline limits log lines that any client can cause, in number and in
// length.
package logline

import (
	"context"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"
)

// At most Lines lines of a kind are written in any Window, and one more with the
// number of those left out.
const (
	Lines  = 100
	Window = 10 * time.Second
)

// MaxText is the number of bytes of a client's text that are logged.
const MaxText = 200

// lineKind is the kind of a log line. Messages are constants, so kinds are few.
type lineKind struct {
	level   slog.Level
	message string
}

// handler is a slog.Handler that writes at most Lines lines of a kind in any
// Window, and then a line with the number of those left out. Errors always pass.
type handler struct {
	slog.Handler

	lines *Throttle[lineKind]
}

// NewLogger returns a logger for lines that any client can cause. The function
// close reports the lines that are still left out at the end.
func NewLogger(log *slog.Logger) (bounded *slog.Logger, closeLog func()) {
	lines := NewThrottle(Lines, Window, func(k lineKind, held int) {
		log.Log(context.Background(), k.level, "lines left out", "of", k.message, "count", held)
	})
	return slog.New(handler{log.Handler(), lines}), lines.Close
}

// Handle implements slog.Handler.
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level < slog.LevelError && !h.lines.Pass(lineKind{r.Level, r.Message}) {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs), h.lines}
}

// WithGroup implements slog.Handler.
func (h handler) WithGroup(name string) slog.Handler {
	return handler{h.Handler.WithGroup(name), h.lines}
}

// Clip shortens a client's text to at most n bytes of valid UTF-8 without control
// characters, for a log line or an error page.
func Clip(s string, n int) string {
	if len(s) > n {
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
