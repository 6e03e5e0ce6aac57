package handlers

import (
	"net/http"
	"strings"

	"gifchat/handlers/input"
	"gifchat/handlers/media"
	"gifchat/handlers/origin"
	"gifchat/handlers/pages"
	"gifchat/handlers/session"

	"github.com/gin-gonic/gin"
)

// keepRoutes are the routes that session.Keep treats differently. The page of a room
// is not among those that store nothing: it makes the visitor a member.
var keepRoutes = session.Routes{
	Token:    map[string]bool{"/room/:id/chat": true, "/room/:id/gif": true, "/room/:id/messages": true},
	ReadOnly: map[string]bool{"/": true, "/room": true, "/notice": true},
}

// dataRoutes are the GET routes whose errors are a line of text, not a page.
var dataRoutes = map[string]bool{"/gif/:name": true, "/gif/:name/poster": true, "/room/:id/messages": true}

func (h *Handler) routes(e *gin.Engine) {
	e.Use(h.logRequests, h.recoverPanic, setNoSniff, setClientAddress)
	loadSession, chooseLanguage := h.sessions.Middleware(), pages.ChooseLanguage(h.cfg.Secure)

	get(e, "/healthz", showHealth)
	get(e, "/main.css", h.handle(h.assets.ServeMainCSS))
	get(e, "/public/:version/*path", h.handle(h.assets.Serve))
	e.Any("/socket.io/*any", h.handle(h.serveSocketIO))

	e.POST("/logout", secureHeaders, chooseLanguage, loadSession, h.handle(h.sessions.LogOut(h.cfg.Chat)))

	keep := h.handle(h.sessions.Keep(h.limiter, keepRoutes))
	site := e.Group("/", secureHeaders, chooseLanguage, h.upgradePlain, loadSession, keep)
	get(site, "/", h.handle(h.pages.Home))
	get(site, "/notice", h.handle(h.pages.Notice))
	get(site, "/room", h.handle(h.pages.NewRoom))
	site.POST("/room", h.handle(h.pages.CreateRoom))
	get(site, "/room/:id", h.handle(h.pages.Room))
	site.DELETE("/room/:id", h.handle(h.pages.RemoveRoom))
	site.POST("/room/:id/remove", h.handle(h.pages.RemoveRoom))
	site.POST("/room/:id/door", h.handle(h.pages.SetDoor))
	site.POST("/room/:id/enter", h.handle(h.pages.EnterRoom))
	site.POST("/room/:id/chat", h.handle(h.pages.PostText))
	site.POST("/room/:id/gif", h.handle(h.gifs.Upload))
	get(site, "/room/:id/messages", h.handle(h.pages.Messages))
	get(site, "/gif/:name", h.handle(h.gifs.Serve))
	get(site, "/gif/:name/poster", h.handle(h.gifs.ServePoster))

	e.NoRoute(secureHeaders, chooseLanguage, h.upgradePlain, h.handle(noRoute))
	e.NoMethod(secureHeaders, chooseLanguage, h.handle(noMethod))
}

// get routes GET and HEAD. net/http leaves the body out of the answer to HEAD.
func get(r gin.IRoutes, path string, handlers ...gin.HandlerFunc) {
	r.GET(path, handlers...)
	r.HEAD(path, handlers...)
}

// handle returns a Gin handler that answers with the error of fn.
func (h *Handler) handle(fn func(*gin.Context) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := fn(c); err != nil {
			h.fail(c, err)
		}
	}
}

func showHealth(c *gin.Context) { c.String(http.StatusOK, "ok") }

// serveSocketIO serves the stock client's files and the endpoint. Both are below
// /socket.io/, as in Node's server.
func (h *Handler) serveSocketIO(c *gin.Context) error {
	if name := strings.TrimPrefix(c.Param("any"), "/"); media.IsBundle(name) && input.IsRead(c.Request) {
		return h.assets.ServeBundle(c, name)
	}
	if h.cfg.Server == nil {
		c.String(http.StatusServiceUnavailable, "no Socket.IO server")
		return nil
	}
	h.cfg.Endpoint.ServeHTTP(c.Writer, c.Request)
	return nil
}

// upgradePlain serves a plain WebSocket handshake to / or to a path without a route.
func (h *Handler) upgradePlain(c *gin.Context) {
	if c.Request.Method != http.MethodGet || !strings.EqualFold(c.GetHeader("Upgrade"), "websocket") {
		return
	}
	if route := c.FullPath(); route != "" && route != "/" {
		return
	}
	c.Abort()
	h.plain.ServeHTTP(c.Writer, c.Request)
}

// setClientAddress keeps the client's address by Gin's rules for trusted proxies, if
// it is not that of the connection.
func setClientAddress(c *gin.Context) {
	if address := c.ClientIP(); address != origin.PeerAddress(c.Request) {
		c.Request = origin.WithClientAddress(c.Request, address)
	}
}
