// Command chat is the chat of the README.
package main

import (
	"context"
	"flag"
	"log"
	"net/http"
	"time"

	"gifchat/socketio"
)

type message struct {
	From socketio.SocketID `json:"from"`
	Room string            `json:"room"`
	Text string            `json:"text"`
}

func newServer() *socketio.Server {
	server := socketio.NewServer(socketio.Config{})
	chat := server.Of("/chat")
	socketio.On(chat, "join", func(_ context.Context, s *socketio.Socket, room string) error {
		s.Join("room:" + room) // a prefix keeps a client out of the program's own rooms
		return nil
	})
	socketio.Handle(chat, "say", func(_ context.Context, s *socketio.Socket, m message) (message, error) {
		if m.Text == "" {
			return m, &socketio.Error{Message: "write something"}
		}
		m.From = s.ID()
		return m, s.To("room:"+m.Room).Emit("said", m) // to the others; the sender gets the result
	})
	return server
}

func main() {
	addr := flag.String("addr", "localhost:3000", "address to listen on")
	flag.Parse()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "index.html") })
	http.HandleFunc("/socket.io/socket.io.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, "../../../public/vendor/socket.io.min.js") // of the npm package socket.io-client
	})
	http.Handle("/socket.io/", newServer())
	web := &http.Server{Addr: *addr, ConnContext: socketio.ConnContext, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(web.ListenAndServe())
}
