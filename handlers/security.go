package handlers

import "github.com/gin-gonic/gin"

// pagePolicy lets our own files in and nothing else. There is no inline script
// and no inline style; a visitor's colour is set through the CSSOM or as an SVG
// attribute, which the policy does not touch. connect-src 'self' covers
// WebSockets to the same host.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// gifPolicy makes a GIF inert even when it is opened as a document.
const gifPolicy = "default-src 'none'; sandbox"

// neverSniff goes before everything there is: a type is what we say it is.
func neverSniff(c *gin.Context) { c.Writer.Header()["X-Content-Type-Options"] = noSniff }

// noSniff is a header's value, made once. Nobody changes it.
var noSniff = []string{"nosniff"}

// secureHeaders goes before everything a visitor sees.
func secureHeaders(c *gin.Context) {
	header := c.Writer.Header()
	header.Set("Content-Security-Policy", pagePolicy)
	// Not no-referrer: older clients choose their room by it.
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
}
