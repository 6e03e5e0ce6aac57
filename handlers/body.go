package handlers

import (
	"cmp"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"gifchat/rooms"

	"github.com/gin-gonic/gin"
)

// A body has to make progress: bodyLeast bytes in each bodyWindow, or its end. Slow
// phones make it, one byte a second does not.
const (
	bodyWindow = 10 * time.Second
	bodyLeast  = 10 << 10
)

// pacedBody is a request body that ends when it comes too slowly, or when
// another request or the end of the server needs its place. Its deadline holds
// for a body that no handler reads as well: net/http reads on before it answers.
type pacedBody struct {
	io.ReadCloser
	control *http.ResponseController
	start   time.Time

	mu    sync.Mutex
	meter meter     // guarded by mu, as is all that follows
	end   time.Time // of the window
	from  int64     // what had come when the window began
	done  bool      // the body was read to its end
	cause error     // why the body was cut
}

func paceBody(w http.ResponseWriter, body io.ReadCloser) *pacedBody {
	now := time.Now()
	b := &pacedBody{ReadCloser: body, control: http.NewResponseController(w), start: now, end: now.Add(bodyWindow), meter: meter{start: now, last: now}}
	_ = b.wait() // not cut yet
	return b
}

func (b *pacedBody) Read(p []byte) (int, error) {
	if err := b.wait(); err != nil {
		return 0, err
	}
	n, err := b.ReadCloser.Read(p)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.meter.add(n, time.Now())
	switch {
	case errors.Is(err, io.EOF):
		b.done = true
		// From here on net/http listens for the client's going; a deadline
		// would be one.
		_ = b.control.SetReadDeadline(time.Time{})
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = cmp.Or(b.cause, errTooSlow)
	}
	return n, err
}

// wait moves the deadline, or returns the error that the body was cut with. Not
// every server can set a deadline (httptest's recorder cannot).
func (b *pacedBody) wait() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cause != nil {
		return b.cause
	}
	// The next window begins as soon as this one has its bytes: a read that runs into
	// its deadline leaves a body that cannot be read on.
	if b.meter.total-b.from >= bodyLeast {
		b.from, b.end = b.meter.total, time.Now().Add(bodyWindow)
	}
	_ = b.control.SetReadDeadline(b.end)
	return nil
}

// cut makes reading the body fail with cause, also a Read that waits. It
// returns false if the body is complete.
func (b *pacedBody) cut(cause error) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.done {
		return false
	}
	b.cause = cause
	_ = b.control.SetReadDeadline(time.Now())
	return true
}

// progress returns how many bytes have come, how many a second come now, and
// whether the body is complete.
func (b *pacedBody) progress(now time.Time) (received int64, rate float64, complete bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.meter.total, b.meter.rate(now), b.done
}

// limitBody lets a handler read at most n bytes; more is answered with 413.
func limitBody(c *gin.Context, n int64) io.Reader {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, n)
	return c.Request.Body
}

func isJSON(c *gin.Context) bool {
	kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
}

// readJSON reads a body into v; whatever is wrong with it is the sender's
// fault.
func readJSON(c *gin.Context, v any) error {
	body, err := io.ReadAll(limitBody(c, maxForm))
	if err != nil {
		return badForm(err)
	}
	return badForm(decodeJSON(body, v))
}

// readForm reads a small body: JSON into form, or what a browser's form posts
// with fromPost.
func readForm(c *gin.Context, form any, fromPost func(url.Values)) error {
	if isJSON(c) {
		return readJSON(c, form)
	}
	post, err := readPost(c)
	if err != nil {
		return err
	}
	fromPost(post)
	return nil
}

// readPost reads what a browser's form posts.
func readPost(c *gin.Context) (url.Values, error) {
	limitBody(c, maxForm)
	if err := c.Request.ParseForm(); err != nil {
		return nil, badForm(err)
	}
	if !validText(c.Request.PostForm) {
		return nil, badForm(errAltered)
	}
	return c.Request.PostForm, nil
}

// badForm makes a parser's complaints the sender's, except for a body that is
// too large or too slow, which has a status of its own.
func badForm(err error) error {
	if err == nil || describe(err).reason != "internal" {
		return err
	}
	return &rooms.InvalidError{Field: "body", Reason: "malformed"}
}
