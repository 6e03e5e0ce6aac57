// Command server is this project's server with the benchmark's contract: the
// program's Gin engine, middleware, session cookies, store and Socket.IO server,
// and the five events of the contract in the namespace "/".
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	_ "net/http/pprof" //nolint:gosec // registered on a mux that only -pprof serves
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"gifchat/handlers"
	"gifchat/rooms"
	"gifchat/socketio"
	"gifchat/store"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:4100", "address to listen on")
	root := flag.String("root", ".", "the repository, for templates and assets")
	profile := flag.String("pprof", "", "address to serve net/http/pprof on; off by default")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *profile != "" {
		go func() { // http.DefaultServeMux has only the profiles
			fmt.Fprintln(os.Stderr, "pprof:", http.ListenAndServe(*profile, nil)) //nolint:gosec // for the person who profiles
		}()
	}
	if err := run(ctx, *listen, *root); err != nil && !errors.Is(err, http.ErrServerClosed) {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

// run wires the same parts as the program's main.go, in the same order, and
// serves until ctx ends.
func run(ctx context.Context, listen, root string) (err error) {
	data, err := os.MkdirTemp("", "gifchat-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(data)) }()
	db, err := store.Open(ctx, filepath.Join(data, "gifchat.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	gifs, err := store.OpenFiles(filepath.Join(data, "gifs"), 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, gifs.Close()) }()

	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	secret := make([]byte, 32)
	rand.Read(secret) // never fails
	wire := socketio.NewServer(socketio.Config{
		Log:           log,
		Identify:      handlers.Identify,
		SameClient:    handlers.SameClient(secret),
		AllowOrigin:   handlers.AllowOrigin(nil, slog.New(slog.DiscardHandler)),
		ClientAddress: handlers.ClientAddress,
		Recovery: func(string) socketio.Recovery { // the value of the chat's namespaces
			return socketio.Recovery{MaxAbsence: 2 * time.Minute}
		},
		AfterBurst: debug.FreeOSMemory,
	})
	contract(wire.Of("/"))
	events := handlers.NewEvents(wire, log)
	defer events.Close()
	chat := rooms.NewService(db, gifs, events, rooms.Options{Log: log})
	defer chat.Close()

	site, err := handlers.New(handlers.Config{
		Chat:      chat,
		Events:    events,
		Server:    wire,
		Sessions:  db,
		Secret:    secret,
		Log:       log,
		Templates: os.DirFS(filepath.Join(root, "templates")),
		Public:    os.DirFS(filepath.Join(root, "public")),
	})
	if err != nil {
		return err
	}
	server := &http.Server{Addr: listen, Handler: site, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	return server.ListenAndServe()
}

// gifBytes is the size of the attachment of a gif event. It is the same in every
// server of the benchmark.
const gifBytes = 32 << 10

type message struct {
	User string          `json:"user"`
	Chat string          `json:"chat"`
	GIF  socketio.Binary `json:"gif,omitempty"`
	TS   int64           `json:"ts,omitempty"`
}

// contract registers the events of the benchmark's contract: README.md.
func contract(n *socketio.Namespace) {
	n.On("join", func(e *socketio.Event) {
		var room string
		if e.Bind(&room) != nil {
			return
		}
		e.Socket.SetData(room)
		e.Socket.Join(room)
		_ = e.Ack() // fails if the client has disconnected
	})
	n.On("chat", func(e *socketio.Event) {
		var text string
		if e.Bind(&text) == nil {
			_ = n.To(roomOf(e.Socket)).Emit("chat", message{User: "u1", Chat: text, TS: time.Now().UnixMilli()})
		}
	})
	n.On("volatile", func(e *socketio.Event) {
		var text string
		if e.Bind(&text) == nil {
			_ = n.To(roomOf(e.Socket)).Volatile().Emit("chat", message{User: "u1", Chat: text, TS: time.Now().UnixMilli()})
		}
	})
	n.On("gif", func(e *socketio.Event) {
		var text string
		if e.Bind(&text) == nil {
			_ = n.To(roomOf(e.Socket)).Emit("gif", message{User: "u1", Chat: text, GIF: make(socketio.Binary, gifBytes)})
		}
	})
	n.On("echo", func(e *socketio.Event) { _ = e.Ack(e.Args.Any()...) })
}

func roomOf(s *socketio.Socket) string {
	room, _ := s.Data().(string)
	return room
}
