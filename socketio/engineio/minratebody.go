package engineio

import (
	"errors"
	"io"
	"sync/atomic"
	"time"
)

// errSlowBody is the error of a request body that arrives too slowly.
var errSlowBody = errors.New("engineio: the body arrives too slowly")

// minRateBody is a request body with a minimum rate: each window must bring the
// minimum number of bytes, or the end of the body.
type minRateBody struct {
	io.ReadCloser

	minimum     minProgress
	setDeadline func(time.Time) error // fails if the writer has no deadlines; the program's http.Server then needs a ReadTimeout
	received    *atomic.Int64

	windowEnd   time.Time // end of the window; zero before the first read
	windowBytes int64     // bytes read in the window
}

func (b *minRateBody) Read(p []byte) (int, error) {
	now := time.Now()
	switch {
	case b.windowEnd.IsZero() || b.windowBytes >= b.minimum.bytes:
		// The next window starts as soon as this one has its minimum, not at its end,
		// because a body cannot be read further after a deadline has passed during a read.
		b.windowEnd, b.windowBytes = now.Add(b.minimum.window), 0
		_ = b.setDeadline(b.windowEnd)
	case now.After(b.windowEnd):
		return 0, errSlowBody
	}
	n, err := b.ReadCloser.Read(p)
	b.windowBytes += int64(n)
	b.received.Add(int64(n))
	return n, err
}
