// Command gifchat is a chat room server for browsers and Socket.IO clients.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"gifchat/handlers"
	"gifchat/handlers/events"
	"gifchat/handlers/limits"
	"gifchat/handlers/media"
	"gifchat/handlers/notice"
	"gifchat/handlers/origin"
	"gifchat/handlers/session"
	"gifchat/rooms"
	"gifchat/socketio"
	"gifchat/socketio/engineio"
	"gifchat/socketio/engineio/gosocketio"
	"gifchat/store"
)

func main() {
	if err := command(context.Background(), os.Args[1:], os.Getenv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// leaveGrace is how long a person may be away before "left" is said: a reload
// takes less.
const leaveGrace = 2 * time.Second

// run is the program. It builds from the inside out, serves until ctx ends or
// SIGINT or SIGTERM comes, and takes down in reverse.
func run(ctx context.Context, getenv func(string) string, logs io.Writer) (err error) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once

	cfg, err := loadConfig(getenv, dotenvFile)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: cfg.logLevel()}))

	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	place := placeIn(cfg.DataDir)
	if err := place.Check(); err != nil { // before a lock and a secret are left in a folder that is refused
		return err
	}
	lock, err := lockFolder(ctx, cfg.DataDir) // before anything in it is made or opened
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.release()) }()
	secret, err := cookieSecret(cfg.CookieSecret, cfg.DataDir)
	if err != nil {
		return err
	}
	db, err := place.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	gifs, err := store.OpenFiles(place.GIFs, int64(cfg.MinFreeSpace))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, gifs.Close()) }()

	defer sweep(ctx, gifs, db.HoldsGIF, log)()

	origins := origin.NewPolicy(cfg.CORSOrigin, cfg.secure(), log)
	sessions, err := session.New(session.Config{
		Store:   db,
		Secrets: append([][]byte{secret}, oldSecrets(cfg.CookieSecretOld)...),
		Secure:  cfg.secure(),
		Origins: origins,
		Check:   cfg.SessionCheck,
		Log:     log,
	})
	if err != nil {
		return err
	}
	wire := socketio.NewServer(socketio.Config{
		Log:             log,
		AllowConnection: limits.AllowConnection(cfg.rates()),
		Identify:        sessions.Identify,
		SameClient:      sessions.SameClient,
		AllowOrigin:     origins.Allow,
		Secure:          cfg.secure(),
		ClientAddress:   origin.ClientAddress,
		Recovery:        events.Recovery(cfg.RecoveryTime),
		AfterBurst:      debug.FreeOSMemory,
		PingInterval:    cfg.PingInterval,
		PingTimeout:     cfg.PingTimeout,
		Limits: socketio.Limits{Engine: engineio.Limits{
			MaxPayload: cfg.MaxHTTPBufferSize, MaxConns: cfg.MaxConns, MaxConnsPerAddr: cfg.MaxConnsPerAddr,
		}},

		RefuseOldClients: cfg.EIO3Engine == "off",
		Carrier:          carrier(cfg, log),
	})
	notifier := events.NewNotifier(wire, log)
	defer notifier.Close()
	chat := rooms.NewService(db, gifs, notifier, rooms.Options{
		Log:        log,
		EmptyGrace: time.Duration(cfg.EmptyRoomGrace),
		OwnerGrace: time.Duration(cfg.OwnerGrace),
		LeaveGrace: leaveGrace,
		Strict:     cfg.Compat == "strict",

		UploadQuota: int64(cfg.UploadQuota),
		AddressKey:  addressKey(secret),
		MaxRooms:    cfg.MaxRooms, MaxRoomsPerVisitor: cfg.MaxRoomsPerVisitor,
	})
	defer chat.Close()

	noticeConfig := notice.Config{
		Interval:       cfg.NoticeInterval,
		News:           cfg.NoticeNews,
		Greeting:       cfg.NoticeGreeting,
		SocketIO:       cfg.NoticeSocketIO,
		Plain:          cfg.NoticeWebSocket,
		RelayPerSecond: cfg.NoticeRelayPerSecond,
	}
	defer notice.Start(wire, noticeConfig, log).Close()

	templates, public, err := assets(cfg.Dev)
	if err != nil {
		return err
	}
	if version, ok := media.BundleVersion(public); ok {
		log.Info("client bundle ready", "socket.io-client", version)
	} else {
		log.Warn("client bundle missing: /socket.io/socket.io.js will not be served; run make bundle, then build again")
	}
	site, err := handlers.New(handlers.Config{
		Chat:           chat,
		Sessions:       sessions,
		Origins:        origins,
		Notifier:       notifier,
		Server:         wire,
		Secure:         cfg.secure(),
		TrustedProxies: cfg.TrustedProxies,
		Hosts:          hostGuard(ctx, cfg, log),
		Strict:         cfg.Compat == "strict",
		Limits:         cfg.rates(),
		Log:            log,
		Templates:      templates,
		Public:         public,
		Dev:            cfg.Dev,
		Notice:         noticeConfig,
		Version:        version(),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, site.Close()) }() // serve has done it already, if it came so far
	return serve(ctx, cfg, parts{site: site, wire: wire, stopping: lock.markStopping, timers: chat.Close}, log)
}

// carrier is what moves the packets of old clients, if not the engine itself.
func carrier(cfg config, log *slog.Logger) engineio.Carrier {
	if cfg.EIO3Engine == "go-socket.io" {
		return gosocketio.New(log)
	}
	return nil
}

// hostGuard returns the check of host names, or nil if other machines can reach the
// server.
func hostGuard(ctx context.Context, cfg config, log *slog.Logger) *origin.HostGuard {
	if !cfg.localOnly(ctx) {
		return nil
	}
	return origin.NewHostGuard(cfg.CORSOrigin, log)
}
