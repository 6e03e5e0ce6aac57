// Command relay is a Socket.IO server with default settings that relays events of any
// size. The chat's own events are too small and too rare for load tests of the engine.
// The tests run it as a separate process.
//
// In the namespace "/" a client can emit:
//
//	"join" room           joins the room
//	"say" room, args…     emits "said" with args to all other members of the room
//	"echo"                is acknowledged with its arguments
//	"wait" ms             is answered with "waiting" and, after that time, an acknowledgement
//	"burst" n, size       is answered with n events "part", emitted in one loop
//	"leave" n, size       the same, followed by a disconnect as of socket.disconnect(true)
//
// In "/resume", which has connection state recovery, a client can emit:
//
//	"publish" first, last, size   emits "part" with these numbers to all other clients, also to offline ones
//
// In "/startover", which has recovery too, middleware makes every recovered socket a
// new one.
//
// In the namespace "/greedy" a client receives 30 events "part" of 20 KB on connect.
//
// The parameter offer=polling or offer=websocket of a handshake's URL makes the server
// offer that transport alone.
//
// GET /heap returns the bytes of the heap in use after a garbage collection, and GET
// /goroutines the number of goroutines.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"gifchat/socketio"
	"gifchat/socketio/engineio"
)

func main() {
	addr := flag.String("addr", "localhost:0", "address to listen on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *addr); err != nil {
		fmt.Fprintln(os.Stderr, "relay:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr string) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	wire := relay(log)
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", wire)
	mux.HandleFunc("GET /heap", func(w http.ResponseWriter, _ *http.Request) {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		_, _ = fmt.Fprint(w, stats.HeapAlloc) // an error means that the test has disconnected
	})
	mux.HandleFunc("GET /goroutines", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, runtime.NumGoroutine()) // as above
	})
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	log.Info("listening", "addr", ln.Addr().String())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ConnContext: socketio.ConnContext}
	served := make(chan error, 1)
	go func() { served <- server.Serve(ln) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 8*time.Second)
	defer cancel()
	return errors.Join(wire.Close(end), server.Close())
}

func relay(log *slog.Logger) *socketio.Server {
	server := socketio.NewServer(socketio.Config{Log: log, ConnOptions: offer, Recovery: func(namespace string) socketio.Recovery {
		if namespace != "/resume" && namespace != "/startover" {
			return socketio.Recovery{}
		}
		return socketio.Recovery{MaxAbsence: time.Minute}
	}})
	n := server.Of("/")
	socketio.On(n, "join", func(_ context.Context, s *socketio.Socket, room string) error {
		s.Join(room)
		return nil
	})
	n.On("say", func(e *socketio.Event) {
		var room string
		if len(e.Args) < 2 || e.Args[0].Bind(&room) != nil {
			return
		}
		_ = e.Socket.To(room).Emit("said", e.Args[1:].Any()...) // decoded arguments can always be encoded
	})
	n.On("echo", func(e *socketio.Event) { _ = e.Ack(e.Args.Any()...) }) // as for join
	socketio.Handle(n, "wait", func(_ context.Context, s *socketio.Socket, ms int) (string, error) {
		err := s.Emit("waiting")
		time.Sleep(time.Duration(ms) * time.Millisecond)
		return "done", err
	})
	burst := func(e *socketio.Event) {
		var count, size int
		if e.Bind(&count, &size) == nil {
			emitParts(e.Socket, count, size)
		}
	}
	n.On("burst", burst)
	n.On("leave", func(e *socketio.Event) {
		burst(e)
		e.Socket.DisconnectClient()
	})
	server.Of("/resume").On("publish", func(e *socketio.Event) {
		var first, last, size int
		if e.Bind(&first, &last, &size) != nil {
			return
		}
		text := strings.Repeat("x", size)
		for i := first; i <= last; i++ {
			_ = e.Socket.Broadcast().Emit("part", i, text) // a number and a string
		}
		_ = e.Ack()
	})
	server.Of("/startover").Use(func(s *socketio.Socket) error {
		s.StartOver()
		return nil
	})
	server.Of("/greedy").OnConnect(func(s *socketio.Socket) { emitParts(s, 30, 20_000) })
	return server
}

func offer(r *http.Request, _ any) engineio.ConnOptions {
	return engineio.ConnOptions{Transports: map[string]engineio.Transports{
		"polling": engineio.Polling, "websocket": engineio.WebSocket,
	}[r.URL.Query().Get("offer")]}
}

func emitParts(s *socketio.Socket, count, size int) {
	text := strings.Repeat("x", size)
	for i := range count {
		if s.Emit("part", i, text) != nil {
			return // the client has disconnected or was too slow
		}
	}
}
