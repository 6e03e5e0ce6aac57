package main

import (
	"fmt"
	"net"
	"net/http"

	"example.org/renamed/gifchat/socketio"
)

func newServer() *socketio.Server {
	server := socketio.NewServer(socketio.Config{})
	root := server.Of("/")
	root.On("say", func(e *socketio.Event) { root.Emit("said", e.Args.Any()...) })
	return server
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	panic(http.Serve(listener, newServer()))
}
