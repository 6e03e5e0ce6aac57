// Package media serves files: GIFs to the members of their rooms, and the assets of
// the pages to everybody.
package media

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"gifchat/handlers/limits"
	"gifchat/handlers/session"
	"gifchat/rooms"

	"github.com/gin-gonic/gin"
)

const (
	// gifPolicy makes a GIF inert even if a browser opens it as a document.
	gifPolicy = "default-src 'none'; sandbox"

	// gifCaching lets the visitor's own browser keep a GIF, but show it only after a
	// request: the answer is a 304 without a body, or that the GIF is gone. So nobody
	// sees a removed GIF, and a visitor who was sent out sees none.
	gifCaching = "private, no-cache"
)

// GIFs serves the uploads and the downloads of GIFs.
type GIFs struct {
	chat    rooms.Chat
	limiter *limits.Limiter
	uploads *uploads
}

// NewGIFs returns the GIFs of a chat.
func NewGIFs(chat rooms.Chat, limiter *limits.Limiter) *GIFs {
	return &GIFs{chat: chat, limiter: limiter, uploads: newUploads()}
}

// CloseUploads refuses new uploads from now on.
func (g *GIFs) CloseUploads() { g.uploads.close() }

// Serve serves a GIF to the members of the room it was posted in.
func (g *GIFs) Serve(c *gin.Context) error { return serveGIF(c, g.chat.GIF, "") }

// ServePoster serves the first frame of a GIF.
func (g *GIFs) ServePoster(c *gin.Context) error { return serveGIF(c, g.chat.Poster, "-poster") }

func serveGIF(c *gin.Context, open func(context.Context, rooms.Visitor, string) (rooms.GIF, rooms.GIFFile, error), tagSuffix string) error {
	if isEmbedded(c.Request) {
		return rooms.ErrForbidden
	}
	ctx := c.Request.Context()
	gif, file, err := open(ctx, session.Visitor(ctx), c.Param("name"))
	if err != nil {
		return err
	}
	defer file.Close()
	header := c.Writer.Header()
	header.Set("Content-Type", "image/gif")
	header.Set("Content-Security-Policy", gifPolicy)
	header.Set("Cache-Control", gifCaching)
	header.Set("ETag", `"`+cmp.Or(gif.SHA256, gif.Name)+tagSuffix+`"`)
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, file)
	return nil
}

// isEmbedded reports whether a page of another origin wants to show the answer, by
// what browsers send. A navigation from such a page is not embedded.
func isEmbedded(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "cross-site", "same-site":
		return r.Header.Get("Sec-Fetch-Dest") != "document"
	}
	return false
}
