// Command relay is a Socket.IO server with its defaults that passes on what it
// is sent, of any size: the chat's own events are too small and too slow to
// press the engine. The tests run it as a process of its own and look at it
// from outside.
//
// In "/" a client may
//
//	"join" a room
//	"say" to a room           everyone else in it hears "said"
//	"count" as often as it likes and ask "counted" how often that was
//	"burst" n, size        the client hears "part" n times, emitted in one loop
//	"leave" n, size        the same, and is then disconnected as by socket.disconnect(true)
//
// In "/resume", which has connection state recovery, a client may
//
//	"publish" first, last, size   everyone else hears "part" with these numbers, with or without a connection
//
// In "/greedy" the client hears "part" 30 times with 20 KB when it connects.
//
// GET /heap answers with the bytes in use after a collection, GET /goroutines
// with their number.
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
	"sync/atomic"
	"syscall"
	"time"

	"gifchat/socketio"
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
		_, _ = fmt.Fprint(w, stats.HeapAlloc) // the test has gone
	})
	mux.HandleFunc("GET /goroutines", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, runtime.NumGoroutine()) // the same
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
	server := socketio.NewServer(socketio.Config{Log: log, Recovery: func(namespace string) socketio.Recovery {
		if namespace != "/resume" {
			return socketio.Recovery{}
		}
		return socketio.Recovery{MaxAbsence: time.Minute}
	}})
	n := server.Of("/")
	socketio.On(n, "join", func(e *socketio.Event, room string) {
		e.Socket.Join(room)
		_ = e.Ack() // a client that has gone has not joined
	})
	n.On("say", func(e *socketio.Event) {
		var room string
		if len(e.Args) < 2 || e.Args[0].Bind(&room) != nil {
			return
		}
		_ = e.Socket.To(room).Emit("said", e.Args[1:].Any()...) // what cannot be encoded was not decoded either
	})
	var counted atomic.Int64
	n.On("count", func(*socketio.Event) { counted.Add(1) })
	n.On("counted", func(e *socketio.Event) { _ = e.Ack(counted.Load()) }) // as with join
	burst := func(e *socketio.Event) {
		var count, size int
		if len(e.Args) == 2 && e.Args[0].Bind(&count) == nil && e.Args[1].Bind(&size) == nil {
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
	server.Of("/greedy").OnConnect(func(s *socketio.Socket) { emitParts(s, 30, 20_000) })
	return server
}

func emitParts(s *socketio.Socket, count, size int) {
	text := strings.Repeat("x", size)
	for i := range count {
		if s.Emit("part", i, text) != nil {
			return // it has gone, or was too slow
		}
	}
}
