// Command 5-broadcasting is a chat: each message is sent to all pages.
package main

import (
	"context"
	"embed"
	"flag"
	"log"
	"net/http"
	"time"

	"gifchat/socketio"
)

//go:embed index.html
var page embed.FS

// clientFile is the stock client. make bundle copies it from npm.
const clientFile = "../../../../public/vendor/socket.io.min.js"

func main() {
	addr := flag.String("addr", "localhost:3000", "address to listen on")
	flag.Parse()

	server := socketio.NewServer(socketio.Config{})
	io := server.Of("/")
	socketio.On(io, "chat message", func(_ context.Context, _ *socketio.Socket, text string) error {
		return io.Emit("chat message", text)
	})

	http.Handle("/", http.FileServerFS(page))
	http.HandleFunc("/socket.io/socket.io.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, clientFile)
	})
	http.Handle("/socket.io/", server)

	web := &http.Server{Addr: *addr, ConnContext: socketio.ConnContext, ReadHeaderTimeout: 10 * time.Second}
	log.Printf("server running at http://%s", *addr)
	log.Fatal(web.ListenAndServe())
}
