package handlers

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// logRequests writes one line for each request. It names the route, not the
// path: a query may hold a password, and a path a room's id.
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
	h.log.Log(c.Request.Context(), level, "request served",
		"method", c.Request.Method, "route", route, "status", c.Writer.Status(),
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
