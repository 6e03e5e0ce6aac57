package socketio_test

import (
	"context"
	"fmt"

	"gifchat/socketio"
)

// printer prints some of the observations.
type printer struct{}

func (printer) Observe(o socketio.Observation) {
	switch o := o.(type) {
	case socketio.ConnOpened:
		fmt.Println("connection", o.Conn, "opened over", o.Transport)
	case socketio.SocketConnected:
		fmt.Println("socket connected to", o.Namespace)
	case socketio.EventHandled:
		fmt.Println("event", o.Event, "handled, panicked:", o.Panicked)
	case socketio.HandlerPanicked:
		fmt.Println("panic in", o.Handler, o.Event+":", o.Value)
	case socketio.ConnClosed:
		fmt.Println("connection", o.Conn, "closed:", o.Reason)
	}
}

// An Observer sees what the server does. Stats has the totals.
func ExampleObserver() {
	server := socketio.NewServer(socketio.Config{ObserveEvents: true, Observer: printer{}})
	server.Of("/").On("divide", func(e *socketio.Event) {
		var a, b int
		if e.Bind(&a, &b) == nil {
			_ = e.Ack(a / b)
		}
	})

	browser := visit(server)
	defer browser.leave()
	browser.send(`40`)
	browser.receive()
	browser.send(`421["divide",6,0]`)
	browser.send(`422["divide",6,3]`)
	browser.receive()
	_ = server.Close(context.Background()) // returns when everything has been observed

	stats := server.Stats()
	fmt.Println("packets received:", stats.Engine.Traffic.PacketsReceived, "panics:", stats.Panics)
	// Unordered output:
	// connection 1 opened over websocket
	// socket connected to /
	// panic in event divide: runtime error: integer divide by zero
	// event divide handled, panicked: true
	// event divide handled, panicked: false
	// connection 1 closed: server shutting down
	// packets received: 3 panics: 1
}
