package handlers

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"gifchat/handlers/events"
	"gifchat/handlers/input"
	"gifchat/handlers/limits"
	"gifchat/handlers/logline"
	"gifchat/handlers/media"
	"gifchat/handlers/notice"
	"gifchat/handlers/origin"
	"gifchat/handlers/pages"
	"gifchat/handlers/session"
	"gifchat/rooms"
	"gifchat/socketio"

	"github.com/gin-gonic/gin"
)

// Config configures a Handler.
type Config struct {
	Chat     rooms.Chat
	Sessions *session.Sessions // closed by Handler.Close
	Origins  *origin.Policy
	Notifier *events.Notifier
	Server   *socketio.Server // nil for a handler without Socket.IO
	Endpoint http.Handler     // serves the requests for Server; default Server

	Secure         bool              // browsers reach the server over TLS
	TrustedProxies []string          // proxies whose X-Forwarded-For is used
	Hosts          *origin.HostGuard // nil to accept every host name
	Strict         bool              // the redirects of the original server, passwords in the URL included
	Limits         limits.Rates
	EventTimeout   time.Duration // of an event that waits for the store; default five seconds
	Log            *slog.Logger

	Templates, Public fs.FS
	Dev               bool // read templates and assets again for each request

	Notice  notice.Config
	Version string // of the build; a part of the addresses of assets
}

// Handler serves the port. Its plain WebSockets are hijacked connections, which
// http.Server.Shutdown does not wait for: Close ends them.
type Handler struct {
	// Immutable.
	cfg        Config
	log        *slog.Logger
	limiter    *limits.Limiter
	sessions   *session.Sessions
	origins    *origin.Policy
	pages      *pages.Pages
	gifs       *media.GIFs
	assets     *media.Assets
	plain      *notice.Plain
	requests   *requests
	requestLog *logline.Throttle[requestKind]
	engine     *gin.Engine
	guarded    http.Handler // engine behind the cross-origin check
}

// New returns a Handler. It registers the events of the chat on cfg.Server, and
// watches its sockets.
func New(cfg Config) (*Handler, error) {
	if cfg.Chat == nil || cfg.Sessions == nil || cfg.Origins == nil || cfg.Templates == nil || cfg.Public == nil {
		return nil, errors.New("handlers: Chat, Sessions, Origins, Templates and Public are required")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Endpoint == nil && cfg.Server != nil {
		cfg.Endpoint = cfg.Server
	}
	assets, err := media.NewAssets(cfg.Public, cfg.Version, cfg.Dev)
	if err != nil {
		return nil, err
	}
	renderer, err := pages.NewRenderer(cfg.Templates, assets.Address, cfg.Dev)
	if err != nil {
		return nil, err
	}
	limiter := limits.New(cfg.Limits)
	h := &Handler{
		cfg: cfg, log: cfg.Log, limiter: limiter, sessions: cfg.Sessions, origins: cfg.Origins, assets: assets,
		pages: pages.New(pages.Config{
			Chat: cfg.Chat, Limiter: limiter, Sessions: cfg.Sessions, Renderer: renderer, Strict: cfg.Strict,
			NoticePlain: cfg.Notice.Plain, NoticeSocketIO: cfg.Notice.SocketIO,
		}),
		gifs:       media.NewGIFs(cfg.Chat, limiter),
		plain:      notice.NewPlain(cfg.Notice, cfg.Origins, cfg.Log),
		requests:   newRequests(),
		requestLog: newRequestLog(cfg.Log),
	}
	if err := h.build(); err != nil {
		return nil, err
	}
	if cfg.Server != nil {
		events.Register(cfg.Server, events.Config{
			Chat: cfg.Chat, Notifier: cfg.Notifier, Limiter: limiter, Outdated: cfg.Sessions.Outdated, Log: cfg.Log, Timeout: cfg.EventTimeout,
		})
		cfg.Sessions.Watch(events.Namespaces(cfg.Server)...)
	}
	return h, nil
}

// ServeHTTP checks the host name of every request, and the origin of every request
// outside /socket.io/: polls of other origins are allowed there, and the engine
// checks origins by itself.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.cfg.Hosts != nil && !h.cfg.Hosts.Accepts(r.Host) {
		h.cfg.Hosts.Refuse(w, r)
		return
	}
	if !strings.HasPrefix(r.URL.Path, "/socket.io/") {
		h.servePage(w, r)
		return
	}
	if r.ContentLength != 0 {
		input.LimitUnread(w)
	}
	if h.belongsToConnection(r) {
		w.Header()["X-Content-Type-Options"] = noSniff
		h.cfg.Endpoint.ServeHTTP(w, r)
		return
	}
	h.engine.ServeHTTP(w, r)
}

// servePage serves a request outside /socket.io/, and paces its body.
func (h *Handler) servePage(w http.ResponseWriter, r *http.Request) {
	var body *input.Body
	if r.ContentLength != 0 {
		// In a copy of the request: net/http has to find its own body in the request that
		// it made, or it waits for more of a body that is too large before it answers.
		body = input.NewBody(w, r.Body)
		r = r.WithContext(r.Context())
		r.Body = body
	}
	if body != nil || r.Header.Get("Upgrade") == "" { // a WebSocket has no body, and ends with Close
		defer h.requests.begin(w, body)()
	}
	h.guarded.ServeHTTP(w, r)
}

// sidAlphabet has the characters of a sid. They need no escape in a query.
const sidAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// belongsToConnection reports whether a request belongs to an open Socket.IO
// connection: a poll, a POST or an upgrade. The connection has its visitor already, and
// such requests are many, so they go to the engine directly: Gin took a twelfth of the
// time of a poll. A query in another form than clients send goes through Gin. So does
// the request of a page of another origin: only Gin finds out whether the client's
// address is that of this machine.
func (h *Handler) belongsToConnection(r *http.Request) bool {
	if r.URL.Path != "/socket.io/" || h.cfg.Server == nil {
		return false
	}
	if page := r.Header.Get("Origin"); page != "" && !h.origins.Same(r, page) {
		return false
	}
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		if sid, ok := strings.CutPrefix(pair, "sid="); ok {
			return sid != "" && strings.Trim(sid, sidAlphabet) == ""
		}
	}
	return false
}

// Close ends the session watcher and the plain WebSockets, waits for them, and logs
// how many lines were left out. It may be called again.
func (h *Handler) Close() error {
	h.sessions.Close()
	h.plain.Close()
	h.requestLog.Close()
	if h.cfg.Hosts != nil {
		h.cfg.Hosts.Close()
	}
	return nil
}

// build makes the engine and the check of origins.
func (h *Handler) build() error {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.RedirectTrailingSlash = false // it would use X-Forwarded-Prefix of every client
	e.HandleMethodNotAllowed = true
	e.RemoteIPHeaders = []string{"X-Forwarded-For"} // proxies pass other headers on unchanged
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
