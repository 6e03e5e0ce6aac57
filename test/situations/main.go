// Command situations is a Socket.IO server as programs use it: behind several routers,
// on several kinds of listeners, with handlers of everyday programs. Tests with stock
// clients run it as a separate process.
//
// The same Socket.IO server answers at these paths:
//
//	/socket.io/       net/http's ServeMux
//	/api/socket.io    net/http's ServeMux, below a path, with and without a slash at the end
//	/gin/socket.io/   Gin
//	/chi/socket.io/   chi
//
// It listens on a TCP address, on the IPv6 loopback address and on a Unix socket. GET
// /addresses returns the last two. GET /page is an empty page, and GET /heap returns the
// bytes of the heap in use after a garbage collection. namespaces.go has the events.
//
// SIGTERM ends the Socket.IO server first, as programs should. SIGHUP calls only
// http.Server.Shutdown, which has to end the polls and WebSockets too.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"gifchat/socketio"
)

func main() {
	addr := flag.String("addr", "localhost:0", "address to listen on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	hangUp := make(chan os.Signal, 1)
	signal.Notify(hangUp, syscall.SIGHUP)
	if err := run(ctx, hangUp, *addr); err != nil {
		fmt.Fprintln(os.Stderr, "situations:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, hangUp <-chan os.Signal, addr string) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	folder, err := os.MkdirTemp(".", "socket-") // the test removes the working folder
	if err != nil {
		return err
	}
	socket, err := filepath.Abs(filepath.Join(folder, "socket"))
	if err != nil {
		return err
	}
	listeners, err := listen(ctx, addr, socket)
	if err != nil {
		return err
	}
	sockets := newServer(log)
	server := &http.Server{Handler: routes(sockets, listeners), ReadHeaderTimeout: 10 * time.Second, ConnContext: socketio.ConnContext}
	served := make(chan error, len(listeners))
	for _, listener := range listeners {
		go func() { served <- server.Serve(listener) }()
	}
	log.Info("listening", "addr", listeners["tcp"].Addr().String())
	select {
	case err := <-served:
		return err
	case <-hangUp:
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		return server.Shutdown(end)
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 8*time.Second)
	defer cancel()
	return errors.Join(sockets.Close(end), server.Close())
}

// listen returns the listeners by the name of their network. A machine without IPv6 has
// no listener "tcp6".
func listen(ctx context.Context, addr, socket string) (map[string]net.Listener, error) {
	listeners := make(map[string]net.Listener)
	var config net.ListenConfig
	for network, addr := range map[string]string{"tcp": addr, "unix": socket} {
		listener, err := config.Listen(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		listeners[network] = listener
	}
	if listener, err := config.Listen(ctx, "tcp6", "[::1]:0"); err == nil {
		listeners["tcp6"] = listener
	}
	return listeners, nil
}
