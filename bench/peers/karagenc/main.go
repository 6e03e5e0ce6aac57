// Command karagenc is the benchmark's contract on github.com/karagenc/socket.io-go.
package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	sio "github.com/karagenc/socket.io-go"
)

// gifBytes is the size of the attachment of a gif event.
const gifBytes = 32 << 10

type message struct {
	User string `json:"user"`
	Chat string `json:"chat"`
	TS   int64  `json:"ts"`
}

// picture is not part of message: an empty sio.Binary would be an attachment too.
type picture struct {
	User string     `json:"user"`
	Chat string     `json:"chat"`
	GIF  sio.Binary `json:"gif"`
}

func main() {
	listen := flag.String("listen", "127.0.0.1:4100", "address to listen on")
	flag.Parse()
	io := sio.NewServer(nil)
	nsp := io.Of("/")
	nsp.OnConnection(func(s sio.ServerSocket) {
		var room sio.Room
		s.OnEvent("join", func(name string, ack func()) {
			room = sio.Room(name)
			s.Join(room)
			ack()
		})
		s.OnEvent("chat", func(text string) {
			nsp.To(room).Emit("chat", message{"u1", text, time.Now().UnixMilli()})
		})
		s.OnEvent("gif", func(text string) {
			nsp.To(room).Emit("gif", picture{"u1", text, make(sio.Binary, gifBytes)})
		})
		s.OnEvent("echo", func(text string, ack func(string)) { ack(text) })
	})
	if err := io.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	http.Handle("/socket.io/", io)
	fmt.Fprintln(os.Stderr, http.ListenAndServe(*listen, nil)) //nolint:gosec // the benchmark needs no timeouts
	os.Exit(1)
}
