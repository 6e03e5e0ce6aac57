package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"runtime"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"gifchat/socketio"
)

// routes mounts the Socket.IO server in three routers.
func routes(sockets *socketio.Server, listeners map[string]net.Listener) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", sockets)
	mux.Handle("/api/socket.io/", sockets)
	mux.Handle("/api/socket.io", sockets) // for clients with addTrailingSlash: false; a WebSocket does not follow the redirect of ServeMux
	mux.Handle("/gin/", ginRouter(sockets))
	mux.Handle("/chi/", chiRouter(sockets))
	mux.HandleFunc("GET /addresses", func(w http.ResponseWriter, _ *http.Request) {
		addresses := make(map[string]string)
		for network, listener := range listeners {
			addresses[network] = listener.Addr().String()
		}
		_ = json.NewEncoder(w).Encode(addresses) // an error means that the test has disconnected
	})
	mux.HandleFunc("GET /page", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprint(w, "<!doctype html><title>page</title>") // as above
	})
	mux.HandleFunc("GET /heap", func(w http.ResponseWriter, _ *http.Request) {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		_, _ = fmt.Fprint(w, stats.HeapAlloc) // as above
	})
	return mux
}

// Both routers have the middleware that most programs use. It wraps the response writer.

func ginRouter(sockets http.Handler) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.Use(gin.LoggerWithWriter(discard{}), gin.Recovery())
	router.Any("/gin/socket.io/*any", gin.WrapH(sockets))
	return router
}

func chiRouter(sockets http.Handler) http.Handler {
	router := chi.NewRouter()
	router.Use(middleware.RequestLogger(&middleware.DefaultLogFormatter{Logger: discard{}, NoColor: true}), middleware.Recoverer)
	router.Handle("/chi/socket.io/*", sockets)
	return router
}

// discard is a writer and a logger without output.
type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

func (discard) Print(...any) {}
