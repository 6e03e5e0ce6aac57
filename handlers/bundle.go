package handlers

import (
	"io/fs"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// bundleFiles are the forms of the stock client that are served under
// /socket.io/, as npm's socket.io-client/dist names them.
var bundleFiles = map[string]bool{
	"socket.io.js": true, "socket.io.js.map": true,
	"socket.io.min.js": true, "socket.io.min.js.map": true,
	"socket.io.esm.min.js": true, "socket.io.esm.min.js.map": true,
	"socket.io.msgpack.min.js": true, "socket.io.msgpack.min.js.map": true,
}

// BundleVersion tells which stock client the build has brought into
// vendor/, if any. Start-up should say when it has not.
func BundleVersion(public fs.FS) (string, bool) {
	data, err := fs.ReadFile(public, "vendor/VERSION")
	if err != nil {
		return "", false
	}
	if _, err := fs.Stat(public, "vendor/socket.io.js"); err != nil {
		return "", false
	}
	return strings.TrimSpace(string(data)), true
}

// serveSocketIO tells the client's files from the endpoint: both live under
// /socket.io/, as they do in Node.
func (h *Handler) serveSocketIO(c *gin.Context) {
	name := strings.TrimPrefix(c.Param("any"), "/")
	if bundleFiles[name] && isRead(c.Request) {
		h.serveBundle(c, name)
		return
	}
	if h.cfg.Server == nil {
		c.String(http.StatusServiceUnavailable, "no Socket.IO server")
		return
	}
	h.cfg.Server.ServeHTTP(c.Writer, c.Request)
}

func (h *Handler) serveBundle(c *gin.Context, name string) {
	a, ok := h.assets.find("vendor/" + name)
	if !ok {
		c.Header("Cache-Control", "no-store")
		c.String(http.StatusNotFound, "This build has no Socket.IO client. Run `make bundle` and build again.\n")
		return
	}
	// The version alone is the tag that Node's server gives.
	version, _ := BundleVersion(h.cfg.Public)
	h.serveAsset(c, a, cacheAndAsk, `"`+version+`"`)
}
