package pages

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"gifchat/handlers/encoding"
	"gifchat/handlers/input"
	"gifchat/handlers/session"
	"gifchat/handlers/wire"
	"gifchat/i18n"
	"gifchat/rooms"

	"github.com/gin-gonic/gin"
)

// Renderer renders every page in every language. A page is a template set of the
// layout, the partials and the page.
type Renderer struct {
	// Immutable.
	files   fs.FS
	address func(asset string) string
	dev     bool
	sets    map[i18n.Language]map[string]*template.Template
}

// NewRenderer parses the templates. address returns the address of an asset. With dev,
// each request parses the templates again.
func NewRenderer(files fs.FS, address func(asset string) string, dev bool) (*Renderer, error) {
	r := &Renderer{files: files, address: address, dev: dev}
	var err error
	r.sets, err = r.parse()
	return r, err
}

func (r *Renderer) parse() (map[i18n.Language]map[string]*template.Template, error) {
	names, err := fs.Glob(r.files, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("list pages: %w", err)
	}
	sets := make(map[i18n.Language]map[string]*template.Template)
	for _, l := range i18n.Languages {
		base, err := template.New("layout.html").Funcs(r.funcs(l)).
			ParseFS(r.files, "layout.html", "partials/*.html")
		if err != nil {
			return nil, fmt.Errorf("parse layout: %w", err)
		}
		sets[l] = make(map[string]*template.Template)
		for _, name := range names {
			page, err := template.Must(base.Clone()).ParseFS(r.files, name)
			if err != nil {
				return nil, fmt.Errorf("parse page: %w", err)
			}
			sets[l][strings.TrimSuffix(path.Base(name), ".html")] = page
		}
	}
	return sets, nil
}

func (r *Renderer) funcs(l i18n.Language) template.FuncMap {
	data := newPageData(l)
	return template.FuncMap{
		"t":        func(key string) string { return i18n.Text(l, key) },
		"pageData": func(page string) pageData { return data[page] },
		"lang":     func() string { return string(l) },
		"asset":    r.address,
		"clock":    func(t time.Time) string { return t.Local().Format("15:04") },
		"iso":      wire.Time,
		"panelLog": func(name string, on bool) panelLog { return panelLog{name, on} },
	}
}

// render executes a page into a buffer first, so that a mistake in a template is an
// error page and not half a page.
func (r *Renderer) render(c *gin.Context, status int, name string, view any) error {
	sets := r.sets
	if r.dev {
		var err error
		if sets, err = r.parse(); err != nil {
			return err
		}
	}
	page, ok := sets[i18n.Of(c.Request)][name]
	if !ok {
		return fmt.Errorf("render %s: no such page", name)
	}
	var b bytes.Buffer
	if err := page.ExecuteTemplate(&b, "layout.html", view); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	// A page depends on its visitor, so no shared cache may keep it.
	c.Header("Cache-Control", "private, no-cache")
	return encoding.Send(c, status, "text/html; charset=utf-8", b.Bytes())
}

// frame is what the layout needs. The view of every page embeds it.
type frame struct {
	Title    string      // before the name of the site; empty on the home page
	Self     string      // the page's path, for the language switch
	You      rooms.Color // empty without a visitor
	ReadOnly string      // why a visitor without a session can only read, or empty
}

func frameOf(c *gin.Context, title string) frame {
	// A path may begin with //evil.example, which a link would take for another host.
	self := "/" + strings.TrimLeft(c.Request.URL.EscapedPath(), "/")
	if !input.IsRead(c.Request) {
		self = "/"
	}
	ctx := c.Request.Context()
	view := frame{Title: title, Self: self, You: session.Visitor(ctx).Color}
	if key := session.ReadOnly(ctx); key != "" {
		view.ReadOnly = i18n.Text(i18n.Of(c.Request), key)
	}
	return view
}

// ChooseLanguage keeps the choice of the language switch in a cookie.
func ChooseLanguage(secure bool) gin.HandlerFunc {
	return func(c *gin.Context) {
		l, byQuery := i18n.Choice(c.Request)
		if byQuery {
			http.SetCookie(c.Writer, i18n.Cookie(l, secure))
		}
		c.Header("Content-Language", string(l))
		c.Writer.Header().Add("Vary", "Accept-Language, Cookie")
	}
}
