// Command 8-client-delivery is a chat whose pages send a message again until the
// server has acknowledged it. The server stores each message once.
package main

import (
	"context"
	"database/sql"
	"embed"
	"flag"
	"log"
	"net/http"
	"time"

	_ "modernc.org/sqlite" // the driver

	"gifchat/socketio"
)

//go:embed index.html
var page embed.FS

// clientFile is the stock client. make bundle copies it from npm.
const clientFile = "../../../../public/vendor/socket.io.min.js"

func main() {
	addr := flag.String("addr", "localhost:3000", "address to listen on")
	file := flag.String("db", "chat.db", "file of the messages")
	flag.Parse()

	db, err := sql.Open("sqlite", *file)
	if err == nil {
		_, err = db.ExecContext(context.Background(), schema)
	}
	if err != nil {
		log.Fatal(err)
	}

	server := newServer(db)

	http.Handle("/", http.FileServerFS(page))
	http.HandleFunc("/socket.io/socket.io.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, clientFile)
	})
	http.Handle("/socket.io/", server)

	web := &http.Server{Addr: *addr, ConnContext: socketio.ConnContext, ReadHeaderTimeout: 10 * time.Second}
	log.Printf("server running at http://%s", *addr)
	log.Fatal(web.ListenAndServe())
}
