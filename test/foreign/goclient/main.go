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

func main() {
	url, transports, room := os.Args[1], strings.Split(os.Args[2], ","), os.Args[3]
	upgraded := make(chan string, 2)
	manager := sio.NewManager(url+"/socket.io/", &sio.ManagerConfig{
		ReconnectionDelay:    new(50 * time.Millisecond),
		ReconnectionDelayMax: new(200 * time.Millisecond),
		EIO: eio.ClientConfig{
			Transports:  transports,
			UpgradeDone: func(name string) { upgraded <- name },
		},
	})
	manager.OnError(func(err error) { log.Print(err) })

	root, chat := manager.Socket("/", nil), manager.Socket("/chat", nil)
	connected := make(chan string, 4)
	root.OnConnect(func() { connected <- "/" })
	chat.OnConnect(func() { connected <- "/chat" })
	news, reply, chats := make(chan string, 100), make(chan []string, 100), make(chan string, 100)
	root.OnEvent("news", func(text string) {
		select {
		case news <- text:
		default: // the channel has enough of them
		}
	})
	root.OnEvent("reply", func(text string, n nested, plain sio.Binary, _ string) {
		reply <- []string{text, hex.EncodeToString(n.Deep[0]), hex.EncodeToString(plain)}
	})
	chat.OnEvent("chat", func(m struct {
		Chat string `json:"chat"`
	},
	) {
		chats <- m.Chat
	})
	root.Connect()
	chat.Connect()
	wait(connected, "first connection")
	wait(connected, "second connection")

	received := map[string]any{"transport": transports[0], "news": wait(news, "event news")}
	if len(transports) > 1 {
		received["transport"] = wait(upgraded, "upgrade")
	}
	blob := sio.Binary{0, 1, 2, 0x1e, 0xff, 0xfe, 10, 13}
	for range 20 { // relayed replies are volatile, so one may be dropped
		received["answer"] = emitWithAck(root, "reply", "안녕하세요, é😀!", nested{[]sio.Binary{blob}}, blob)
		select {
		case received["reply"] = <-reply:
		case <-time.After(300 * time.Millisecond):
			continue
		}
		break
	}

	received["join"] = emitWithAck(chat, "join", map[string]string{"room": room}).OK
	var acked []bool
	for i := range 10 {
		acked = append(acked, emitWithAck(chat, "chat", fmt.Sprintf("가나다 %d 😀", i)).OK)
	}
	received["acked"] = acked
	var chatTexts []string
	for range 11 {
		chatTexts = append(chatTexts, wait(chats, "message"))
	}
	received["chats"] = chatTexts
	received["version"] = version()
	printJSON(received)

	reconnected := []string{wait(connected, "first reconnection"), wait(connected, "second reconnection")}
	slices.Sort(reconnected)
	received = map[string]any{"back": reconnected, "transport": transports[0]}
	if len(transports) > 1 {
		received["transport"] = wait(upgraded, "second upgrade")
	}
	received["join"] = emitWithAck(chat, "join", map[string]string{"room": room}).OK
	received["acked"] = emitWithAck(chat, "chat", "다시").OK
	received["chat"] = wait(chats, "message after the reconnection")
	printJSON(received)
	root.Disconnect()
	chat.Disconnect()
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
