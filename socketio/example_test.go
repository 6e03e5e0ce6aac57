package socketio_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/coder/websocket"

	"gifchat/socketio"
)

// A server is an http.Handler.
func Example() {
	server := socketio.NewServer(socketio.Config{})
	defer server.Close(context.Background())
	chat := server.Of("/chat")
	socketio.On(chat, "say", func(_ context.Context, _ *socketio.Socket, text string) error {
		return chat.Emit("said", text)
	})
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", server)

	browser := visit(mux)
	defer browser.leave()
	browser.send(`40/chat,`)
	browser.receive()
	browser.send(`42/chat,["say","hello"]`)
	fmt.Println(browser.receive())
	// Output: 42/chat,["said","hello"]
}

// The argument is decoded and checked before the handler is called. The result
// is the acknowledgement, and an error is a refusal.
func ExampleHandle() {
	server := socketio.NewServer(socketio.Config{})
	defer server.Close(context.Background())
	type order struct {
		Dish  string
		Count int
	}
	socketio.Handle(server.Of("/"), "order", func(_ context.Context, _ *socketio.Socket, o order) (string, error) {
		if o.Count < 1 {
			return "", &socketio.Error{Message: "nothing ordered"}
		}
		return fmt.Sprintf("%d × %s", o.Count, o.Dish), nil
	})

	browser := visit(server)
	defer browser.leave()
	browser.send(`40`)
	browser.receive()
	browser.send(`421["order",{"dish":"soup","count":2}]`)
	fmt.Println(browser.receive())
	browser.send(`422["order",{"dish":"soup"}]`)
	fmt.Println(browser.receive())
	browser.send(`423["order","soup"]`)
	fmt.Println(browser.receive())
	// Output:
	// 431["2 × soup"]
	// 432[{"error":"nothing ordered"}]
	// 433[{"error":"Invalid argument 1"}]
}

// Sockets join rooms. An event that is emitted to a room reaches its sockets.
func ExampleSocket_To() {
	server := socketio.NewServer(socketio.Config{})
	defer server.Close(context.Background())
	main := server.Of("/")
	socketio.On(main, "join", func(_ context.Context, s *socketio.Socket, room string) error {
		s.Join(room)
		return s.To(room).Emit("joined", room) // to the other sockets of the room
	})

	ann, bob := visit(server), visit(server)
	defer ann.leave()
	defer bob.leave()
	for _, browser := range []*browser{ann, bob} {
		browser.send(`40`)
		browser.receive()
		browser.send(`421["join","kitchen"]`)
		fmt.Println(browser.receive())
	}
	fmt.Println(ann.receive())
	_ = main.To("kitchen").Emit("dinner")
	fmt.Println(ann.receive(), bob.receive())
	// Output:
	// 431[]
	// 431[]
	// 42["joined","kitchen"]
	// 42["dinner"] 42["dinner"]
}

// A middleware decides which clients can connect, and what a refused client
// receives.
func ExampleNamespace_Use() {
	server := socketio.NewServer(socketio.Config{})
	defer server.Close(context.Background())
	main := server.Of("/")
	main.Use(func(s *socketio.Socket) error {
		var auth struct{ Token string }
		if err := s.Handshake().Auth.Bind(&auth); err != nil || auth.Token != "secret" {
			return &socketio.Error{Message: "not authorized", Data: map[string]bool{"retry": false}}
		}
		s.SetData("ann")
		return nil
	})
	main.OnConnect(func(s *socketio.Socket) { _ = s.Emit("welcome", s.Data()) })

	browser := visit(server)
	defer browser.leave()
	browser.send(`40{"token":"guess"}`)
	fmt.Println(browser.receive())
	browser.send(`40{"token":"secret"}`)
	browser.receive()
	fmt.Println(browser.receive())
	// Output:
	// 44{"message":"not authorized","data":{"retry":false}}
	// 42["welcome","ann"]
}

