// Command 2-serving-html serves the page of the chat, which cannot send yet.
package main

import (
	"embed"
	"flag"
	"log"
	"net/http"
	"time"
)

//go:embed index.html
var page embed.FS

func main() {
	addr := flag.String("addr", "localhost:3000", "address to listen on")
	flag.Parse()

	http.Handle("/", http.FileServerFS(page))

	web := &http.Server{Addr: *addr, ReadHeaderTimeout: 10 * time.Second}
	log.Printf("server running at http://%s", *addr)
	log.Fatal(web.ListenAndServe())
}
