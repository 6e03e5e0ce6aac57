// Command nethttp mounts the server below a path of a program with other routes,
// and ends so that clients can reconnect to the next process.
package main

import (
	"context"
	"embed"
	"errors"
	"flag"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"gifchat/socketio"
)

//go:embed index.html
var page embed.FS

// clientFile is the stock client. make bundle copies it from npm.
const clientFile = "../../../public/vendor/socket.io.min.js"

// newServer returns a server that greets clients with the name in their cookie.
func newServer() *socketio.Server {
	server := socketio.NewServer(socketio.Config{Identify: identify})
	io := server.Of("/")
	io.OnConnect(func(s *socketio.Socket) {
		_ = s.Emit("hello", s.Handshake().Identity) // fails if the client has gone
	})
	return server
}

// identify runs once for each connection. An error would refuse the client.
func identify(r *http.Request) (any, error) {
	if cookie, err := r.Cookie("name"); err == nil {
		return cookie.Value, nil
	}
	return "stranger", nil
}

func newMux(server *socketio.Server) *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServerFS(page))
	mux.HandleFunc("GET /socket.io.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, clientFile)
	})
	mux.Handle("/api/socket.io/", server) // without a method: clients use GET, POST and OPTIONS
	return mux
}

func main() {
	addr := flag.String("addr", "localhost:3000", "address to listen on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	server := newServer()
	web := &http.Server{Addr: *addr, Handler: newMux(server), ConnContext: socketio.ConnContext, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- web.ListenAndServe() }()
	log.Printf("server running at http://%s", *addr)

	select {
	case err := <-failed:
		log.Fatal(err)
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := errors.Join(server.Close(ctx), web.Shutdown(ctx)); err != nil {
		log.Printf("shut down: %v", err)
	}
}
