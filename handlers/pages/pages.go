// Package pages renders the HTML pages and answers their forms.
package pages

import (
	"net/http"
	"strconv"

	"gifchat/handlers/limits"
	"gifchat/handlers/session"
	"gifchat/handlers/wire"
	"gifchat/i18n"
	"gifchat/rooms"

	"github.com/gin-gonic/gin"
)

// Config configures Pages.
type Config struct {
	Chat     rooms.Chat
	Limiter  *limits.Limiter
	Sessions *session.Sessions
	Renderer *Renderer
	Strict   bool // the redirects of the original server, passwords in the URL included

	NoticePlain, NoticeSocketIO bool // the notice is on
}

// Pages has the handlers of the pages and their forms.
type Pages struct {
	chat     rooms.Chat
	limiter  *limits.Limiter
	sessions *session.Sessions
	renderer *Renderer
	cfg      Config
}

// New returns the pages.
func New(cfg Config) *Pages {
	return &Pages{chat: cfg.Chat, limiter: cfg.Limiter, sessions: cfg.Sessions, renderer: cfg.Renderer, cfg: cfg}
}

// noticePage shows the notice over both protocols.
type noticePage struct {
	frame
	Plain, SocketIO bool
}

// panelLog is a panel of the notice page.
type panelLog struct {
	Name string
	On   bool
}

// Notice serves the page of the notice.
func (p *Pages) Notice(c *gin.Context) error {
	return p.renderer.render(c, http.StatusOK, "notice", noticePage{
		frame: frameOf(c, i18n.Text(i18n.Of(c.Request), "notice.title")),
		Plain: p.cfg.NoticePlain, SocketIO: p.cfg.NoticeSocketIO,
	})
}

// errorPage shows an error, and nothing about the server.
type errorPage struct {
	frame
	Status  int
	Message string
	Room    rooms.ID // a room to go back to, or empty
	Unsent  string   // the text that Room did not accept
}

// unsentKey is the key of a message's text in Gin's context. A browser without scripts
// would lose the text with an error page.
const unsentKey = "unsent text"

// ServeError answers with an error page.
func (p *Pages) ServeError(c *gin.Context, status int, message string) error {
	view := errorPage{frame: frameOf(c, message), Status: status, Message: message}
	if id := c.Param("id"); wire.IsRoomID(id) && status != http.StatusNotFound {
		view.Room, view.Unsent = rooms.ID(id), c.GetString(unsentKey)
	}
	return p.renderer.render(c, status, "error", view)
}

// queryNumber returns a number of the query, or 0 if it is absent.
func queryNumber(c *gin.Context, name string) (int64, error) {
	text := c.Query(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, &rooms.InvalidError{Field: name, Reason: "not_a_number"}
	}
	return n, nil
}
