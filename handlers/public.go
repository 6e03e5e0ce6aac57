package handlers

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"
)

const (
	// cacheForever is for addresses that change with the content.
	cacheForever = "public, max-age=31536000, immutable"

	// cacheAndAsk is for addresses that do not.
	cacheAndAsk = "public, max-age=0"
)

// asset is a file of public with its compressed forms.
type asset struct {
	name  string
	kind  string // Content-Type
	tag   string // of the content, without quotes
	forms map[coding]*assetForm
}

// assetForm is an asset in one coding: a sibling file that the build made, or
// else what the server compresses when it is asked for first.
type assetForm struct {
	sibling string // a file name, or empty
	encoded func() ([]byte, error)
}

// siblingExt is what the build adds to the name of a compressed copy.
var siblingExt = map[coding]string{codingBrotli: ".br", codingGzip: ".gz"}

// assetShelf knows everything in public, since a map of names cannot be talked
// into serving another file. What is in the files stays where it is: to read
// one from the binary is to copy it.
type assetShelf struct {
	// Immutable.
	files   fs.FS
	dev     bool
	version string // changes with any file
	assets  map[string]*asset
}

func newAssetShelf(files fs.FS, build string, dev bool) (*assetShelf, error) {
	s := &assetShelf{files: files, dev: dev}
	assets, err := readAssets(files)
	if err != nil {
		return nil, err
	}
	s.assets = assets
	names := make([]string, 0, len(assets))
	for name := range assets {
		names = append(names, name)
	}
	slices.Sort(names)
	all := sha256.New()
	_, _ = fmt.Fprintln(all, build)
	for _, name := range names {
		_, _ = fmt.Fprintln(all, name, assets[name].tag)
	}
	s.version = hex.EncodeToString(all.Sum(nil))[:12]
	return s, nil
}

func readAssets(files fs.FS) (map[string]*asset, error) {
	assets := make(map[string]*asset)
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		kind := assetKind(name)
		if kind == "" {
			return nil // not for the web, or a compressed sibling
		}
		a := &asset{name: name, kind: kind}
		if a.tag, err = contentTag(files, name); err != nil {
			return err
		}
		a.forms = assetForms(files, name)
		assets[name] = a
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read public: %w", err)
	}
	return assets, nil
}

func assetForms(files fs.FS, name string) map[coding]*assetForm {
	forms := make(map[coding]*assetForm)
	for c, ext := range siblingExt {
		switch {
		case exists(files, name+ext):
			forms[c] = &assetForm{sibling: name + ext}
		case compressible[path.Ext(name)]:
			forms[c] = &assetForm{encoded: sync.OnceValues(func() ([]byte, error) { return encodeFile(files, name, c) })}
		}
	}
	return forms
}

// compressible lists the extensions of text; images and fonts are compressed
// already.
var compressible = map[string]bool{".js": true, ".css": true, ".svg": true, ".map": true}

func encodeFile(files fs.FS, name string, c coding) ([]byte, error) {
	body, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	return encode(body, c)
}

func contentTag(files fs.FS, name string) (string, error) {
	file, err := files.Open(name)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	_, err = io.Copy(sum, file)
	return hex.EncodeToString(sum.Sum(nil)[:8]), errors.Join(err, file.Close())
}

func exists(files fs.FS, name string) bool {
	_, err := fs.Stat(files, name)
	return err == nil
}

// assetKind is the type of a file that may be served; the list is short so
// that a stray file in the folder is not published.
func assetKind(name string) string {
	if strings.HasPrefix(path.Base(name), ".") {
		return ""
	}
	switch ext := path.Ext(name); ext {
	case ".js":
		return "application/javascript; charset=utf-8"
	case ".css", ".svg":
		return mime.TypeByExtension(ext)
	case ".png", ".gif", ".webp", ".woff2":
		return mime.TypeByExtension(ext)
	case ".map":
		return "application/json; charset=utf-8"
	default:
		return ""
	}
}

func (s *assetShelf) find(name string) (*asset, bool) {
	assets := s.assets
	if s.dev {
		if fresh, err := readAssets(s.files); err == nil {
			assets = fresh
		}
	}
	a, ok := assets[name]
	return a, ok
}

// open returns the bytes of a in coding c, and how many they are.
func (s *assetShelf) open(a *asset, c coding) (body io.ReadCloser, size int64, err error) {
	name := a.name
	if form := a.forms[c]; form != nil && form.sibling == "" {
		encoded, err := form.encoded()
		return io.NopCloser(bytes.NewReader(encoded)), int64(len(encoded)), err
	} else if form != nil {
		name = form.sibling
	}
	file, err := s.files.Open(name)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, info.Size(), nil
}

// address is where a page finds a file of public. Relative imports between
// modules stay inside the versioned folder.
func (s *assetShelf) address(name string) string { return "/public/" + s.version + "/" + name }

func (h *Handler) servePublic(c *gin.Context) {
	a, ok := h.assets.find(strings.TrimPrefix(c.Param("path"), "/"))
	if !ok {
		c.Header("X-Content-Type-Options", "nosniff")
		c.String(http.StatusNotFound, say(languageOf(c), "error.no_route"))
		return
	}
	// Another version's address gets today's file, but not for ever.
	cache := cacheForever
	if h.cfg.Dev || c.Param("version") != h.assets.version {
		cache = cacheAndAsk
	}
	h.serveAsset(c, a, cache)
}

// serveMainCSS is the one address the stock pages know, so it has no version.
func (h *Handler) serveMainCSS(c *gin.Context) {
	a, ok := h.assets.find("main.css")
	if !ok {
		c.String(http.StatusNotFound, say(languageOf(c), "error.no_route"))
		return
	}
	h.serveAsset(c, a, cacheAndAsk)
}

// serveAsset answers with the smallest form that the client takes. tags are
// other names of the content that it may hold.
func (h *Handler) serveAsset(c *gin.Context, a *asset, cache string, tags ...string) {
	header := c.Writer.Header()
	header.Set("Cache-Control", cache)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cross-Origin-Resource-Policy", "cross-origin") // stock pages load it from elsewhere
	header.Add("Vary", "Accept-Encoding")

	chosen := chooseCoding(c.Request.Header, func(offered coding) bool { return a.forms[offered] != nil })
	// Each form is another sequence of bytes, so it has a tag of its own.
	tag := `"` + strings.TrimSuffix(a.tag+"-"+string(chosen), "-") + `"`
	header.Set("ETag", tag)
	if holds(c.GetHeader("If-None-Match"), append(tags, tag)) {
		c.Status(http.StatusNotModified)
		c.Writer.WriteHeaderNow()
		return
	}
	body, size, err := h.assets.open(a, chosen)
	if err != nil { // it is being written, in development
		header.Del("ETag")
		h.fail(c, err)
		return
	}
	if chosen != codingIdentity {
		header.Set("Content-Encoding", string(chosen))
	}
	c.DataFromReader(http.StatusOK, size, a.kind, body, nil)
	_ = body.Close() // it was only read
}

func holds(ifNoneMatch string, tags []string) bool {
	for item := range strings.SplitSeq(ifNoneMatch, ",") {
		item = strings.TrimPrefix(strings.TrimSpace(item), "W/")
		if item == "*" || slices.Contains(tags, item) {
			return true
		}
	}
	return false
}
