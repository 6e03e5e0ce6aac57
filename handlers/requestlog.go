package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"gifchat/handlers/logline"

	"github.com/gin-gonic/gin"
)

// requestKind is the kind of a line of the request log.
type requestKind struct {
	level slog.Level
	route string // a pattern: all unknown paths are of one kind
	class int    // of the status, such as 2 for 2xx
}

// newRequestLog returns the limit of the request log.
func newRequestLog(log *slog.Logger) *logline.Throttle[requestKind] {
	return logline.NewThrottle(logline.Lines, logline.Window, func(k requestKind, held int) {
		log.Log(context.Background(), k.level, "requests left out", "route", k.route, "status", fmt.Sprintf("%dxx", k.class), "count", held)
	})
}

// logRequests writes a line for each request, within the limit; errors always have a
// line. The line has the route and not the path: a query may contain a password, and
// a path the id of a room.
func (h *Handler) logRequests(c *gin.Context) {
	start := time.Now()
	c.Next()

	level := slog.LevelInfo
	route := c.FullPath()
	switch {
	case route == "":
		route = "(none)"
	case strings.HasPrefix(route, "/socket.io/"), strings.HasPrefix(route, "/public/"), route == "/healthz":
		level = slog.LevelDebug // there are many of them
	}
	ctx, status := c.Request.Context(), c.Writer.Status()
	if !h.log.Enabled(ctx, level) {
		return
	}
	if status < http.StatusInternalServerError && !h.requestLog.Pass(requestKind{level, route, status / 100}) {
		return
	}
	h.log.Log(ctx, level, "request served",
		"method", c.Request.Method, "route", route, "status", status,
		"duration", time.Since(start), "bytes", max(0, c.Writer.Size()))
}

// recoverPanic answers a request whose handler panics. The stack goes to the log only.
func (h *Handler) recoverPanic(c *gin.Context) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(p) // it makes net/http drop the connection
		}
		h.log.ErrorContext(c.Request.Context(), "handler panicked",
			"route", c.FullPath(), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		h.fail(c, fmt.Errorf("panic: %v", p))
	}()
	c.Next()
}
