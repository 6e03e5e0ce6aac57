// Command 9-scaling-horizontally is a chat on two servers. An adapter connects
// them, so that a message reaches the pages of both.
package main

import (
	"context"
	"embed"
	"flag"
	"log"
	"net/http"
	"time"

	"gifchat/socketio"
	"gifchat/socketio/adaptertest"
)

//go:embed index.html
var page embed.FS

// clientFile is the stock client. make bundle copies it from npm.
const clientFile = "../../../../public/vendor/socket.io.min.js"

func main() {
	first := flag.String("addr", "localhost:3000", "address of the first server")
	second := flag.String("addr2", "localhost:3001", "address of the second server")
	flag.Parse()

	hub := new(adaptertest.Hub) // connects servers of one process
	go serve(*first, hub)
	serve(*second, hub)
}

func serve(addr string, hub *adaptertest.Hub) {
	server := socketio.NewServer(socketio.Config{Adapter: hub.Adapter})
	io := server.Of("/")
	socketio.On(io, "chat message", func(_ context.Context, _ *socketio.Socket, text string) error {
		return io.Emit("chat message", text) // to the clients of both servers
	})

	mux := http.NewServeMux()
	mux.Handle("/", http.FileServerFS(page))
	mux.HandleFunc("/socket.io/socket.io.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, clientFile)
	})
	mux.Handle("/socket.io/", server)

	web := &http.Server{Addr: addr, Handler: mux, ConnContext: socketio.ConnContext, ReadHeaderTimeout: 10 * time.Second}
	log.Printf("server running at http://%s", addr)
	log.Fatal(web.ListenAndServe())
}
