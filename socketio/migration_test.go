package socketio_test

import (
	"context"
	"fmt"
	"net/http"

	"gifchat/socketio"
)

// The program of docs/from-go-socket.io.md.
func Example_fromGoSocketIO() {
	server := socketio.NewServer(socketio.Config{})
	io := server.Of("/")
	io.OnConnect(func(s *socketio.Socket) {
		s.SetData("")
		fmt.Println("connected")
	})
	socketio.On(io, "notice", func(_ context.Context, s *socketio.Socket, msg string) error {
		return s.Emit("reply", "have "+msg)
	})
	socketio.Handle(io, "msg", func(_ context.Context, s *socketio.Socket, msg string) (string, error) {
		s.SetData(msg)
		return "recv " + msg, nil
	})
	socketio.On(io, "bye", func(_ context.Context, s *socketio.Socket, _ struct{}) error {
		last, _ := socketio.Data[string](s)
		_ = s.Emit("bye", last)
		s.DisconnectClient()
		return nil
	})
	io.OnDisconnect(func(_ *socketio.Socket, reason socketio.Reason) {
		fmt.Println("closed:", reason)
	})
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", server)

	browser := visit(mux)
	browser.send(`40`)
	browser.receive()
	browser.send(`42["notice","news"]`)
	fmt.Println(browser.receive())
	browser.send(`421["msg","hello"]`)
	fmt.Println(browser.receive())
	browser.send(`42["bye"]`)
	bye := browser.receive()
	_ = server.Close(context.Background()) // waits for the handlers
	fmt.Println(bye)
	browser.leave()
	// Output:
	// connected
	// 42["reply","have news"]
	// 431["recv hello"]
	// closed: server namespace disconnect
	// 42["bye","hello"]
}
