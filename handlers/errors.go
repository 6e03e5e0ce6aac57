package handlers

import (
	"errors"
	"net/http"

	"gifchat/handlers/input"
	"gifchat/handlers/logline"
	"gifchat/handlers/refusal"
	"gifchat/i18n"

	"github.com/gin-gonic/gin"
)

// fail answers with err: a page for a browser that navigates, or a line of text. It is
// the only place that logs the error of a handler.
func (h *Handler) fail(c *gin.Context, err error) {
	c.Abort()
	r := refusal.Of(err)
	_, busy := errors.AsType[*refusal.BusyError](err) // any client can cause it: the line of the request is enough
	switch {
	case c.Request.Context().Err() != nil:
		h.log.DebugContext(c.Request.Context(), "request given up", "route", c.FullPath(), "err", err)
	case r.Status >= http.StatusInternalServerError && !busy:
		h.log.ErrorContext(c.Request.Context(), "request failed", "route", c.FullPath(), "err", err)
	}
	if c.Writer.Written() {
		return
	}
	refusal.SetRetryAfter(c.Writer.Header(), err)
	c.Header(refusal.ReasonHeader, r.Reason)
	c.Header("Cache-Control", "no-store")
	message := i18n.Text(i18n.Of(c.Request), r.Key)
	if errors.Is(err, refusal.ErrNoRoute) {
		message = logline.Clip(c.Request.Method+" "+c.Request.URL.Path, maxPath) + " " + message
	}
	if !wantsPage(c) {
		c.String(r.Status, message)
		return
	}
	if err := h.pages.ServeError(c, r.Status, message); err != nil {
		h.log.ErrorContext(c.Request.Context(), "error page failed", "err", err)
		c.String(r.Status, message)
	}
}

// maxPath is the number of bytes of a path that an error page shows.
const maxPath = 200

// wantsPage reports whether an error is answered with a page: to every GET, except of
// dataRoutes, and to a browser's form. A script accepts */* or JSON.
func wantsPage(c *gin.Context) bool {
	switch {
	case dataRoutes[c.FullPath()]:
		return false
	case input.IsRead(c.Request):
		return true
	default:
		return input.IsForm(c)
	}
}

func noRoute(*gin.Context) error  { return refusal.ErrNoRoute }
func noMethod(*gin.Context) error { return refusal.ErrNoMethod }

// denyForeign answers a request that a page of another site made a browser send.
func denyForeign(w http.ResponseWriter, r *http.Request) {
	refusal.Early(w, r, http.StatusForbidden, "foreign", "error.foreign")
}
