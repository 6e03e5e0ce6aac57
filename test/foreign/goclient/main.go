// Command goclient is the Go client of test/foreign.test.js:
//
//	goclient URL TRANSPORTS ROOM
//
// It prints the received data as one JSON object, and a second object when it has
// reconnected to the restarted server. It is a separate module, because the server does
// not need its dependencies.
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	sio "github.com/karagenc/socket.io-go"
	eio "github.com/karagenc/socket.io-go/engine.io"
)

type nested struct {
	Deep []sio.Binary `json:"deep"`
}

type answer struct {
	OK bool `json:"ok"`
}

// client is one client with two namespaces and the events that it has received.
type client struct {
	root, chat sio.ClientSocket
	transports []string

	connected, upgraded, news, chats chan string
	replies                          chan []string
}

func main() {
	url, transports, room := os.Args[1], strings.Split(os.Args[2], ","), os.Args[3]
	c := connect(url, transports)
	printJSON(c.visit(room))
	printJSON(c.visitAgain(room)) // after the restart of the server
	c.root.Disconnect()
	c.chat.Disconnect()
}

func connect(url string, transports []string) *client {
	c := &client{
		transports: transports, connected: make(chan string, 4), upgraded: make(chan string, 2),
		news: make(chan string, 100), chats: make(chan string, 100), replies: make(chan []string, 100),
	}
	manager := sio.NewManager(url+"/socket.io/", &sio.ManagerConfig{
		ReconnectionDelay:    new(50 * time.Millisecond),
		ReconnectionDelayMax: new(200 * time.Millisecond),
		EIO: eio.ClientConfig{
			Transports:  transports,
			UpgradeDone: func(name string) { c.upgraded <- name },
		},
	})
	manager.OnError(func(err error) { log.Print(err) })
	c.root, c.chat = manager.Socket("/", nil), manager.Socket("/chat", nil)
	c.root.OnConnect(func() { c.connected <- "/" })
	c.chat.OnConnect(func() { c.connected <- "/chat" })
	c.root.OnEvent("news", func(text string) {
		select {
		case c.news <- text:
		default: // the channel has enough of them
		}
	})
	c.root.OnEvent("reply", func(text string, n nested, plain sio.Binary, _ string) {
		c.replies <- []string{text, hex.EncodeToString(n.Deep[0]), hex.EncodeToString(plain)}
	})
	c.chat.OnEvent("chat", func(m struct {
		Chat string `json:"chat"`
	},
	) {
		c.chats <- m.Chat
	})
	c.root.Connect()
	c.chat.Connect()
	return c
}

// visit joins a room and returns the received data.
func (c *client) visit(room string) map[string]any {
	wait(c.connected, "first connection")
	wait(c.connected, "second connection")
	received := map[string]any{"transport": c.transport(), "news": wait(c.news, "event news"), "version": version()}
	blob := sio.Binary{0, 1, 2, 0x1e, 0xff, 0xfe, 10, 13}
	for range 20 { // relayed replies are volatile, so one may be dropped
		received["answer"] = emitWithAck(c.root, "reply", "안녕하세요, é😀!", nested{[]sio.Binary{blob}}, blob)
		select {
		case received["reply"] = <-c.replies:
		case <-time.After(300 * time.Millisecond):
			continue
		}
		break
	}
	received["join"] = emitWithAck(c.chat, "join", map[string]string{"room": room}).OK
	var acked []bool
	for i := range 10 {
		acked = append(acked, emitWithAck(c.chat, "chat", fmt.Sprintf("가나다 %d 😀", i)).OK)
	}
	received["acked"] = acked
	var chats []string
	for range 11 {
		chats = append(chats, wait(c.chats, "message"))
	}
	received["chats"] = chats
	return received
}

// visitAgain waits for the reconnection and returns the received data.
func (c *client) visitAgain(room string) map[string]any {
	reconnected := []string{wait(c.connected, "first reconnection"), wait(c.connected, "second reconnection")}
	slices.Sort(reconnected)
	return map[string]any{
		"back": reconnected, "transport": c.transport(),
		"join":  emitWithAck(c.chat, "join", map[string]string{"room": room}).OK,
		"acked": emitWithAck(c.chat, "chat", "다시").OK,
		"chat":  wait(c.chats, "message after the reconnection"),
	}
}

// transport returns the name of the transport, after the upgrade if there is one.
func (c *client) transport() string {
	if len(c.transports) == 1 {
		return c.transports[0]
	}
	return wait(c.upgraded, "upgrade")
}

func printJSON(received map[string]any) {
	if err := json.NewEncoder(os.Stdout).Encode(received); err != nil {
		log.Fatal(err)
	}
}

// version returns the version of the client from the build information.
func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, dep := range info.Deps {
		if dep.Path == "github.com/karagenc/socket.io-go" {
			return strings.TrimPrefix(dep.Version, "v")
		}
	}
	return "unknown"
}

// emitWithAck emits an event and waits for its acknowledgement.
func emitWithAck(socket sio.ClientSocket, event string, args ...any) answer {
	answered := make(chan answer, 1)
	socket.Emit(event, append(args, func(a answer) { answered <- a })...)
	return wait(answered, "acknowledgement of "+event)
}

func wait[T any](from <-chan T, what string) T {
	select {
	case v := <-from:
		return v
	case <-time.After(15 * time.Second):
		log.Fatalf("got no %s in 15 s", what)
		panic("unreachable")
	}
}
