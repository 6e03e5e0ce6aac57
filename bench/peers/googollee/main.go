// Command googollee is the benchmark's contract on github.com/googollee/go-socket.io (Engine.IO 3).
package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	socketio "github.com/googollee/go-socket.io"
)

type message struct {
	User string `json:"user"`
	Chat string `json:"chat"`
	TS   int64  `json:"ts"`
}

func main() {
	listen := flag.String("listen", "127.0.0.1:4100", "address to listen on")
	flag.Parse()
	s := socketio.NewServer(nil)
	s.OnConnect("/", func(c socketio.Conn) error { return nil })
	s.OnEvent("/", "join", func(c socketio.Conn, room string) string {
		c.SetContext(room)
		c.Join(room)
		return ""
	})
	s.OnEvent("/", "chat", func(c socketio.Conn, text string) {
		room, _ := c.Context().(string)
		s.BroadcastToRoom("/", room, "chat", message{"u1", text, time.Now().UnixMilli()})
	})
	s.OnEvent("/", "echo", func(c socketio.Conn, text string) string { return text })
	s.OnError("/", func(c socketio.Conn, err error) {})
	s.OnDisconnect("/", func(c socketio.Conn, reason string) {})
	go func() {
		fmt.Fprintln(os.Stderr, s.Serve())
		os.Exit(1)
	}()
	http.Handle("/socket.io/", s)
	fmt.Fprintln(os.Stderr, http.ListenAndServe(*listen, nil)) //nolint:gosec // the benchmark needs no timeouts
	os.Exit(1)
}
