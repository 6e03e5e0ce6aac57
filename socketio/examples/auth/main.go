// Command auth lets clients connect that send a known token in socket.auth.
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
const clientFile = "../../../public/vendor/socket.io.min.js"

type user struct {
	Name  string `json:"name"`
	Admin bool   `json:"admin"`
}

// users are the users by their tokens. A real program asks its database.
var users = map[string]user{
	"ann-token": {Name: "ann", Admin: true},
	"bob-token": {Name: "bob"},
}

// authenticate is middleware: an error refuses the client.
func authenticate(s *socketio.Socket) error {
	var auth struct {
		Token string `json:"token"`
	}
	_ = s.Handshake().Auth.Bind(&auth) // without a token, no user is found
	u, ok := users[auth.Token]
	if !ok {
		return &socketio.Error{Message: "not authorized", Data: map[string]string{"code": "bad token"}}
	}
	s.SetData(u)
	s.Join("user:" + u.Name) // a room with all sockets of the user
	return nil
}

// onlyAdmins is event middleware: an error refuses the event.
func onlyAdmins(e *socketio.Event, next func() error) error {
	u, _ := socketio.Data[user](e.Socket)
	if e.Name == "announce" && !u.Admin {
		return &socketio.Error{Message: "only admins can announce"}
	}
	return next()
}

func addHandlers(io *socketio.Namespace) {
	io.Use(authenticate)
	io.UseEvents(onlyAdmins)
	socketio.Handle(io, "whoami", func(_ context.Context, s *socketio.Socket, _ struct{}) (user, error) {
		u, _ := socketio.Data[user](s)
		return u, nil
	})
	socketio.On(io, "announce", func(_ context.Context, _ *socketio.Socket, text string) error {
		return io.Emit("announced", text)
	})
	// Sign out everywhere: the server ends all sockets of the user.
	socketio.On(io, "sign out", func(_ context.Context, s *socketio.Socket, _ struct{}) error {
		u, _ := socketio.Data[user](s)
		io.To("user:" + u.Name).DisconnectClients()
		return nil
	})
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
