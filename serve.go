package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"
)

const (
	// takeDown bounds the end: orchestrators kill after 10 s.
	takeDown = 8 * time.Second

	// There is no WriteTimeout: long polls are answered late on purpose, and
	// the engine bounds its own writes.
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 32 << 10 // a cookie, a Referer and what proxies add
)

// closer is the part of the Socket.IO server that serve takes down.
type closer interface {
	Close(ctx context.Context) error
}

// serve listens, says where, and serves site until ctx ends. Then it calls
// ending, stops listening, closes the Socket.IO server and lets other requests
// finish.
//
// The order matters. What ending stops are the chat's timers: to them, sockets
// that go because the server goes would look like people who leave, and rooms
// like empty ones. http.Server.Shutdown waits for every long poll and does not
// know of WebSockets, so the Socket.IO server goes before it.
func serve(ctx context.Context, cfg config, site http.Handler, wire closer, ending func(), log *slog.Logger) error {
	address := net.JoinHostPort(cfg.Host, strconv.Itoa(cfg.Port))
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("%w; is another program on port %d? PORT chooses one", err, cfg.Port)
	}
	server := &http.Server{
		Handler:           site,
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
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
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), takeDown)
	defer cancel()

	ending()
	err = ln.Close()
	if ended := <-served; !errors.Is(ended, net.ErrClosed) {
		err = errors.Join(err, ended)
	}
	err = errors.Join(err, wire.Close(end))
	if plain, ok := site.(io.Closer); ok {
		err = errors.Join(err, plain.Close()) // WebSockets without Socket.IO
	}
	err = errors.Join(err, server.Shutdown(end))
	if err != nil {
		err = errors.Join(err, server.Close())
	}
	log.Info("stopped")
	return err
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
