package engineio

import (
	"errors"
	"io"
	"sync/atomic"
	"time"
)

// errTrickle ends the reading of a body that arrives too slowly.
var errTrickle = errors.New("engineio: the body arrives too slowly")

// pacedBody is a request's body that has to make progress: each window of its pace
// brings as many bytes, or the end.
type pacedBody struct {
	io.ReadCloser

	pace        pace
	setDeadline func(time.Time) error // fails where there are no deadlines; then the program's server has to have one
	received    *atomic.Int64

	end time.Time // of the window; zero before the first read
	got int64     // in the window
}

func (b *pacedBody) Read(into []byte) (int, error) {
	now := time.Now()
	switch {
	case b.end.IsZero() || b.got >= b.pace.least:
		// The next window begins as soon as this one has its bytes, and not at its end:
		// a read that runs into its deadline leaves a body that cannot be read on.
		b.end, b.got = now.Add(b.pace.window), 0
		_ = b.setDeadline(b.end)
	case now.After(b.end):
		return 0, errTrickle
	}
	n, err := b.ReadCloser.Read(into)
	b.got += int64(n)
	b.received.Add(int64(n))
	return n, err
}
