package input

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"gifchat/handlers/refusal"
	"gifchat/rooms"

	"github.com/gin-gonic/gin"
)

// MaxForm is the size of the largest form or JSON body, in bytes: a message of 2,000
// characters is 24 KB when each character is percent-encoded.
const MaxForm = 64 << 10

// IsForm reports whether a browser sent a form without a script.
func IsForm(c *gin.Context) bool {
	return strings.Contains(c.GetHeader("Accept"), "text/html") &&
		!strings.EqualFold(c.GetHeader("X-Requested-With"), "XMLHttpRequest")
}

// IsRead reports whether r is a GET or a HEAD.
func IsRead(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// Limit lets a handler read at most n bytes of a body. A longer body is answered
// with 413.
func Limit(c *gin.Context, n int64) io.Reader {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, n)
	return c.Request.Body
}

// ReadForm reads a small body: JSON into form, or a browser's form by calling
// fromPost. Its errors name a mistake of the sender.
func ReadForm(c *gin.Context, form any, fromPost func(url.Values)) error {
	if isJSON(c) {
		return readJSON(c, form)
	}
	post, err := ReadPost(c)
	if err != nil {
		return err
	}
	fromPost(post)
	return nil
}

// ReadPost reads the form of a browser.
func ReadPost(c *gin.Context) (url.Values, error) {
	Limit(c, MaxForm)
	if err := c.Request.ParseForm(); err != nil {
		return nil, Malformed(err)
	}
	if !validText(c.Request.PostForm) {
		return nil, Malformed(ErrNotUnicode)
	}
	return c.Request.PostForm, nil
}

func isJSON(c *gin.Context) bool {
	kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
}

func readJSON(c *gin.Context, v any) error {
	body, err := io.ReadAll(Limit(c, MaxForm))
	if err != nil {
		return Malformed(err)
	}
	return Malformed(decodeJSON(body, v))
}

// Malformed returns the error of a body that a parser has refused with err: an
// invalid body, unless err has a refusal of its own, such as a body that is too
// large or too slow. It returns nil for nil.
func Malformed(err error) error {
	if err == nil || refusal.Of(err).Reason != "internal" {
		return err
	}
	return &rooms.InvalidError{Field: "body", Reason: "malformed"}
}

// Done answers a request that changed something: it redirects a browser's form to
// location, and answers scripts and programs with ok.
func Done(c *gin.Context, location string) {
	if IsForm(c) {
		c.Redirect(http.StatusSeeOther, location)
		return
	}
	c.String(http.StatusOK, "ok")
}
