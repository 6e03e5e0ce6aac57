package media

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
	"strconv"
	"strings"
	"sync"
	"time"

	"gifchat/handlers/encoding"
	"gifchat/i18n"

	"github.com/gin-gonic/gin"
)

const (
	// immutable is for addresses that change with the content.
	immutable = "public, max-age=31536000, immutable"

	// revalidate is for addresses that do not.
	revalidate = "public, max-age=0"
)

// asset is a file of the folder public with its compressed forms.
type asset struct {
	name        string
	contentType string
	tag         string // of the content, without quotes
	forms       map[encoding.Coding]*assetForm
}

// assetForm is an asset in one coding: a file beside it that the build made, or the
// content that the server compresses at the first request.
type assetForm struct {
	sibling string // a file name, or empty
	encoded func() ([]byte, error)
}

// siblingExt is the extension of compressed copies that the build made.
var siblingExt = map[encoding.Coding]string{encoding.Brotli: ".br", encoding.Gzip: ".gz"}

// Assets serves the files of the folder public. It has a map of all names, so that no
// path can name another file. The content stays in the files: a copy would double
// what is embedded in the binary.
type Assets struct {
	// Immutable.
	files   fs.FS
	dev     bool
	version string // changes with any file
	assets  map[string]*asset
}

// NewAssets reads the names and the tags of the files. build is a part of their
// version. With dev, each request reads the folder again.
func NewAssets(files fs.FS, build string, dev bool) (*Assets, error) {
	assets, err := readAssets(files)
	if err != nil {
		return nil, err
	}
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
	return &Assets{files: files, dev: dev, assets: assets, version: hex.EncodeToString(all.Sum(nil))[:12]}, nil
}

func readAssets(files fs.FS) (map[string]*asset, error) {
	assets := make(map[string]*asset)
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		contentType := contentTypeOf(name)
		if contentType == "" {
			return nil // not for the web, or a compressed sibling
		}
		a := &asset{name: name, contentType: contentType}
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

func assetForms(files fs.FS, name string) map[encoding.Coding]*assetForm {
	forms := make(map[encoding.Coding]*assetForm)
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

// compressible lists the extensions of text. Images and fonts are compressed already.
var compressible = map[string]bool{".js": true, ".css": true, ".svg": true, ".map": true}

func encodeFile(files fs.FS, name string, c encoding.Coding) ([]byte, error) {
	body, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	return encoding.Encode(body, c)
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

// contentTypeOf returns the Content-Type of a file that may be served, or "". The list
// is short, so that a stray file in the folder is not published.
func contentTypeOf(name string) string {
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

func (a *Assets) find(name string) (*asset, bool) {
	assets := a.assets
	if a.dev {
		if fresh, err := readAssets(a.files); err == nil {
			assets = fresh
		}
	}
	file, ok := assets[name]
	return file, ok
}

// open returns the content of an asset in coding c, and its size in bytes. The caller
// closes it.
func (a *Assets) open(file *asset, c encoding.Coding) (content io.ReadSeeker, size int64, closeFile func(), err error) {
	name := file.name
	if form := file.forms[c]; form != nil && form.sibling == "" {
		encoded, err := form.encoded()
		return bytes.NewReader(encoded), int64(len(encoded)), func() {}, err
	} else if form != nil {
		name = form.sibling
	}
	opened, err := a.files.Open(name)
	if err != nil {
		return nil, 0, nil, err
	}
	info, err := opened.Stat()
	content, ok := opened.(io.ReadSeeker) // as the files of embed and os are
	if !ok {
		err = errors.Join(err, fmt.Errorf("%s: not seekable", name))
	}
	if err != nil {
		return nil, 0, nil, errors.Join(err, opened.Close())
	}
	return content, info.Size(), func() { _ = opened.Close() }, nil // it was only read
}

// Address returns the path of a file of public. Relative imports between modules stay
// within the versioned folder.
func (a *Assets) Address(name string) string { return "/public/" + a.version + "/" + name }

// Serve serves /public/:version/*path.
func (a *Assets) Serve(c *gin.Context) error {
	// An address with another version gets the current file, which browsers revalidate.
	caching := immutable
	if a.dev || c.Param("version") != a.version {
		caching = revalidate
	}
	return a.serveName(c, strings.TrimPrefix(c.Param("path"), "/"), caching)
}

// ServeMainCSS serves /main.css, the address that the stock pages name. It has no
// version.
func (a *Assets) ServeMainCSS(c *gin.Context) error { return a.serveName(c, "main.css", revalidate) }

func (a *Assets) serveName(c *gin.Context, name, caching string) error {
	file, ok := a.find(name)
	if !ok {
		c.String(http.StatusNotFound, i18n.Text(i18n.Of(c.Request), "error.no_route"))
		return nil
	}
	return a.serve(c, file, caching)
}

// serve answers with the smallest form that the client accepts.
func (a *Assets) serve(c *gin.Context, file *asset, caching string) error {
	chosen := encoding.Choose(c.Request.Header, func(offered encoding.Coding) bool { return file.forms[offered] != nil })
	content, size, closeFile, err := a.open(file, chosen)
	if err != nil { // in development, while the file is written
		return err
	}
	defer closeFile()
	header := c.Writer.Header()
	header.Set("Cache-Control", caching)
	header.Set("Content-Type", file.contentType)
	header.Set("Cross-Origin-Resource-Policy", "cross-origin") // stock pages load it from elsewhere
	header.Add("Vary", "Accept-Encoding")
	// The forms have different bytes, so each has a tag of its own.
	header.Set("ETag", `"`+strings.TrimSuffix(file.tag+"-"+string(chosen), "-")+`"`)
	if chosen != encoding.Identity {
		header.Set("Content-Encoding", string(chosen))
		header.Set("Content-Length", strconv.FormatInt(size, 10)) // ServeContent leaves it to the caller
	}
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, content)
	return nil
}
