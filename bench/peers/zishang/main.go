// Command zishang is the benchmark's contract on github.com/zishang520/socket.io/servers/socket/v3.
package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/zishang520/socket.io/servers/socket/v3"
)

// gifBytes is the size of the attachment of a gif event.
const gifBytes = 32 << 10

func main() {
	listen := flag.String("listen", "127.0.0.1:4100", "address to listen on")
	flag.Parse()
	io := socket.NewServer(nil, nil)
	nsp := io.Of("/", nil)
	_ = nsp.On("connection", func(clients ...any) {
		s := clients[0].(*socket.Socket)
		var room socket.Room
		_ = s.On("join", func(args ...any) {
			room = socket.Room(args[0].(string))
			s.Join(room)
			if ack, ok := args[len(args)-1].(socket.Ack); ok {
				ack([]any{}, nil)
			}
		})
		_ = s.On("chat", func(args ...any) {
			_ = nsp.To(room).Emit("chat", map[string]any{
				"user": "u1", "chat": args[0], "ts": time.Now().UnixMilli(),
			})
		})
		_ = s.On("volatile", func(args ...any) {
			_ = nsp.To(room).Volatile().Emit("chat", map[string]any{
				"user": "u1", "chat": args[0], "ts": time.Now().UnixMilli(),
			})
		})
		_ = s.On("gif", func(args ...any) {
			_ = nsp.To(room).Emit("gif", map[string]any{
				"user": "u1", "chat": args[0], "gif": make([]byte, gifBytes),
			})
		})
		_ = s.On("echo", func(args ...any) {
			if ack, ok := args[len(args)-1].(socket.Ack); ok {
				ack(args[:len(args)-1], nil)
			}
		})
	})
	http.Handle("/socket.io/", io.ServeHandler(nil))
	fmt.Fprintln(os.Stderr, http.ListenAndServe(*listen, nil)) //nolint:gosec // the benchmark needs no timeouts
	os.Exit(1)
}
