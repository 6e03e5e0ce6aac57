package handlers

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"gifchat/rooms"

	"github.com/gin-gonic/gin"
)

// A body has bodyGrace plus a second for each bodyPace bytes that have come:
// slow phones make it, one byte a second does not.
const (
	bodyGrace = 10 * time.Second
	bodyPace  = 16 << 10
)

// pacedBody cuts bodies that are slower than any phone. Its deadline holds for
// a body that no handler reads as well: net/http reads on before it answers.
type pacedBody struct {
	io.ReadCloser
	control *http.ResponseController
	start   time.Time
	read    int64
}

func paceBody(w http.ResponseWriter, body io.ReadCloser) *pacedBody {
	b := &pacedBody{ReadCloser: body, control: http.NewResponseController(w), start: time.Now()}
	b.wait()
	return b
}

func (b *pacedBody) Read(p []byte) (int, error) {
	b.wait()
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	switch {
	case errors.Is(err, io.EOF):
		// From here on net/http listens for the client's going; a deadline
		// would be one.
		_ = b.control.SetReadDeadline(time.Time{})
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = errTooSlow
	}
	return n, err
}

// wait moves the deadline. Not every server can set one (httptest's recorder
// cannot).
func (b *pacedBody) wait() {
	allowed := bodyGrace + time.Duration(b.read/bodyPace)*time.Second
	_ = b.control.SetReadDeadline(b.start.Add(allowed))
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
	return badForm(json.NewDecoder(limitBody(c, maxForm)).Decode(v))
}

// readForm reads a small body: JSON into form, or what a browser's form posts
// with fromPost.
func readForm(c *gin.Context, form any, fromPost func(url.Values)) error {
	if isJSON(c) {
		return readJSON(c, form)
	}
	limitBody(c, maxForm)
	if err := c.Request.ParseForm(); err != nil {
		return badForm(err)
	}
	fromPost(c.Request.PostForm)
	return nil
}

// badForm makes a parser's complaints the sender's, except for a body that is
// too large or too slow, which has a status of its own.
func badForm(err error) error {
	if err == nil || describe(err).reason != "internal" {
		return err
	}
	return &rooms.InvalidError{Field: "body", Reason: "malformed"}
}
