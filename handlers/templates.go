package handlers

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
	"time"

	"gifchat/rooms"

	"github.com/gin-gonic/gin"
)

// pages holds every page in every language: one set each, made of the layout,
// the partials and the page.
type pages struct {
	// Immutable.
	files  fs.FS
	assets *assetShelf
	dev    bool
	sets   map[language]map[string]*template.Template
}

func newPages(files fs.FS, assets *assetShelf, dev bool) (*pages, error) {
	p := &pages{files: files, assets: assets, dev: dev}
	var err error
	p.sets, err = p.parse()
	return p, err
}

func (p *pages) parse() (map[language]map[string]*template.Template, error) {
	names, err := fs.Glob(p.files, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("list pages: %w", err)
	}
	sets := make(map[language]map[string]*template.Template)
	for _, l := range []language{korean, english} {
		base, err := template.New("layout.html").Funcs(p.funcs(l)).
			ParseFS(p.files, "layout.html", "partials/*.html")
		if err != nil {
			return nil, fmt.Errorf("parse layout: %w", err)
		}
		sets[l] = make(map[string]*template.Template)
		for _, name := range names {
			page, err := template.Must(base.Clone()).ParseFS(p.files, name)
			if err != nil {
				return nil, fmt.Errorf("parse page: %w", err)
			}
			sets[l][strings.TrimSuffix(path.Base(name), ".html")] = page
		}
	}
	return sets, nil
}

func (p *pages) funcs(l language) template.FuncMap {
	datas := newPageDatas(l)
	return template.FuncMap{
		"t":        func(key string) string { return say(l, key) },
		"pageData": func(page string) pageData { return datas[page] },
		"lang":     func() string { return string(l) },
		"asset":    p.assets.address,
		"clock":    func(t time.Time) string { return t.Local().Format("15:04") },
		"iso":      isoTime,
		"panelLog": func(name string, on bool) panelLog { return panelLog{name, on} },
	}
}

// render executes the page into a buffer first, so that a mistake in a
// template is an error page and never half a page.
func (p *pages) render(c *gin.Context, status int, name string, view any) error {
	sets := p.sets
	if p.dev {
		var err error
		if sets, err = p.parse(); err != nil {
			return err
		}
	}
	page, ok := sets[languageOf(c)][name]
	if !ok {
		return fmt.Errorf("render %s: no such page", name)
	}
	var b bytes.Buffer
	if err := page.ExecuteTemplate(&b, "layout.html", view); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	// A page shows who looks at it; no cache may show it to anyone else.
	c.Header("Cache-Control", "private, no-cache")
	return sendEncoded(c, status, "text/html; charset=utf-8", b.Bytes())
}

// frame is what the layout needs; every page's view embeds it.
type frame struct {
	Title    string      // before the name of the site; empty on the home page
	Self     string      // this page's path, for the language switch
	You      rooms.Color // empty when there is no visitor
	ReadOnly string      // why a visitor without a session can only read; empty when not
}

func frameOf(c *gin.Context, title string) frame {
	// A path may begin with //evil.example; a link to that would leave us.
	self := "/" + strings.TrimLeft(c.Request.URL.EscapedPath(), "/")
	if !isRead(c.Request) {
		self = "/"
	}
	view := frame{Title: title, Self: self, You: visitor(c.Request.Context()).Color}
	if key, ok := c.Request.Context().Value(readOnlyKey).(string); ok {
		view.ReadOnly = say(languageOf(c), key)
	}
	return view
}

// isoTime writes a time as JavaScript's Date does: always three digits of
// milliseconds, always Z.
func isoTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
