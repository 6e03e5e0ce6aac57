package handlers

import (
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
)

// wantsPage tells a browser that navigates (or sends a form) from a script: a
// script's Accept says */* or JSON. GET routes answer with pages to everyone.
func wantsPage(c *gin.Context) bool {
	switch path := c.FullPath(); {
	case path == "/gif/:name" || path == "/gif/:name/poster" || path == "/room/:id/messages":
		return false
	case c.Request.Method == "GET" || c.Request.Method == "HEAD":
		return true
	default:
		return isForm(c)
	}
}

// isForm tells whether a browser has sent a form by itself.
func isForm(c *gin.Context) bool {
	return strings.Contains(c.GetHeader("Accept"), "text/html") &&
		!strings.EqualFold(c.GetHeader("X-Requested-With"), "XMLHttpRequest")
}

// clip shortens s to at most n bytes of valid UTF-8 without control
// characters: what may be shown or logged of something that came from outside.
func clip(s string, n int) string {
	if len(s) > n {
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
