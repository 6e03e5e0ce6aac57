package notice

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"gifchat/handlers/logline"
	"gifchat/handlers/origin"
	"gifchat/ratelimit"

	"github.com/coder/websocket"
)

const (
	// maxPlainConns bounds the goroutines of plain WebSockets. maxPlainConnsPerSource
	// bounds those of one address, which may be that of a whole class: no address can
	// keep the others out.
	maxPlainConns          = 1024
	maxPlainConnsPerSource = 512

	// maxPlainText is the size of the longest text that a client may send, in bytes.
	maxPlainText = 16 << 10

	// plainWriteTimeout bounds the time in which a client takes a greeting.
	plainWriteTimeout = 10 * time.Second

	// plainCloseTimeout is how long Close waits for a client to answer a close frame.
	plainCloseTimeout = 200 * time.Millisecond
)

// plainLogRate is how many texts of a connection are logged. The others are read and
// dropped.
var plainLogRate = ratelimit.Rate{Burst: 10, Each: time.Second / 2}

// Plain sends the notice to clients of a WebSocket without Socket.IO, such as
// new WebSocket("ws://localhost:8005").
type Plain struct {
	// Immutable.
	cfg      Config
	origins  *origin.Policy
	log      *slog.Logger // bounded
	closeLog func()
	ctx      context.Context // ends with Close
	stop     context.CancelFunc

	open  *ratelimit.Counter[string] // connections, by source
	texts *ratelimit.Table           // logged texts, by connection
	last  atomic.Uint64              // number of the last connection

	mu     sync.Mutex
	closed bool // guarded by mu
	conns  sync.WaitGroup
}

// NewPlain returns the handler of plain WebSockets. Close ends its connections.
func NewPlain(cfg Config, origins *origin.Policy, log *slog.Logger) *Plain {
	ctx, stop := context.WithCancel(context.Background())
	log, closeLog := logline.NewLogger(log)
	return &Plain{
		cfg: cfg.withDefaults(), origins: origins, log: log, closeLog: closeLog, ctx: ctx, stop: stop,
		open:  ratelimit.NewCounter[string](maxPlainConns, maxPlainConnsPerSource),
		texts: ratelimit.NewTable(maxPlainConns),
	}
}

// ServeHTTP upgrades a request to a WebSocket and serves it to its end.
func (p *Plain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !p.cfg.Plain {
		http.Error(w, "plain WebSocket is switched off", http.StatusNotFound)
		return
	}
	if page := r.Header.Get("Origin"); page != "" && !p.origins.Same(r, page) && !p.origins.AllowQuietly(r, page) {
		p.log.Warn("origin refused", "address", origin.ClientAddress(r), "origin", logline.Clip(page, logline.MaxText))
		http.Error(w, "origin not allowed", http.StatusForbidden)
		return
	}
	source := origin.Source(r)
	if !p.begin(source) {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "too many connections", http.StatusServiceUnavailable)
		return
	}
	defer p.end(source)
	hijacked := &hijacker{ResponseWriter: w}
	conn, err := websocket.Accept(hijacked, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // checked above, by the same rule as for Socket.IO
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		p.log.Warn("websocket refused", "address", origin.ClientAddress(r), "err", err)
		return
	}
	//nolint:contextcheck // the connection lasts until Close, not as long as the request
	p.serve(conn, hijacked.conn, p.log.With("address", origin.ClientAddress(r)))
}

// hijacker keeps the network connection of a WebSocket. The library itself waits 5 s
// for a client that does not answer a close frame.
type hijacker struct {
	http.ResponseWriter

	conn net.Conn
}

// Hijack implements http.Hijacker.
func (h *hijacker) Hijack() (conn net.Conn, buffered *bufio.ReadWriter, err error) {
	h.conn, buffered, err = http.NewResponseController(h.ResponseWriter).Hijack()
	return h.conn, buffered, err
}

// WriteHeaderNow writes the header that Gin delays. The library calls it before Hijack.
func (h *hijacker) WriteHeaderNow() {
	if delayed, ok := h.ResponseWriter.(interface{ WriteHeaderNow() }); ok {
		delayed.WriteHeaderNow()
	}
}

// serve reads in this goroutine and writes in another one. Both end together.
func (p *Plain) serve(conn *websocket.Conn, network net.Conn, log *slog.Logger) {
	log.Info("websocket connected")
	// Not derived from p.ctx: a read whose context ends cuts the connection, before the
	// close frame of Close is sent.
	ctx, cancel := context.WithCancel(context.Background())
	defer conn.CloseNow() //nolint:errcheck // the connection has ended in any case

	var writer sync.WaitGroup
	writer.Go(func() {
		defer cancel()
		if err := p.write(ctx, conn); err != nil {
			log.Warn("websocket write", "err", err)
		}
		if p.ctx.Err() != nil {
			defer time.AfterFunc(plainCloseTimeout, func() { _ = network.Close() }).Stop()
			_ = conn.Close(websocket.StatusGoingAway, "server closes")
		}
	})
	err := p.read(ctx, conn, log)
	cancel()
	writer.Wait()

	status := websocket.CloseStatus(err)
	if status == -1 && p.ctx.Err() == nil && !errors.Is(err, context.Canceled) {
		log.Warn("websocket read", "err", err)
	}
	log.Info("websocket closed", "status", int(status))
}

// write sends the greeting every interval until the connection ends or Close is
// called.
func (p *Plain) write(ctx context.Context, conn *websocket.Conn) error {
	ticker := time.NewTicker(p.cfg.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-p.ctx.Done():
			return nil
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		writing, cancel := context.WithTimeout(ctx, plainWriteTimeout)
		uncut := context.AfterFunc(p.ctx, cancel) // Close cuts a client that does not take the greeting
		err := conn.Write(writing, websocket.MessageText, []byte(p.cfg.Greeting))
		uncut()
		cancel()
		if err != nil && ctx.Err() == nil && p.ctx.Err() == nil {
			return err
		}
	}
}

// read logs the client's texts until the connection ends.
func (p *Plain) read(ctx context.Context, conn *websocket.Conn, log *slog.Logger) error {
	conn.SetReadLimit(maxPlainText)
	name := strconv.FormatUint(p.last.Add(1), 10)
	logged := ratelimit.Cost{Key: ratelimit.Key{Purpose: forPlainLog, Name: name}, Rate: plainLogRate}
	for {
		kind, data, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		if kind == websocket.MessageText && p.texts.Take(logged) == 0 {
			log.Info("websocket text", "text", logline.Clip(string(data), logline.MaxText))
		}
	}
}

// begin counts a connection. It returns false above the caps and after Close.
func (p *Plain) begin(source string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || !p.open.Acquire(source) {
		return false
	}
	p.conns.Add(1)
	return true
}

func (p *Plain) end(source string) {
	p.open.Release(source)
	p.conns.Done()
}

// Close ends the connections, waits for them, and logs how many lines were left out.
// It may be called again.
func (p *Plain) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.stop()
	p.conns.Wait()
	p.closeLog()
}
