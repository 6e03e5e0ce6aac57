// Goclient is what test/foreign.test.js has a Go client do:
//
//	goclient URL TRANSPORTS ROOM
//
// It prints what it heard, as one JSON object, and then, when it has come back
// to a server that was restarted, another one. It is a module of its own: the
// server does not need what it needs.
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
		default: // enough of them came
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
	wait(connected, "one connection")
	wait(connected, "the other")

	heard := map[string]any{"transport": transports[0], "news": wait(news, "the news")}
	if len(transports) > 1 {
		heard["transport"] = wait(upgraded, "the upgrade")
	}
	blob := sio.Binary{0, 1, 2, 0x1e, 0xff, 0xfe, 10, 13}
	for range 20 { // a relayed reply is volatile
		heard["answer"] = ask(root, "reply", "안녕하세요, é😀!", nested{[]sio.Binary{blob}}, blob)
		select {
		case heard["reply"] = <-reply:
		case <-time.After(300 * time.Millisecond):
			continue
		}
		break
	}

	heard["join"] = ask(chat, "join", map[string]string{"room": room}).OK
	var acked []bool
	for i := range 10 {
		acked = append(acked, ask(chat, "chat", fmt.Sprintf("가나다 %d 😀", i)).OK)
	}
	heard["acked"] = acked
	var said []string
	for range 11 {
		said = append(said, wait(chats, "a message"))
	}
	heard["chats"] = said
	heard["version"] = version()
	tell(heard)

	back := []string{wait(connected, "one to come back"), wait(connected, "the other to come back")}
	slices.Sort(back)
	heard = map[string]any{"back": back, "transport": transports[0]}
	if len(transports) > 1 {
		heard["transport"] = wait(upgraded, "the second upgrade")
	}
	heard["join"] = ask(chat, "join", map[string]string{"room": room}).OK
	heard["acked"] = ask(chat, "chat", "다시").OK
	heard["chat"] = wait(chats, "a message after that")
	tell(heard)
	root.Disconnect()
	chat.Disconnect()
}

func tell(heard map[string]any) {
	if err := json.NewEncoder(os.Stdout).Encode(heard); err != nil {
		log.Fatal(err)
	}
}

// version is that of the client, as the Go tool recorded it.
func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, dep := range info.Deps {
		if dep.Path == "github.com/karagenc/socket.io-go" {
			return strings.TrimPrefix(dep.Version, "v")
		}
	}
	return "unknown"
}

// ask emits an event and waits for its acknowledgement.
func ask(socket sio.ClientSocket, event string, args ...any) answer {
	answered := make(chan answer, 1)
	socket.Emit(event, append(args, func(a answer) { answered <- a })...)
	return wait(answered, "the answer to "+event)
}

func wait[T any](from <-chan T, what string) T {
	select {
	case v := <-from:
		return v
	case <-time.After(15 * time.Second):
		log.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}
