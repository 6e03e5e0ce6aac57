package media

import (
	"io/fs"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

// bundleFiles are the files of the stock client that are served under /socket.io/,
// by their names in npm's socket.io-client/dist.
var bundleFiles = map[string]bool{
	"socket.io.js": true, "socket.io.js.map": true,
	"socket.io.min.js": true, "socket.io.min.js.map": true,
	"socket.io.esm.min.js": true, "socket.io.esm.min.js.map": true,
	"socket.io.msgpack.min.js": true, "socket.io.msgpack.min.js.map": true,
}

// IsBundle reports whether a file name is that of a file of the stock client.
func IsBundle(name string) bool { return bundleFiles[name] }

// BundleVersion returns the version of the stock client in the build, or false if
// the build has none. The program should warn at its start if it has none.
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

// ServeBundle serves a file of the stock client.
func (a *Assets) ServeBundle(c *gin.Context, name string) error {
	file, ok := a.find("vendor/" + name)
	if !ok {
		c.Header("Cache-Control", "no-store")
		c.String(http.StatusNotFound, "This build has no Socket.IO client. Run `make bundle` and build again.\n")
		return nil
	}
	version, _ := BundleVersion(a.files)
	if tag := `"` + version + `"`; lists(c.GetHeader("If-None-Match"), tag) { // Node's server sends this tag
		c.Header("Cache-Control", revalidate)
		c.Header("ETag", tag)
		c.Status(http.StatusNotModified)
		c.Writer.WriteHeaderNow()
		return nil
	}
	return a.serve(c, file, revalidate)
}

// lists reports whether an If-None-Match header lists a tag.
func lists(ifNoneMatch, tag string) bool {
	return slices.ContainsFunc(strings.Split(ifNoneMatch, ","), func(item string) bool {
		return strings.TrimPrefix(strings.TrimSpace(item), "W/") == tag
	})
}
