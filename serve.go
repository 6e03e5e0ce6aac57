package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"gifchat/socketio"
)

const (
	// drainTime is how long uploads and downloads in progress may go on after
	// SIGTERM, while everything else is served as before.
	drainTime = 1500 * time.Millisecond

	// closeTime is how long requests may go on after the sockets are closed. It
	// is short: the clients come back half a second later at the earliest, and
	// the next server should listen by then.
	closeTime = 100 * time.Millisecond

	// takeDown bounds what must not take long: event handlers, and requests
	// whose connection is gone. Orchestrators kill after 10 s.
	takeDown = 3 * time.Second

	// There is no WriteTimeout: long polls are answered late on purpose, and
	// the engine bounds its own writes.
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 32 << 10 // a cookie, a Referer and what proxies add
)

// parts are what serve runs and takes down.
type parts struct {
	site interface {
		http.Handler
		Drain(ctx context.Context)
		Close() error // of WebSockets without Socket.IO
	}
	wire interface {
		Close(ctx context.Context) error
	}
	stopping func() // called first
	timers   func() // stops those of the chat
}

// serve listens, announces the address and serves until ctx ends. Then it
// takes the parts down; see "Start and end" in docs/architecture.md for the
// order. Requests that must be cut are no error.
func serve(ctx context.Context, cfg config, p parts, log *slog.Logger) error {
	address := net.JoinHostPort(cfg.Host, strconv.Itoa(cfg.Port))
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("%w; is another program on port %d? PORT chooses one", err, cfg.Port)
	}
	server := &http.Server{
		Handler:           p.site,
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnContext:       socketio.ConnContext, // it sees which of its clients make progress
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),

		// net/http would answer OPTIONS * by itself, for any host.
		DisableGeneralOptionsHandler: true,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(ln) }()
	announce(ln.Addr(), log)

	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	log.Info("stopping")
	p.stopping()
	ctx = context.WithoutCancel(ctx)
	withTimeout(ctx, drainTime, p.site.Drain)

	// Sockets that close with the server must not look like people who leave,
	// nor their rooms empty.
	p.timers()
	err = ln.Close()
	if ended := <-served; !errors.Is(ended, net.ErrClosed) {
		err = errors.Join(err, ended)
	}
	err = errors.Join(err, closeConnections(ctx, server, p, log))
	log.Info("stopped")
	return err
}

// closeConnections closes the Socket.IO server first: http.Server.Shutdown
// waits for every long poll and does not know of WebSockets.
func closeConnections(ctx context.Context, server *http.Server, p parts, log *slog.Logger) error {
	end, cancel := context.WithTimeout(ctx, takeDown)
	defer cancel()
	err := p.wire.Close(end)
	if errors.Is(err, context.DeadlineExceeded) {
		log.Warn("event handlers still run at the end")
		err = nil
	}
	err = errors.Join(err, p.site.Close())
	withTimeout(end, closeTime, func(ctx context.Context) {
		if server.Shutdown(ctx) != nil {
			_ = server.Close() // connections that were in use, or have not sent a request yet
		}
	})
	p.site.Drain(end) // their handlers use the store
	return err
}

// withTimeout calls f with a context that ends after d.
func withTimeout(ctx context.Context, d time.Duration, f func(context.Context)) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	f(ctx)
}

// announce says where the server is, for the reader of the terminal and for
// the others in the same network.
func announce(addr net.Addr, log *slog.Logger) {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		log.Info("listening", "addr", addr.String())
		return
	}
	attrs := []slog.Attr{slog.String("addr", addr.String())}
	port := strconv.Itoa(tcp.Port)
	host := tcp.IP.String()
	if tcp.IP.IsUnspecified() || tcp.IP.IsLoopback() {
		host = "localhost"
	}
	attrs = append(attrs, slog.String("open", "http://"+net.JoinHostPort(host, port)))
	if lan, ok := lanIP(); ok && tcp.IP.IsUnspecified() {
		attrs = append(attrs, slog.String("others", "http://"+net.JoinHostPort(lan, port)))
	}
	log.LogAttrs(context.Background(), slog.LevelInfo, "listening", attrs...)
}

// lanIP is this machine's first address in a private network.
func lanIP() (string, bool) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return "", false // only a hint
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && n.IP.IsPrivate() {
			return n.IP.String(), true
		}
	}
	return "", false
}

// version is what the binary was built from, as the Go tool recorded it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return info.Main.Version
}
