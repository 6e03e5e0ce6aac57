package handlers

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"gifchat/rooms"

	"github.com/gin-gonic/gin"
)

// gifCaching lets the visitor's own browser keep a GIF, but not show it without
// asking: the answer is a 304 without a body, or that the GIF is gone. So what
// was removed, and who was, sees nothing from then on.
const gifCaching = "private, no-cache"

// serveGIF shows a GIF to the members of the room it was posted in.
func (h *Handler) serveGIF(c *gin.Context) error { return h.showGIF(c, h.chat.GIF, "") }

// servePoster shows its first frame.
func (h *Handler) servePoster(c *gin.Context) error { return h.showGIF(c, h.chat.Poster, "-poster") }

// opener is Chat.GIF or Chat.Poster.
type opener func(context.Context, rooms.Visitor, string) (rooms.GIF, rooms.GIFFile, error)

func (h *Handler) showGIF(c *gin.Context, open opener, part string) error {
	if embedded(c.Request) {
		return rooms.ErrForbidden
	}
	ctx := c.Request.Context()
	gif, file, err := open(ctx, visitor(ctx), c.Param("name"))
	if err != nil {
		return err
	}
	defer file.Close()
	header := c.Writer.Header()
	header.Set("Content-Type", "image/gif")
	header.Set("Content-Security-Policy", gifPolicy)
	header.Set("Cache-Control", gifCaching)
	header.Set("ETag", `"`+cmp.Or(gif.SHA256, gif.Name)+part+`"`)
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, file)
	return nil
}

// embedded tells whether a page of another origin wants to show what it asks
// for, by what browsers say of a request. Following a link there is not that.
func embedded(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "cross-site", "same-site":
		return r.Header.Get("Sec-Fetch-Dest") != "document"
	}
	return false
}
