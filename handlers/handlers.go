package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"gifchat/rooms"
	"gifchat/socketio"

	"github.com/gin-contrib/sessions"
	"github.com/gin-gonic/gin"
)

// minSecret is the shortest cookie secret New accepts: as long as the output
// of the HMAC that it keys, so guessing it is no easier than forging one.
const minSecret = 32

// Config is what the handlers need from the program.
type Config struct {
	Chat     rooms.Chat
	Events   *Events
	Server   *socketio.Server
	Sessions SessionStore

	Secret         []byte   // signs the session cookie
	OldSecrets     [][]byte // still good for reading it
	Secure         bool     // TLS here, or at a proxy in front
	TrustedProxies []string // whose X-Forwarded-For is believed; nobody's when empty
	Origins        []string // foreign origins that may connect, see AllowOrigin
	LocalOnly      bool     // the server listens on loopback and no proxy is trusted: refuse foreign host names
	Strict         bool     // the original's redirects, passwords in the URL included
	Log            *slog.Logger

	Limits       Limits
	SessionCheck time.Duration // between two looks for the sessions of open sockets; default 30 s

	Templates, Public fs.FS
	Dev               bool // read templates and assets anew for each request

	Notice  NoticeConfig
	Version string // of the build; a part of the assets' address
}

// Handler serves everything there is on the port. Close ends its plain
// WebSocket connections, which http.Server.Shutdown does not know of.
type Handler struct {
	// Immutable.
	cfg        Config
	log        *slog.Logger
	chat       rooms.Chat
	sessions   *sessionStore
	pages      *pages
	assets     *assetShelf
	plain      *plainNotice
	uploads    *uploads
	requests   *requests
	requestLog *throttle[requestKind]
	budgets    *budgets
	hosts      *hostGuard // nil when every host name is accepted
	guests     *guests
	engine     *gin.Engine
	guarded    http.Handler // engine behind the cross-origin check

	unsaved *throttle[struct{}] // lines about sessions that could not be stored
}

// New puts the handlers together.
func New(cfg Config) (*Handler, error) {
	if len(cfg.Secret) < minSecret {
		return nil, fmt.Errorf("handlers: the cookie secret needs at least %d bytes", minSecret)
	}
	if cfg.Chat == nil || cfg.Sessions == nil || cfg.Templates == nil || cfg.Public == nil {
		return nil, errors.New("handlers: Chat, Sessions, Templates and Public are required")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	assets, err := newAssetShelf(cfg.Public, cfg.Version, cfg.Dev)
	if err != nil {
		return nil, err
	}
	pages, err := newPages(cfg.Templates, assets, cfg.Dev)
	if err != nil {
		return nil, err
	}
	h := &Handler{
		cfg: cfg, log: cfg.Log, chat: cfg.Chat, pages: pages, assets: assets,
		sessions:   newSessionStore(cfg.Sessions, slices.Concat([][]byte{cfg.Secret}, cfg.OldSecrets), cfg.Secure, cfg.Log),
		plain:      newPlainNotice(cfg.Notice, cfg.Origins, cfg.Secure, cfg.Log),
		uploads:    newUploads(),
		requests:   newRequests(),
		requestLog: newRequestLog(cfg.Log),
		budgets:    newBudgets(cfg.Limits, cfg.Chat),
	}
	h.unsaved = newRareLine(func(held int) { h.log.Error("more sessions not saved", "count", held) })
	if cfg.LocalOnly {
		h.hosts = newHostGuard(cfg.Origins, cfg.Log)
	}
	if err := h.build(); err != nil {
		return nil, err
	}
	if cfg.Server != nil {
		(&sockets{
			chat: cfg.Chat, events: cfg.Events, budgets: h.budgets, log: cfg.Log,
			outdated: func(s *socketio.Socket) bool { return h.guests.outdated(s) },
		}).register(cfg.Server)
	}
	h.guests = newGuests(cfg.Server, cfg.Sessions, cmp.Or(cfg.SessionCheck, sessionCheck), cfg.Log)
	return h, nil
}

// ServeHTTP puts the check of the host name before everything, and the
// cross-origin check before everything but /socket.io/, whose polling POSTs may
// be cross-origin and whose engine checks by itself.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.hosts != nil && !h.hosts.accepts(r.Host) {
		h.hosts.refuse(w, r)
		return
	}
	var body *pacedBody
	if r.ContentLength != 0 {
		// In a copy: in the request it made, net/http has to find its own body, or
		// it waits for a part of one that is too large before it says so.
		body = paceBody(w, r.Body)
		r = r.WithContext(r.Context())
		r.Body = body
	}
	switch {
	case h.ofConnection(r):
		w.Header()["X-Content-Type-Options"] = noSniff
		h.cfg.Server.ServeHTTP(w, r)
	case strings.HasPrefix(r.URL.Path, "/socket.io/"):
		h.engine.ServeHTTP(w, r)
	default:
		if body != nil || r.Header.Get("Upgrade") == "" { // a WebSocket ends with Close; it has no body
			defer h.requests.begin(w, body)()
		}
		h.guarded.ServeHTTP(w, r)
	}
}

