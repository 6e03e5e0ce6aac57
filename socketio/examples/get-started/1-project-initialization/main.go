// Command 1-project-initialization is a web server without Socket.IO.
package main

import (
	"flag"
	"log"
	"net/http"
	"time"
)

func main() {
	addr := flag.String("addr", "localhost:3000", "address to listen on")
	flag.Parse()

	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte("<h1>Hello world</h1>"))
	})

	web := &http.Server{Addr: *addr, ReadHeaderTimeout: 10 * time.Second}
	log.Printf("server running at http://%s", *addr)
	log.Fatal(web.ListenAndServe())
}
