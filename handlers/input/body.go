package input

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"gifchat/handlers/refusal"
)

// A body has to make progress: minBytes in each window, or its end. A slow phone
// does; a client that sends one byte a second does not.
const (
	window   = 10 * time.Second
	minBytes = 10 << 10
)

// Body is a request body that ends when it arrives too slowly, or when Cut ends it.
// Its deadline also holds for a body that no handler reads: net/http reads the rest
// of a short body before it answers.
type Body struct {
	io.ReadCloser
	control *http.ResponseController
	start   time.Time

	mu       sync.Mutex
	meter    meter     // guarded by mu, as are all fields below
	deadline time.Time // of the window
	from     int64     // bytes received before the window began
	complete bool      // the body was read to its end
	cause    error     // the error of Cut
}

// NewBody returns a Body over the body of the request that w answers.
func NewBody(w http.ResponseWriter, body io.ReadCloser) *Body {
	now := time.Now()
	b := &Body{ReadCloser: body, control: http.NewResponseController(w), start: now, deadline: now.Add(window), meter: meter{start: now, last: now}}
	_ = b.extend() // it fails after Cut only
	return b
}

// Read reads from the body. It fails with refusal.ErrTooSlow at the end of a window
// without progress, and with the error given to Cut.
func (b *Body) Read(p []byte) (int, error) {
	if err := b.extend(); err != nil {
		return 0, err
	}
	n, err := b.ReadCloser.Read(p)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.meter.add(n, time.Now())
	switch {
	case errors.Is(err, io.EOF):
		b.complete = true
		// From here on net/http reads to notice when the client disconnects. It would
		// take a deadline for a disconnect.
		_ = b.control.SetReadDeadline(time.Time{})
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = cmp.Or(b.cause, refusal.ErrTooSlow)
	}
	return n, err
}

// extend sets the deadline of the window, and begins the next window if this one
// has its bytes. It returns the error of Cut. Some servers have no deadlines, such
// as the recorder of httptest.
func (b *Body) extend() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cause != nil {
		return b.cause
	}
	// The next window begins as soon as this one has its bytes, and not at its end:
	// a body cannot be read on after a read has run into its deadline.
	if b.meter.total-b.from >= minBytes {
		b.from, b.deadline = b.meter.total, time.Now().Add(window)
	}
	_ = b.control.SetReadDeadline(b.deadline)
	return nil
}

// Cut makes reading the body fail with cause, a Read in progress included. It
// returns false if the body is complete.
func (b *Body) Cut(cause error) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.complete {
		return false
	}
	b.cause = cause
	_ = b.control.SetReadDeadline(time.Now())
	return true
}

// Progress is how far a body has come.
type Progress struct {
	Age      time.Duration // since the request
	Received int64         // bytes
	Rate     float64       // bytes a second, of the last seconds
	Complete bool          // the body was read to its end
}

// Progress returns how far the body has come.
func (b *Body) Progress() Progress {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	return Progress{Age: now.Sub(b.start), Received: b.meter.total, Rate: b.meter.rate(now), Complete: b.complete}
}

// LimitUnread gives a body that the caller does not read a deadline of one window.
// The Socket.IO engine paces the bodies that it reads; net/http reads the rest of a
// body that the engine refuses.
func LimitUnread(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(window)) // some servers have no deadlines
}
