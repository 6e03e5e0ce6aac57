package handlers

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"
)

const (
	// maxPlainConns bounds the goroutines that strangers can hold,
	// maxPlainConnsPerSource those from one address, where a class may be: nobody
	// can keep all the others out.
	maxPlainConns          = 1024
	maxPlainConnsPerSource = 512

	// maxPlainText is the longest text a client may send; it is only logged.
	maxPlainText = 16 << 10

	// A connection's texts that are logged; the rest is read and dropped.
	plainLogRate  rate.Limit = 2
	plainLogBurst int        = 10

	// plainWriteTimeout is how long a client may leave a greeting unread.
	plainWriteTimeout = 10 * time.Second
)

// plainNotice is the notice for clients that speak WebSocket and nothing above
// it: new WebSocket("ws://localhost:8005").
type plainNotice struct {
	// Immutable.
	cfg     NoticeConfig
	secure  bool
	allowed []string        // foreign origins
	log     *slog.Logger    // bounded
	ctx     context.Context // ends with close
	stop    context.CancelFunc
	report  func() // how many lines were left out

	mu     sync.Mutex
	closed bool           // guarded by mu
	open   int            // guarded by mu
	by     map[string]int // guarded by mu; open ones by source
	conns  sync.WaitGroup
}

func newPlainNotice(cfg NoticeConfig, origins []string, secure bool, log *slog.Logger) *plainNotice {
	ctx, stop := context.WithCancel(context.Background())
	log, report := newBoundedLog(log)
	return &plainNotice{
		cfg: cfg.withDefaults(), secure: secure, allowed: origins, log: log, ctx: ctx, stop: stop, report: report,
		by: make(map[string]int),
	}
}

// upgradePlain takes WebSocket handshakes out of the way of the pages: those
// on / and on paths that are nobody's.
func (h *Handler) upgradePlain(c *gin.Context) {
	if c.Request.Method != http.MethodGet || !strings.EqualFold(c.GetHeader("Upgrade"), "websocket") {
		return
	}
	if route := c.FullPath(); route != "" && route != "/" {
		return
	}
	c.Abort()
	h.plain.serve(c.Writer, c.Request)
}

func (p *plainNotice) serve(w http.ResponseWriter, r *http.Request) {
	if !p.cfg.Plain {
		http.Error(w, "plain WebSocket is switched off", http.StatusNotFound)
		return
	}
	if origin := r.Header.Get("Origin"); origin != "" && !sameOrigin(r, origin, p.secure) {
		if ok, _ := allowOrigin(p.allowed, r, origin); !ok {
			p.log.Warn("origin refused", "address", ClientAddress(r), "origin", clip(origin, maxLogged))
			http.Error(w, "origin not allowed", http.StatusForbidden)
			return
		}
	}
	from := source(r)
	if !p.enter(from) {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "too many connections", http.StatusServiceUnavailable)
		return
	}
	defer p.leave(from)
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // checked above, by the rule that Socket.IO has too
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		p.log.Warn("websocket refused", "address", ClientAddress(r), "err", err)
		return
	}
	//nolint:contextcheck // it lasts as long as the server, not as the request
	p.talk(conn, p.log.With("address", ClientAddress(r)))
}

// talk reads in this goroutine and greets in another; both end together.
func (p *plainNotice) talk(conn *websocket.Conn, log *slog.Logger) {
	log.Info("websocket connected")
	ctx, cancel := context.WithCancel(p.ctx)
	defer conn.CloseNow() //nolint:errcheck // whatever is left of it

	var greeter sync.WaitGroup
	greeter.Go(func() {
		defer cancel()
		if err := p.greet(ctx, conn); err != nil {
			log.Warn("websocket write", "err", err)
		}
	})
	err := p.listen(ctx, conn, log)
	cancel()
	greeter.Wait()

	status := websocket.CloseStatus(err)
	if status == -1 && p.ctx.Err() == nil && !errors.Is(err, context.Canceled) {
		log.Warn("websocket read", "err", err)
	}
	log.Info("websocket closed", "status", int(status))
}

func (p *plainNotice) greet(ctx context.Context, conn *websocket.Conn) error {
	ticker := time.NewTicker(p.cfg.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-p.ctx.Done():
			return conn.Close(websocket.StatusGoingAway, "server closes")
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		writing, cancel := context.WithTimeout(ctx, plainWriteTimeout)
		err := conn.Write(writing, websocket.MessageText, []byte(p.cfg.Greeting))
		cancel()
		if err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// listen logs what the client says until the connection ends.
func (p *plainNotice) listen(ctx context.Context, conn *websocket.Conn, log *slog.Logger) error {
	conn.SetReadLimit(maxPlainText)
	bucket := rate.NewLimiter(plainLogRate, plainLogBurst)
	for {
		kind, data, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		if kind == websocket.MessageText && bucket.Allow() {
			log.Info("websocket text", "text", clip(string(data), maxLogged))
		}
	}
}

// enter counts a connection; registering and closing look at closed under one
// lock.
func (p *plainNotice) enter(from string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.open >= maxPlainConns || p.by[from] >= maxPlainConnsPerSource {
		return false
	}
	p.open++
	p.by[from]++
	p.conns.Add(1)
	return true
}

func (p *plainNotice) leave(from string) {
	p.mu.Lock()
	p.open--
	if p.by[from]--; p.by[from] == 0 {
		delete(p.by, from)
	}
	p.mu.Unlock()
	p.conns.Done()
}

func (p *plainNotice) close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.stop()
	p.conns.Wait()
	p.report()
	return nil
}
