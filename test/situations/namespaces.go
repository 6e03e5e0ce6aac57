package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"gifchat/socketio"
)

// friend begins the origins whose pages can connect with their cookies.
const friend = "http://app.situation.example:"

// newServer returns a server with one namespace for each situation:
//
//	/          "echo" args… is acknowledged with args; "client" with the client's address, X-Forwarded-For and cookies
//	/login     accepts each {token} once, and emits "hello" token; "cut" ends the connection like a broken network
//	/orders    "order" id, lost: see takeOrders
//	/rooms     "join" and "leave" prefix, count; "send" room: see manyRooms
func newServer(log *slog.Logger) *socketio.Server {
	server := socketio.NewServer(socketio.Config{
		Log: log,
		AllowOrigin: func(_ *http.Request, origin string) (allow, credentials bool) {
			ok := strings.HasPrefix(origin, friend)
			return ok, ok
		},
	})
	root := server.Of("/")
	root.On("echo", func(e *socketio.Event) { _ = e.Ack(e.Args.Any()...) }) // an error means that the client has disconnected
	root.On("client", func(e *socketio.Event) {
		h := e.Socket.Handshake()
		_ = e.Ack(h.Address, h.Header.Get("X-Forwarded-For"), h.Header.Get("Cookie")) // as above
	})
	acceptFreshTokens(server.Of("/login"))
	takeOrders(server.Of("/orders"))
	manyRooms(server.Of("/rooms"))
	return server
}

// acceptFreshTokens refuses a token that was used before, as a program with tokens of
// short life does.
func acceptFreshTokens(n *socketio.Namespace) {
	var mu sync.Mutex
	used := make(map[string]bool) // guarded by mu
	n.Use(func(s *socketio.Socket) error {
		var auth struct {
			Token string `json:"token"`
		}
		if s.Handshake().Auth.Bind(&auth) != nil || auth.Token == "" {
			return &socketio.Error{Message: "token missing"}
		}
		mu.Lock()
		defer mu.Unlock()
		if used[auth.Token] {
			return &socketio.Error{Message: "token used"}
		}
		used[auth.Token] = true
		s.SetData(auth.Token)
		return nil
	})
	n.OnConnect(func(s *socketio.Socket) { _ = s.Emit("hello", s.Data()) }) // as for echo
	n.On("cut", func(e *socketio.Event) { e.Socket.CloseConn() })
}

// takeOrders shows what a handler does for clients with the option retries. Such a client
// sends an event again, with the same arguments, until it is acknowledged. The handler
// may therefore receive it twice: it needs an id from the client, does the work once for
// each id, and acknowledges every time.
//
// The argument lost chooses how the first acknowledgement gets lost: "silent" if the
// server sends none, "cut" if the connection ends first. An order is acknowledged with
// the number of times that it was received and done.
func takeOrders(n *socketio.Namespace) {
	type order struct{ received, done int }
	var mu sync.Mutex
	orders := make(map[string]order) // guarded by mu
	n.On("order", func(e *socketio.Event) {
		var id, lost string
		if e.Bind(&id, &lost) != nil {
			return
		}
		mu.Lock()
		o := orders[id]
		o.received++
		if o.done == 0 {
			o.done++ // here a program does the work, in the transaction that stores the id
		}
		orders[id] = o
		mu.Unlock()
		switch {
		case o.received == 1 && lost == "silent":
			return
		case o.received == 1 && lost == "cut":
			e.Socket.CloseConn()
		}
		_ = e.Ack(o.received, o.done) // as for echo
	})
}

// manyRooms lets a client join and leave rooms named prefix-0, prefix-1 and so on. "send"
// emits "sent" to one room. Each event is acknowledged with the number of rooms that the
// socket is in; the room of its own id is none of them.
func manyRooms(n *socketio.Namespace) {
	change := func(apply func(s *socketio.Socket, rooms ...string)) func(*socketio.Event) {
		return func(e *socketio.Event) {
			var prefix string
			var count int
			if e.Bind(&prefix, &count) != nil {
				return
			}
			rooms := make([]string, count)
			for i := range rooms {
				rooms[i] = fmt.Sprintf("%s-%d", prefix, i)
			}
			apply(e.Socket, rooms...)
			_ = e.Ack(len(e.Socket.Rooms())) // as for echo
		}
	}
	n.On("join", change((*socketio.Socket).Join))
	n.On("leave", change((*socketio.Socket).Leave))
	socketio.Handle(n, "send", func(_ context.Context, s *socketio.Socket, room string) (int, error) {
		return len(s.Rooms()), n.To(room).Emit("sent", room)
	})
}