// The server can request an acknowledgement from a client.
func ExampleSocket_EmitWithAck() {
	server := socketio.NewServer(socketio.Config{})
	defer server.Close(context.Background())
	done := make(chan struct{})
	server.Of("/").OnConnect(func(s *socketio.Socket) {
		defer close(done)
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		answer, err := s.EmitWithAck(ctx, "what time is it?")
		var clock string
		if err == nil {
			err = answer.Bind(&clock)
		}
		fmt.Println(clock, err)

		ctx, cancel = context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		_, err = s.EmitWithAck(ctx, "and now?") // the client does not answer
		fmt.Println(errors.Is(err, context.DeadlineExceeded))
	})

	browser := visit(server)
	defer browser.leave()
	browser.send(`40`)
	browser.receive()
	browser.receive()
	browser.send(`431["noon"]`)
	<-done
	// Output:
	// noon <nil>
	// true
}

// Binary is sent as an attachment, also inside other values.
func ExampleBinary() {
	server := socketio.NewServer(socketio.Config{})
	defer server.Close(context.Background())
	type picture struct {
		Name string          `json:"name"`
		GIF  socketio.Binary `json:"gif"`
	}
	socketio.Handle(server.Of("/"), "picture", func(_ context.Context, _ *socketio.Socket, p picture) (picture, error) {
		fmt.Printf("%s: %s\n", p.Name, p.GIF)
		return p, nil
	})

	browser := visit(server)
	defer browser.leave()
	browser.send(`40`)
	browser.receive()
	browser.send(`451-1["picture",{"name":"cat","gif":{"_placeholder":true,"num":0}}]`, []byte("GIF89a…"))
	fmt.Println(browser.receive())
	fmt.Println(browser.receive())
	// Output:
	// cat: GIF89a…
	// 461-1[{"name":"cat","gif":{"_placeholder":true,"num":0}}]
	// GIF89a…
}

// A client that loses its connection resumes its session. Middleware runs for it
// as for any other client.
func ExampleRecovery() {
	server := socketio.NewServer(socketio.Config{
		Recovery: func(string) socketio.Recovery { return socketio.Recovery{MaxAbsence: 2 * time.Minute} },
	})
	defer server.Close(context.Background())
	gone := make(chan socketio.Reason, 2)
	news := server.Of("/")
	news.OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { gone <- r })
	news.Use(func(s *socketio.Socket) error {
		fmt.Println("recovered:", s.Recovered(), "rooms:", s.Rooms())
		s.Join("readers")
		return nil
	})

	browser := visit(server)
	browser.send(`40`)
	var answer struct{ PID string }
	_ = json.Unmarshal([]byte(strings.TrimPrefix(browser.receive(), "40")), &answer)
	browser.leave()
	<-gone
	_ = news.To("readers").Emit("headline", "while it was offline")

	browser = visit(server)
	defer browser.leave()
	browser.send(`40{"pid":"` + answer.PID + `"}`)
	fmt.Println(browser.receive()[:37])
	// Output:
	// recovered: false rooms: []
	// recovered: true rooms: [readers]
	// 42["headline","while it was offline",
}

// browser is a minimal client that sends and receives packets as text.
type browser struct {
	server *httptest.Server // nil if it belongs to the example
	conn   *websocket.Conn
}

func visit(h http.Handler, header ...string) *browser {
	web := httptest.NewServer(h)
	b := visitAt(web.URL, header...)
	b.server = web
	return b
}

// visitAt connects to a server that runs already.
func visitAt(address string, header ...string) *browser {
	b := new(browser)
	options := &websocket.DialOptions{HTTPHeader: http.Header{}}
	for i := 0; i < len(header); i += 2 {
		options.HTTPHeader.Set(header[i], header[i+1])
	}
	url := "ws" + strings.TrimPrefix(address, "http") + "/socket.io/?EIO=4&transport=websocket"
	conn, _, err := websocket.Dial(context.Background(), url, options)
	if err != nil {
		panic(err)
	}
	b.conn = conn
	b.receive() // the open packet
	return b
}

func (b *browser) send(packet string, attachments ...[]byte) {
	if err := b.conn.Write(context.Background(), websocket.MessageText, []byte(packet)); err != nil {
		panic(err)
	}
	for _, a := range attachments {
		if err := b.conn.Write(context.Background(), websocket.MessageBinary, a); err != nil {
			panic(err)
		}
	}
}

func (b *browser) receive() string {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, packet, err := b.conn.Read(ctx)
	if err != nil {
		panic(err)
	}
	return string(packet)
}

func (b *browser) leave() {
	_ = b.conn.CloseNow()
	if b.server != nil {
		b.server.Close()
	}
}
