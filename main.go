// Command gifchat is a chat room server for browsers and Socket.IO clients.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"gifchat/handlers"
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

	sockets := newSocketServer(cfg, data, log)
	events := handlers.NewEvents(sockets, log)
	defer events.Close()
	chat := newChat(cfg, data, events, log)
	defer chat.Close()
	defer handlers.NewNotice(sockets, cfg.notice(), log).Close()

	handler, err := newHandler(ctx, cfg, data, handlers.Config{Chat: chat, Events: events, Server: sockets, Log: log})
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

// newSocketServer returns the Socket.IO server. It asks package handlers about
// the limits, origins and identity of connections.
func newSocketServer(cfg config, data *dataFolder, log *slog.Logger) *socketio.Server {
	return socketio.NewServer(socketio.Config{
		Log:             log,
		AllowConnection: handlers.AllowConnection(cfg.limits()),
		Identify:        handlers.Identify,
		SameClient:      handlers.SameClient(data.secret, cfg.oldSecrets()...),
		AllowOrigin:     handlers.AllowOrigin(cfg.CORSOrigin, log),
		Secure:          cfg.secure(),
		ClientAddress:   handlers.ClientAddress,
		Recovery:        handlers.Recovery(cfg.RecoveryTime),
		AfterBurst:      debug.FreeOSMemory,
		PingInterval:    cfg.PingInterval,
		PingTimeout:     cfg.PingTimeout,
		Limits: socketio.Limits{Engine: engineio.Limits{
			MaxPayload: cfg.MaxHTTPBufferSize, MaxConns: cfg.MaxConns, MaxConnsPerAddr: cfg.MaxConnsPerAddr,
		}},

		RefuseOldClients: cfg.EIO3Engine == "off",
		Carrier:          carrier(cfg, log),
	})
}

// carrier returns the library that transports the packets of old clients, or
// nil if the engine does it itself.
func carrier(cfg config, log *slog.Logger) engineio.Carrier {
	if cfg.EIO3Engine == "go-socket.io" {
		return gosocketio.New(log)
	}
	return nil
}

// newChat returns the chat over the database and the GIFs of data. It notifies
// events of every change.
func newChat(cfg config, data *dataFolder, events *handlers.Events, log *slog.Logger) *rooms.Service {
	return rooms.NewService(data.db, data.gifs, events, rooms.Options{
		Log:        log,
		EmptyGrace: time.Duration(cfg.EmptyRoomGrace),
		OwnerGrace: time.Duration(cfg.OwnerGrace),
		LeaveGrace: leaveGrace,
		Strict:     cfg.strict(),

		UploadQuota: int64(cfg.UploadQuota),
		AddressKey:  datadir.AddressKey(data.secret),
		MaxRooms:    cfg.MaxRooms, MaxRoomsPerVisitor: cfg.MaxRoomsPerVisitor,
	})
}

// newHandler returns the HTTP handlers. It adds the settings, the sessions and the
// assets to c, which names the other parts.
func newHandler(ctx context.Context, cfg config, data *dataFolder, c handlers.Config) (*handlers.Handler, error) {
	var err error
	if c.Templates, c.Public, err = assets(cfg.Dev); err != nil {
		return nil, err
	}
	logBundle(c.Public, c.Log)
	c.Sessions = data.db
	c.Secret = data.secret
	c.OldSecrets = cfg.oldSecrets()
	c.Secure = cfg.secure()
	c.Limits = cfg.limits()
	c.SessionCheck = cfg.SessionCheck
	c.TrustedProxies = cfg.TrustedProxies
	c.Origins = cfg.CORSOrigin
	c.LocalOnly = cfg.localOnly(ctx)
	c.Strict = cfg.strict()
	c.Dev = cfg.Dev
	c.Notice = cfg.notice()
	c.Version = version()
	return handlers.New(c)
}

// logBundle logs the version of the client bundle in public, or how to build a
// missing one.
func logBundle(public fs.FS, log *slog.Logger) {
	if version, ok := handlers.BundleVersion(public); ok {
		log.Info("client bundle ready", "socket.io-client", version)
	} else {
		log.Warn("client bundle missing: /socket.io/socket.io.js will not be served; run make bundle, then build again")
	}
}
