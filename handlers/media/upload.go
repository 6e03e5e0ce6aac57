package media

import (
	"bufio"
	"errors"
	"io"
	"mime/multipart"
	"unicode/utf8"

	"gifchat/handlers/input"
	"gifchat/handlers/refusal"
	"gifchat/handlers/session"
	"gifchat/rooms"

	"github.com/gin-gonic/gin"
)

const (
	// formOverhead has room for the multipart headers and the small fields, in bytes.
	formOverhead = 64 << 10

	// maxParts is the number of parts of a form that are read. Our form has three.
	maxParts = 8

	// maxField is the size of the longest client id in a form, in bytes: 64 characters
	// of four bytes.
	maxField = 256

	// maxPreamble bounds what may come before the file of a form: the fields, and the
	// headers of the parts, which are kept in memory.
	maxPreamble = 64 << 10
)

// Upload posts a GIF. It checks the file as it arrives, without keeping it in memory.
func (g *GIFs) Upload(c *gin.Context) error {
	ctx, v, id := c.Request.Context(), session.Visitor(c.Request.Context()), rooms.ID(c.Param("id"))
	if _, err := g.chat.Member(ctx, v, id); err != nil {
		return err // before megabytes are read
	}
	if err := g.limiter.Act(v); err != nil {
		return err
	}
	body, ok := c.Request.Body.(*input.Body) // as every body of a page: handlers.Handler.ServeHTTP
	if !ok {
		return &rooms.InvalidError{Field: "gif", Reason: "empty"}
	}
	end, err := g.uploads.begin(&upload{session: string(v.Session), source: v.Source, body: body})
	if err != nil {
		return err
	}
	defer end()
	file, clientID, err := openFile(c)
	if err != nil {
		return err
	}
	// The charge comes before AddGIF: a stored file whose message is then refused would
	// stay until the sweep.
	charge, err := g.limiter.Post(ctx, g.chat, v, id)
	if err != nil {
		return err
	}
	defer charge.Refund()
	gif, err := g.chat.AddGIF(ctx, v, id, file.FileName(), &cappedReader{r: file, left: rooms.GIFLimits().Bytes})
	if err != nil {
		return fileError(err)
	}
	stored, err := g.chat.Post(ctx, v, id, rooms.Draft{GIF: &gif, ClientID: clientID})
	if err != nil {
		return err
	}
	if !stored.Again {
		charge.Commit()
	}
	input.Done(c, "/room/"+string(id)+"#composer")
	return nil
}

// openFile reads an upload's form up to its file.
func openFile(c *gin.Context) (file *multipart.Part, clientID string, err error) {
	maxForm := rooms.GIFLimits().Bytes + formOverhead
	preamble := &cappedReader{r: input.Limit(c, maxForm), left: maxPreamble}
	c.Request.Body = io.NopCloser(preamble)
	form, err := c.Request.MultipartReader()
	if err != nil {
		return nil, "", &rooms.InvalidError{Field: "gif", Reason: "empty"}
	}
	file, clientID, err = findFile(form)
	preamble.left = maxForm
	return file, clientID, err
}

// findFile returns the part named gif. A clientId must come before it.
func findFile(form *multipart.Reader) (file *multipart.Part, clientID string, err error) {
	for range maxParts {
		part, err := form.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil, "", &rooms.InvalidError{Field: "gif", Reason: "empty"}
		case err != nil:
			return nil, "", uploadError(err)
		case part.FormName() == "gif" && part.FileName() == "":
			return nil, "", &rooms.InvalidError{Field: "gif", Reason: "empty"}
		case part.FormName() == "gif":
			return part, clientID, nil
		case part.FormName() == "clientId":
			if clientID, err = readField(part); err != nil {
				return nil, "", err
			}
		}
	}
	return nil, "", &rooms.InvalidError{Field: "body", Reason: "too_many_parts"}
}

// fileError is uploadError for the file itself. A large file may meet any of three
// limits first, depending on how its bytes arrive; all get the same error.
func fileError(err error) error {
	err = uploadError(err)
	if refusal.Of(err).Reason == "too_large" {
		return &rooms.InvalidError{Field: "gif", Reason: "too_large"}
	}
	return err
}

// readField reads a short text of a form. It refuses a longer text: cut short, it
// could be another valid client id.
func readField(part *multipart.Part) (string, error) {
	text, err := io.ReadAll(io.LimitReader(part, maxField+1))
	switch {
	case err != nil:
		return "", uploadError(err)
	case len(text) > maxField:
		return "", &rooms.InvalidError{Field: part.FormName(), Reason: "too_long"}
	case !utf8.Valid(text):
		return "", input.Malformed(input.ErrNotUnicode)
	}
	return string(text), nil
}

// uploadError returns the errors of the chat and of the limits unchanged, and reports
// any other error as a malformed body: mime/multipart has no error values for a body that
// ends early or is not multipart.
func uploadError(err error) error {
	switch {
	case refusal.Of(err).Reason != "internal":
		return err
	case errors.Is(err, bufio.ErrBufferFull): // a very long line; how the bytes arrive decides which limit it meets
		return refusal.ErrTooLarge
	}
	return &rooms.InvalidError{Field: "body", Reason: "malformed"}
}

// cappedReader is an io.LimitedReader that fails with refusal.ErrTooLarge at its
// limit instead of pretending that the file ended.
type cappedReader struct {
	r    io.Reader
	left int64
}

// Read implements io.Reader.
func (c *cappedReader) Read(p []byte) (int, error) {
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.r.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, refusal.ErrTooLarge
	}
	return n, err
}
