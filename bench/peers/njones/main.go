// Command njones is the benchmark's contract on github.com/njones/socketio.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	socketio "github.com/njones/socketio"
	"github.com/njones/socketio/callback"
	"github.com/njones/socketio/serialize"
)

// gifBytes is the size of the attachment of a gif event.
const gifBytes = 32 << 10

func main() {
	listen := flag.String("listen", "127.0.0.1:4100", "address to listen on")
	flag.Parse()
	server := socketio.NewServerV4()
	server.OnConnect(func(s *socketio.SocketV4) error {
		var room socketio.Room
		s.On("join", callback.FuncAnyAck(func(args ...any) []serialize.Serializable {
			room, _ = args[0].(string)
			_ = s.Join(room)
			return []serialize.Serializable{serialize.String("")}
		}))
		s.On("chat", callback.FuncAny(func(args ...any) error {
			return server.To(room).Emit("chat", serialize.Map(map[string]any{
				"user": "u1", "chat": args[0], "ts": time.Now().UnixMilli(),
			}))
		}))
		s.On("gif", callback.FuncAny(func(args ...any) error {
			return server.To(room).Emit("gif", serialize.Map(map[string]any{
				"user": "u1", "chat": args[0],
			}), serialize.Binary(bytes.NewReader(make([]byte, gifBytes))))
		}))
		s.On("echo", callback.FuncAnyAck(func(args ...any) []serialize.Serializable {
			text, _ := args[0].(string)
			return []serialize.Serializable{serialize.String(text)}
		}))
		return nil
	})
	http.Handle("/socket.io/", server)
	fmt.Fprintln(os.Stderr, http.ListenAndServe(*listen, nil)) //nolint:gosec // the benchmark needs no timeouts
	os.Exit(1)
}