// sidAlphabet is what our sids are made of: one of it reads the same to everybody.
const sidAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// ofConnection tells whether a request belongs to a Socket.IO connection that
// is open: a poll, a post or an upgrade. The connection knows whose it is, and
// there are many of them, so they go to it straight; Gin was a twelfth of what a
// poll costs. This looks at the query as clients write it; what is written in
// another way only takes longer. So does what a foreign page sends, for whose
// sake Gin has to find out whether it comes from this very machine.
func (h *Handler) ofConnection(r *http.Request) bool {
	if r.URL.Path != "/socket.io/" || h.cfg.Server == nil {
		return false
	}
	if origin := r.Header.Get("Origin"); origin != "" && !sameOrigin(r, origin, h.cfg.Secure) {
		return false
	}
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		if sid, ok := strings.CutPrefix(pair, "sid="); ok {
			return sid != "" && strings.Trim(sid, sidAlphabet) == ""
		}
	}
	return false
}

// Close ends the plain WebSocket connections and the watch over the sockets,
// waits for them, and logs how many lines were left out. It may be called again.
func (h *Handler) Close() error {
	h.guests.close()
	err := h.plain.close()
	h.requestLog.close()
	h.sessions.refused.close()
	h.unsaved.close()
	if h.hosts != nil {
		h.hosts.refused.close()
	}
	return err
}

// cookieName is the session cookie's name.
func (h *Handler) cookieName() string {
	if h.cfg.Secure {
		return secureName
	}
	return cookieName
}

func (h *Handler) build() error {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.RedirectTrailingSlash = false // it believes X-Forwarded-Prefix from anyone
	e.HandleMethodNotAllowed = true
	e.RemoteIPHeaders = []string{"X-Forwarded-For"} // proxies pass on other ones as they come
	if err := e.SetTrustedProxies(h.cfg.TrustedProxies); err != nil {
		return fmt.Errorf("trusted proxies: %w", err)
	}
	h.routes(e)
	h.engine = e

	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(denyForeign))
	h.guarded = guard.Handler(e)
	return nil
}

func (h *Handler) routes(e *gin.Engine) {
	e.Use(h.logRequests, h.survivePanics, neverSniff, h.rememberAddress)
	cookie := sessions.Sessions(h.cookieName(), h.sessions)

	get(e, "/healthz", h.showHealth)
	get(e, "/main.css", h.serveMainCSS)
	get(e, "/public/:version/*path", h.servePublic)
	e.Any("/socket.io/*any", cookie, h.loadVisitor, h.serveSocketIO)

	e.POST("/logout", secureHeaders, h.chooseLanguage, cookie, h.handle(h.logOut))

	site := e.Group("/", secureHeaders, h.chooseLanguage, h.upgradePlain, cookie, h.keepVisitor)
	get(site, "/", h.handle(h.showHome))
	get(site, "/notice", h.handle(h.showNotice))
	get(site, "/room", h.handle(h.showNewRoom))
	site.POST("/room", h.handle(h.createRoom))
	get(site, "/room/:id", h.handle(h.showRoom))
	site.DELETE("/room/:id", h.handle(h.removeRoom))
	site.POST("/room/:id/remove", h.handle(h.removeRoom))
	site.POST("/room/:id/door", h.handle(h.setDoor))
	site.POST("/room/:id/enter", h.handle(h.enterRoom))
	site.POST("/room/:id/chat", h.handle(h.postText))
	site.POST("/room/:id/gif", h.handle(h.postGIF))
	get(site, "/room/:id/messages", h.handle(h.listMessages))
	get(site, "/gif/:name", h.handle(h.serveGIF))
	get(site, "/gif/:name/poster", h.handle(h.servePoster))

	e.NoRoute(secureHeaders, h.chooseLanguage, h.upgradePlain, h.handle(noRoute))
	e.NoMethod(secureHeaders, h.chooseLanguage, h.handle(noMethod))
}

// get routes HEAD along with GET; net/http leaves the body out.
func get(r gin.IRoutes, path string, handlers ...gin.HandlerFunc) {
	r.GET(path, handlers...)
	r.HEAD(path, handlers...)
}

// handle turns a handler that returns an error into Gin's kind.
func (h *Handler) handle(fn func(*gin.Context) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := fn(c); err != nil {
			h.fail(c, err)
		}
	}
}

func (h *Handler) showHealth(c *gin.Context) { c.String(http.StatusOK, "ok") }

// contextKey names what handlers keep in a request's context: facts of the
// request itself, never dependencies.
type contextKey int

const (
	visitorKey contextKey = iota
	identityKey
	addressKey
	readOnlyKey
)

func withValue(c *gin.Context, key contextKey, value any) {
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), key, value))
}
