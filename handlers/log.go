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

	"github.com/gin-gonic/gin"
)

// In any logWindow at most logLines lines of a kind are written, and one more
// with the number of those left out.
const (
	logLines  = 100
	logWindow = 10 * time.Second
)

// requestKind is what a flood of requests has in common.
type requestKind struct {
	level slog.Level
	route string // a pattern: every unknown path is of one kind
	class int    // of the status, such as 2 for 2xx
}

// newRequestLog returns the bound of the request log.
func newRequestLog(log *slog.Logger) *throttle[requestKind] {
	return newThrottle(logLines, logWindow, func(k requestKind, held int) {
		log.Log(context.Background(), k.level, "requests left out", "route", k.route, "status", fmt.Sprintf("%dxx", k.class), "count", held)
	})
}

// logRequests writes one line for each request, within the bound; errors are
// never left out. The line names the route, not the path: a query may hold a
// password, and a path a room's id.
func (h *Handler) logRequests(c *gin.Context) {
	start := time.Now()
	c.Next()

	level := slog.LevelInfo
	route := c.FullPath()
	switch {
	case route == "":
		route = "(none)"
	case strings.HasPrefix(route, "/socket.io/"), strings.HasPrefix(route, "/public/"), route == "/healthz":
		level = slog.LevelDebug // many, and each says little
	}
	ctx, status := c.Request.Context(), c.Writer.Status()
	if !h.log.Enabled(ctx, level) {
		return
	}
	if status < http.StatusInternalServerError && !h.requestLog.pass(requestKind{level, route, status / 100}) {
		return
	}
	h.log.Log(ctx, level, "request served",
		"method", c.Request.Method, "route", route, "status", status,
		"duration", time.Since(start), "bytes", max(0, c.Writer.Size()))
}

// survivePanics makes a panic cost one request. The stack goes to the log only.
func (h *Handler) survivePanics(c *gin.Context) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(p) // net/http's own way to drop a connection
		}
		h.log.ErrorContext(c.Request.Context(), "handler panicked",
			"route", c.FullPath(), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		h.fail(c, fmt.Errorf("panic: %v", p))
	}()
	c.Next()
}
