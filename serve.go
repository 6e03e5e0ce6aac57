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
	// drainTimeout is the time that uploads and downloads in progress have
	// after SIGTERM. Pages and sockets work as before until then.
	drainTimeout = 1500 * time.Millisecond

	// httpTimeout is the time that requests in progress have after the sockets
	// are closed. Clients reconnect after half a second at the earliest, and the
	// next server should listen by then.
	httpTimeout = 100 * time.Millisecond

	// handlerGrace is the time that event handlers have before their contexts end.
	// The sockets close after twice that time at the latest. A handler that waits for
	// the disk or for a client can take longer, and the other clients should not wait
	// for it.
	handlerGrace = 150 * time.Millisecond

	// closeTimeout limits event handlers and requests whose connection is gone.
	// Orchestrators kill a process after 10 s.
	closeTimeout = 3 * time.Second

	// WriteTimeout is not set: long polls are answered late on purpose, and the
	// engine limits its own writes.
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 32 << 10 // a cookie, a Referer and the headers of proxies
)

// parts are the parts of the program that serve runs and closes.
type parts struct {
	handler interface {
		http.Handler
		Drain(ctx context.Context) // waits for requests in progress; cuts them when ctx ends
		Close() error              // closes plain WebSockets
	}
	sockets interface {
		Close(ctx context.Context) error
	}
	markStopping func() // marks the lock file, so that the next server waits
	stopTimers   func() // stops the timers of the chat
}

// serve listens, logs the address and serves until ctx ends. Then it closes the
// parts in the order of "Start and end" in docs/architecture.md. Requests that
// have to be cut are not an error.
func serve(ctx context.Context, cfg config, p parts, log *slog.Logger) error {
	address := net.JoinHostPort(cfg.Host, strconv.Itoa(cfg.Port))
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("%w; is another program on port %d? PORT chooses one", err, cfg.Port)
	}
	server := newHTTPServer(p.handler, log)
	served := make(chan error, 1)
	go func() { served <- server.Serve(ln) }()
	logAddress(ln.Addr(), log)

	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	log.Info("stopping")
	ctx = context.WithoutCancel(ctx)
	p.markStopping()
	withTimeout(ctx, drainTimeout, p.handler.Drain)

	// Sockets that close with the server are not exits, and must not empty
	// their rooms.
	p.stopTimers()
	err = ln.Close()
	if ended := <-served; !errors.Is(ended, net.ErrClosed) {
		err = errors.Join(err, ended)
	}
	err = errors.Join(err, closeConnections(ctx, server, p, log))
	log.Info("stopped")
	return err
}

func newHTTPServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnContext:       socketio.ConnContext, // lets the engine measure the progress of polling clients
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),

		// net/http would answer OPTIONS * itself, for any host name.
		DisableGeneralOptionsHandler: true,
	}
}

// closeConnections closes the Socket.IO server first, so that polling clients can
// fetch their last packets, and because http.Server.Shutdown ignores WebSockets.
func closeConnections(ctx context.Context, server *http.Server, p parts, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, closeTimeout)
	defer cancel()
	err := p.sockets.Close(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		log.Warn("event handlers still run at the end")
		err = nil
	}
	err = errors.Join(err, p.handler.Close())
	withTimeout(ctx, httpTimeout, func(ctx context.Context) {
		if server.Shutdown(ctx) != nil {
			_ = server.Close() // connections with a request in progress, or without a first request
		}
	})
	p.handler.Drain(ctx) // handlers of the cut requests use the store, which is closed next
	return err
}

// withTimeout calls f with a context that ends after d.
func withTimeout(ctx context.Context, d time.Duration, f func(context.Context)) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	f(ctx)
}

// logAddress logs the address of the listener, a URL for this machine and, if
// the server listens on all interfaces, a URL for others on the network.
func logAddress(addr net.Addr, log *slog.Logger) {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		log.Info("listening", "addr", addr.String())
		return
	}
	attrs := []slog.Attr{slog.String("addr", addr.String())}
	port := strconv.Itoa(tcp.Port)
	host := tcp.IP.String()
	if tcp.IP.IsUnspecified() || host == "127.0.0.1" || host == "::1" { // but 127.0.0.2 is not localhost
		host = "localhost"
	}
	attrs = append(attrs, slog.String("open", "http://"+net.JoinHostPort(host, port)))
	if lan, ok := privateIP(); ok && tcp.IP.IsUnspecified() {
		attrs = append(attrs, slog.String("others", "http://"+net.JoinHostPort(lan, port)))
	}
	log.LogAttrs(context.Background(), slog.LevelInfo, "listening", attrs...)
}

// privateIP returns this machine's first IPv4 address in a private network.
func privateIP() (string, bool) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return "", false // the address is only a hint in the log
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && n.IP.IsPrivate() {
			return n.IP.String(), true
		}
	}
	return "", false
}

// version returns the commit that the binary was built from, or else the
// version of its module.
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
