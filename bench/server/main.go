// Command server is this project's server with the benchmark's contract on it:
// the same Gin engine, middleware, session cookies and store as the program has,
// the same Socket.IO server, and four events in the namespace "/".
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
	"gifchat/handlers/events"
	"gifchat/handlers/memory"
	"gifchat/handlers/origin"
	"gifchat/handlers/session"
	"gifchat/rooms"
	"gifchat/socketio"
	"gifchat/store"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:4100", "address to listen on")
	root := flag.String("root", ".", "the repository, for templates and assets")
	profile := flag.String("pprof", "", "address to serve net/http/pprof on; none by default")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *profile != "" {
		go func() { // http.DefaultServeMux has the profiles and nothing else
			fmt.Fprintln(os.Stderr, "pprof:", http.ListenAndServe(*profile, nil)) //nolint:gosec // for the person who profiles
		}()
	}
	if err := run(ctx, *listen, *root); err != nil && !errors.Is(err, http.ErrServerClosed) {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

// run builds what main.go of the program builds, in the same order.
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
	rand.Read(secret) // it never fails
	origins := origin.NewPolicy(nil, false, slog.New(slog.DiscardHandler))
	sessions, err := session.New(session.Config{Store: db, Secrets: [][]byte{secret}, Origins: origins, Log: log})
	if err != nil {
		return err
	}
	returner := memory.NewReturner(debug.FreeOSMemory)
	defer returner.Close()
	wire := socketio.NewServer(socketio.Config{
		Log:           log,
		Identify:      sessions.Identify,
		SameClient:    sessions.SameClient,
		AllowOrigin:   origins.Allow,
		ClientAddress: origin.ClientAddress,
		Recovery: func(string) socketio.Recovery { // as the chat's namespaces have it
			return socketio.Recovery{MaxAbsence: 2 * time.Minute}
		},
		Observer: returner,
	})
	contract(wire.Of("/"))
	notifier := events.NewNotifier(wire, log)
	defer notifier.Close()
	chat := rooms.NewService(db, gifs, notifier, rooms.Options{Log: log, NoticeText: events.NoticeText})
	defer chat.Close()

	site, err := handlers.New(handlers.Config{
		Chat:      chat,
		Sessions:  sessions,
		Origins:   origins,
		Notifier:  notifier,
		Server:    wire,
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

// gifBytes is the size of the picture that a gif event broadcasts; every server
// of the benchmark has the same.
const gifBytes = 32 << 10

type message struct {
	User string          `json:"user"`
	Chat string          `json:"chat"`
	GIF  socketio.Binary `json:"gif,omitempty"`
	TS   int64           `json:"ts,omitempty"`
}

// contract registers the events of the benchmark; README.md lists them.
func contract(n *socketio.Namespace) {
	n.On("join", func(e *socketio.Event) {
		var room string
		if e.Bind(&room) != nil {
			return
		}
		e.Socket.SetData(room)
		e.Socket.Join(room)
		_ = e.Ack() // to a client that has gone
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
