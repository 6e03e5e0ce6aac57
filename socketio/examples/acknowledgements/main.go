// Command acknowledgements is a kitchen that answers orders and asks its guests.
package main

import (
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
const clientFile = "../../../public/vendor/socket.io.min.js"

func addHandlers(io *socketio.Namespace) {
	k := &kitchen{prices: map[string]int{"soup": 8, "bread": 3}}
	socketio.Handle(io, "order", k.order)
	io.On("cook", k.cook)
	socketio.Handle(io, "roll call", k.rollCall)
}

func main() {
	addr := flag.String("addr", "localhost:3000", "address to listen on")
	flag.Parse()

	server := socketio.NewServer(socketio.Config{})
	addHandlers(server.Of("/"))

	http.Handle("/", http.FileServerFS(page))
	http.HandleFunc("/socket.io/socket.io.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, clientFile)
	})
	http.Handle("/socket.io/", server)

	web := &http.Server{Addr: *addr, ConnContext: socketio.ConnContext, ReadHeaderTimeout: 10 * time.Second}
	log.Printf("server running at http://%s", *addr)
	log.Fatal(web.ListenAndServe())
}
