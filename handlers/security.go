package handlers

import "github.com/gin-gonic/gin"

// pagePolicy allows our own files only. No page has an inline script or an inline
// style; scripts set a visitor's colour through the CSSOM, and pages as an SVG
// attribute, which the policy does not restrict. connect-src 'self' covers WebSockets
// to the same host.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// setNoSniff forbids browsers to guess the type of any answer.
func setNoSniff(c *gin.Context) { c.Writer.Header()["X-Content-Type-Options"] = noSniff }

// noSniff is the value of a header, allocated once. It must not be changed.
var noSniff = []string{"nosniff"}

// secureHeaders sets the headers of pages.
func secureHeaders(c *gin.Context) {
	header := c.Writer.Header()
	header.Set("Content-Security-Policy", pagePolicy)
	// Not no-referrer: older clients choose their room by it.
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
}
