// Command chi serves Socket.IO behind a chi router and its middleware.
package main

import (
	_ "embed"
	"flag"
	"log"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"gifchat/socketio"
)

//go:embed index.html
var page []byte

// clientFile is the stock client. make bundle copies it from npm.
const clientFile = "../../../public/vendor/socket.io.min.js"

func newRouter(server *socketio.Server) http.Handler {
	router := chi.NewRouter()
	router.Use(middleware.Recoverer)
	router.Get("/", func(w http.ResponseWriter, _ *http.Request) { w.Write(page) })
	router.Get("/socket.io.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, clientFile)
	})
	router.Handle("/socket.io/*", server)
	return router
}

func main() {
	addr := flag.String("addr", "localhost:3000", "address to listen on")
	flag.Parse()

	server := socketio.NewServer(socketio.Config{})
	io := server.Of("/")
	io.OnConnect(func(s *socketio.Socket) {
		_ = s.Emit("hello", s.Transport()) // fails if the client has gone
	})

	web := &http.Server{Addr: *addr, Handler: newRouter(server), ConnContext: socketio.ConnContext, ReadHeaderTimeout: 10 * time.Second}
	log.Printf("server running at http://%s", *addr)
	log.Fatal(web.ListenAndServe())
}
