package handlers

import (
	"bufio"
	"errors"
	"io"
	"mime/multipart"
	"unicode/utf8"

	"gifchat/rooms"

	"github.com/gin-gonic/gin"
)

const (
	// maxGIF is what the original accepted; it keeps a room loadable on 3G.
	maxGIF = 5 << 20

	// maxUpload leaves room for the multipart headers and the small fields.
	maxUpload = maxGIF + 64<<10

	// maxParts of a form are looked at: ours has three.
	maxParts = 8

	// maxField is the longest client id in a form, in bytes: 64 characters of four.
	maxField = 256

	// maxPreamble bounds what may come before a form's file: its fields, and the
	// headers of the parts, which are held in memory.
	maxPreamble = 64 << 10
)

// postGIF reads the upload as it comes: into the checks, not into memory.
func (h *Handler) postGIF(c *gin.Context) error {
	ctx, v, id := c.Request.Context(), visitor(c.Request.Context()), rooms.ID(c.Param("id"))
	if _, err := h.chat.Member(ctx, v, id); err != nil {
		return err // before reading megabytes of a stranger
	}
	if err := h.budgets.act(v); err != nil {
		return err
	}
	body, ok := c.Request.Body.(*pacedBody) // every body is, see ServeHTTP
	if !ok {
		return &rooms.InvalidError{Field: "gif", Reason: "empty"}
	}
	leave, err := h.uploads.enter(&upload{session: string(v.Session), source: v.Source, body: body})
	if err != nil {
		return err
	}
	defer leave()
	preamble := &capped{r: limitBody(c, maxUpload), left: maxPreamble}
	c.Request.Body = io.NopCloser(preamble)
	form, err := c.Request.MultipartReader()
	if err != nil {
		return &rooms.InvalidError{Field: "gif", Reason: "empty"}
	}
	file, clientID, err := findGIF(form)
	if err != nil {
		return err
	}
	preamble.left = maxUpload
	// Around both, or what the room is too busy for would be kept until the sweep.
	_, err = h.budgets.inRoom(ctx, v, id, func() (rooms.Stored, error) {
		gif, err := h.chat.AddGIF(ctx, v, id, file.FileName(), &capped{r: file, left: maxGIF})
		if err != nil {
			return rooms.Stored{}, fileError(err)
		}
		return h.chat.Post(ctx, v, id, rooms.Draft{GIF: &gif, ClientID: clientID})
	})
	if err != nil {
		return err
	}
	return posted(c, id)
}

// findGIF goes to the part named gif. A clientId must come before it.
func findGIF(form *multipart.Reader) (file *multipart.Part, clientID string, err error) {
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

// fileError is uploadError for what comes while the file is read: which of the
// limits a large file meets first depends on how its bytes arrive.
func fileError(err error) error {
	err = uploadError(err)
	if describe(err).reason == "too_large" {
		return &rooms.InvalidError{Field: "gif", Reason: "too_large"}
	}
	return err
}

// readField reads a small text of a form. A longer one is refused, not cut: cut
// short, it could be another valid client id.
func readField(part *multipart.Part) (string, error) {
	text, err := io.ReadAll(io.LimitReader(part, maxField+1))
	switch {
	case err != nil:
		return "", uploadError(err)
	case len(text) > maxField:
		return "", &rooms.InvalidError{Field: part.FormName(), Reason: "too_long"}
	case !utf8.Valid(text):
		return "", badForm(errAltered)
	}
	return string(text), nil
}

// uploadError keeps what the chat and the limits say; anything else is a body
// that ended early or is no multipart, for which mime/multipart has no errors
// of its own: the sender's fault.
func uploadError(err error) error {
	switch {
	case describe(err).reason != "internal":
		return err
	case errors.Is(err, bufio.ErrBufferFull): // a line that goes on and on; how the bytes come decides which limit it meets
		return errTooLarge
	}
	return &rooms.InvalidError{Field: "body", Reason: "malformed"}
}

// capped is an io.LimitReader that does not pretend that the file ended.
type capped struct {
	r    io.Reader
	left int64
}

func (l *capped) Read(p []byte) (int, error) {
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}
