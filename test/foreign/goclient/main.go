// Goclient is what test/foreign.test.js has a Go client do:
//
//	goclient URL TRANSPORTS ROOM
//
// It prints what it heard, as one JSON object. It is a module of its own: the
// server does not need what it needs.
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"os"
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
	upgraded := make(chan string, 1)
	manager := sio.NewManager(url+"/socket.io/", &sio.ManagerConfig{
		NoReconnection: true,
		EIO: eio.ClientConfig{
			Transports:  transports,
			UpgradeDone: func(name string) { upgraded <- name },
		},
	})
	manager.OnError(func(err error) { log.Print(err) })

	root, chat := manager.Socket("/", nil), manager.Socket("/chat", nil)
	connected := make(chan struct{}, 2)
	root.OnConnect(func() { connected <- struct{}{} })
	chat.OnConnect(func() { connected <- struct{}{} })
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
	root.Disconnect()
	chat.Disconnect()
	if err := json.NewEncoder(os.Stdout).Encode(heard); err != nil {
		log.Fatal(err)
	}
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
	case <-time.After(5 * time.Second):
		log.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}
