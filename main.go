// Command gifchat is a chat room server for browsers and Socket.IO clients.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"gifchat/handlers"
	"gifchat/handlers/events"
	"gifchat/handlers/limits"
	"gifchat/handlers/media"
	"gifchat/handlers/memory"
	"gifchat/handlers/notice"
	"gifchat/handlers/origin"
	"gifchat/handlers/session"
	"gifchat/rooms"
	"gifchat/socketio"
	"gifchat/socketio/engineio"
	"gifchat/socketio/engineio/gosocketio"
	"gifchat/store/datadir"
)

// leaveGrace is the delay between a lost connection and the exit notice. A page
// reload takes less.
const leaveGrace = 2 * time.Second

func main() {
	if err := command(context.Background(), os.Args[1:], os.Getenv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run starts the server and serves until ctx ends or the process gets SIGINT or
// SIGTERM. Then it closes everything in reverse order; "Start and end" in
// docs/architecture.md describes both orders.
func run(ctx context.Context, getenv func(string) string, logs io.Writer) (err error) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process immediately

	cfg, err := loadConfig(getenv, dotenvFile)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: cfg.logLevel()}))

	data, err := openDataFolder(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, data.close()) }()

	origins := origin.NewPolicy(cfg.CORSOrigin, cfg.secure(), log)
	sessions, err := newSessions(cfg, data, origins, log)
	if err != nil {
		return err
	}
	returner := memory.NewReturner(debug.FreeOSMemory)
	defer returner.Close()
	sockets := newSocketServer(cfg, sessions, origins, returner, log)
	notifier := events.NewNotifier(sockets, log)
	defer notifier.Close()
	chat := newChat(cfg, data, notifier, log)
	defer chat.Close()
	defer notice.Start(sockets, cfg.notice(), log).Close()

	handler, err := newHandler(ctx, cfg, handlers.Config{
		Chat: chat, Sessions: sessions, Origins: origins, Notifier: notifier, Log: log,
		Server: sockets, Endpoint: endpoint(cfg, sockets, log),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, handler.Close()) }() // without effect if serve has closed it
	return serve(ctx, cfg, parts{
		handler:      handler,
		sockets:      sockets,
		markStopping: data.lock.MarkStopping,
		stopTimers:   chat.Close,
	}, log)
}

// newSessions returns the sessions of visitors, which the database of data stores.
func newSessions(cfg config, data *dataFolder, origins *origin.Policy, log *slog.Logger) (*session.Sessions, error) {
	return session.New(session.Config{
		Store:   data.db,
		Secrets: append([][]byte{data.secret}, cfg.oldSecrets()...),
		Secure:  cfg.secure(),
		Origins: origins,
		Check:   cfg.SessionCheck,
		Log:     log,
	})
}

// newSocketServer returns the Socket.IO server.
func newSocketServer(cfg config, sessions *session.Sessions, origins *origin.Policy, observer socketio.Observer, log *slog.Logger) *socketio.Server {
	return socketio.NewServer(socketio.Config{
		Log:             log,
		AllowConnection: limits.AllowConnection(cfg.rates()),
		Identify:        sessions.Identify,
		SameClient:      sessions.SameClient,
		AllowOrigin:     origins.Allow,
		Secure:          cfg.secure(),
		ClientAddress:   origin.ClientAddress,
		Recovery:        events.Recovery(cfg.RecoveryTime),
		EncodeError:     events.Refusal(log),
		Observer:        observer,
		PingInterval:    cfg.PingInterval,
		PingTimeout:     cfg.PingTimeout,
		HandlerGrace:    handlerGrace,
		Limits: socketio.Limits{Engine: engineio.Limits{
			MaxPayload: cfg.MaxHTTPBufferSize, MaxConns: cfg.MaxConns, MaxConnsPerAddr: cfg.MaxConnsPerAddr,
		}},

		RefuseOldClients: cfg.EIO3Engine == "off",
	})
}

// endpoint returns the handler of the Socket.IO requests: sockets itself, or with
// go-socket.io between it and old clients.
func endpoint(cfg config, sockets *socketio.Server, log *slog.Logger) http.Handler {
	if cfg.EIO3Engine == "go-socket.io" {
		return gosocketio.Handler(sockets, log)
	}
	return sockets
}

// newChat returns the chat over the database and the GIFs of data. It calls
// notifier for every change.
func newChat(cfg config, data *dataFolder, notifier *events.Notifier, log *slog.Logger) *rooms.Service {
	return rooms.NewService(data.db, data.gifs, notifier, rooms.Options{
		NoticeText: events.NoticeText,
		Log:        log,
		EmptyGrace: time.Duration(cfg.EmptyRoomGrace),
		OwnerGrace: time.Duration(cfg.OwnerGrace),
		LeaveGrace: leaveGrace,
		Strict:     cfg.strict(),

		StoreTimeout: cfg.StoreTimeout,

		UploadQuota: int64(cfg.UploadQuota),
		AddressKey:  datadir.AddressKey(data.secret),
		MaxRooms:    cfg.MaxRooms, MaxRoomsPerVisitor: cfg.MaxRoomsPerVisitor,
	})
}

// newHandler returns the HTTP handler. It adds the settings and the assets to c, which
// already contains the other parts.
func newHandler(ctx context.Context, cfg config, c handlers.Config) (*handlers.Handler, error) {
	var err error
	if c.Templates, c.Public, err = assets(cfg.Dev); err != nil {
		return nil, err
	}
	logBundle(c.Public, c.Log)
	c.Secure = cfg.secure()
	c.Limits = cfg.rates()
	c.EventTimeout = cfg.StoreTimeout + time.Second
	c.TrustedProxies = cfg.TrustedProxies
	if cfg.localOnly(ctx) {
		c.Hosts = origin.NewHostGuard(cfg.CORSOrigin, c.Log)
	}
	c.Strict = cfg.strict()
	c.Dev = cfg.Dev
	c.Notice = cfg.notice()
	c.Version = version()
	return handlers.New(c)
}

// logBundle logs the version of the client bundle in public, or how to build a
// missing one.
func logBundle(public fs.FS, log *slog.Logger) {
	if version, ok := media.BundleVersion(public); ok {
		log.Info("client bundle ready", "socket.io-client", version)
	} else {
		log.Warn("client bundle missing: /socket.io/socket.io.js will not be served; run make bundle, then build again")
	}
}
