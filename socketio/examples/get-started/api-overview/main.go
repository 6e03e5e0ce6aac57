// Command api-overview shows the functions that most programs use.
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

// numbers are the two arguments of the event "sum".
type numbers struct {
	A int `arg:"0"`
	B int `arg:"1"`
}

// said is the argument of the events "say" and "said".
type said struct {
	Room string `json:"room"`
	Text string `json:"text"`
}

func addHandlers(io *socketio.Namespace) {
	io.OnAny(func(e *socketio.Event) {
		log.Printf("%s sent %q with %d arguments", e.Socket.ID(), e.Name, len(e.Args))
	})
	socketio.Handle(io, "sum", func(_ context.Context, _ *socketio.Socket, in numbers) (int, error) {
		return in.A + in.B, nil // the acknowledgement
	})
	socketio.On(io, "join", func(_ context.Context, s *socketio.Socket, room string) error {
		s.Join("room:" + room) // the prefix keeps clients out of other rooms of the program
		return nil
	})
	socketio.On(io, "say", func(_ context.Context, _ *socketio.Socket, in said) error {
		return io.To("room:"+in.Room).Emit("said", in)
	})
	io.OnConnect(askName)
}

// askName sends an event that the client acknowledges.
func askName(s *socketio.Socket) {
	s.EmitWithAckFunc(5*time.Second, func(answer socketio.Args, err error) {
		var name string
		if err == nil {
			err = answer.Bind(&name)
		}
		if err == nil {
			err = s.Emit("welcome", name)
		}
		if err != nil {
			log.Printf("ask for the name: %v", err)
		}
	}, "what is your name")
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
