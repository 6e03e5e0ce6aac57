package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"gifchat/socketio"
)

// A program that is asked to stop closes the Socket.IO server and then the HTTP server.
// The handler that runs at that moment still answers its client.
func ExampleServer_Close() {
	server := socketio.NewServer(socketio.Config{})
	working := make(chan struct{})
	server.Of("/").On("order", func(e *socketio.Event) {
		close(working)
		time.Sleep(10 * time.Millisecond)
		_ = e.Ack("accepted")
	})
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", server)
	web := &http.Server{Handler: mux, ConnContext: socketio.ConnContext}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() { _ = web.Serve(listener) }() // returns http.ErrServerClosed

	browser := visitAt("http://" + listener.Addr().String())
	defer browser.leave()
	browser.send(`40`)
	browser.receive()
	browser.send(`421["order","soup"]`)
	<-working // in a program: <-ctx.Done() of signal.NotifyContext

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err = errors.Join(server.Close(ctx), web.Shutdown(ctx))
	fmt.Println(browser.receive(), err)
	// Output: 431["accepted"] <nil>
}
