package handlers

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"

	"gifchat/rooms"

	"github.com/gin-gonic/gin"
)

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

// badForm makes a parser's complaints the sender's, except for a body that
// is too large, which has a status of its own.
func badForm(err error) error {
	if err == nil || describe(err).status == http.StatusRequestEntityTooLarge {
		return err
	}
	return &rooms.InvalidError{Field: "body", Reason: "malformed"}
}
