// Command private-rooms has rooms that only their members can enter, and shows
// to each room which of them are present.
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

// authenticate stores the name that the client sends. The example auth shows how
// a program checks it.
func authenticate(s *socketio.Socket) error {
	var auth struct {
		Name string `json:"name"`
	}
	if err := s.Handshake().Auth.Bind(&auth); err != nil || auth.Name == "" {
		return &socketio.Error{Message: "send a name"}
	}
	s.SetData(auth.Name)
	return nil
}

func addHandlers(io *socketio.Namespace) {
	c := &club{io: io, members: map[string][]string{
		"kitchen": {"ann", "bob"},
		"office":  {"ann"},
	}}
	io.Use(authenticate)
	io.UseEvents(socketio.RateLimit(5, 20)) // each socket: 5 events per second, 20 at once
	socketio.Handle(io, "enter", c.enter)
	socketio.On(io, "leave", c.leave)
	socketio.On(io, "say", c.say)
	io.OnDisconnect(c.disconnect)
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
