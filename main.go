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
	"gifchat/rooms"
	"gifchat/socketio"
	"gifchat/socketio/engineio"
	"gifchat/socketio/engineio/gosocketio"
	"gifchat/store"
	"gifchat/store/datadir"
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
	place := datadir.Place(cfg.DataDir)
	if err := place.Check(); err != nil { // before a lock and a secret are left in a folder that is refused
		return err
	}
	lock, err := datadir.Lock(ctx, cfg.DataDir) // before anything in it is made or opened
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	secret, err := datadir.CookieSecret(cfg.CookieSecret, cfg.DataDir)
	if err != nil {
		return err
	}
	db, err := place.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if m := db.Migration(); m.Copy != "" {
		log.Info("database migrated", "from", m.From, "to", m.To, "copy", m.Copy)
	}
	gifs, err := store.OpenFiles(place.GIFs, int64(cfg.MinFreeSpace))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, gifs.Close()) }()

	defer datadir.StartSweep(ctx, gifs, db.HoldsGIF, log)()

	oldSecrets := oldSecrets(cfg.CookieSecretOld)
	wire := socketio.NewServer(socketio.Config{
		Log:             log,
		AllowConnection: handlers.AllowConnection(cfg.limits()),
		Identify:        handlers.Identify,
		SameClient:      handlers.SameClient(secret, oldSecrets...),
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
	events := handlers.NewEvents(wire, log)
	defer events.Close()
	chat := rooms.NewService(db, gifs, events, rooms.Options{
		Log:        log,
		EmptyGrace: time.Duration(cfg.EmptyRoomGrace),
		OwnerGrace: time.Duration(cfg.OwnerGrace),
		LeaveGrace: leaveGrace,
		Strict:     cfg.Compat == "strict",

		UploadQuota: int64(cfg.UploadQuota),
		AddressKey:  datadir.AddressKey(secret),
		MaxRooms:    cfg.MaxRooms, MaxRoomsPerVisitor: cfg.MaxRoomsPerVisitor,
	})
	defer chat.Close()

	notice := handlers.NoticeConfig{
		Interval:       cfg.NoticeInterval,
		News:           cfg.NoticeNews,
		Greeting:       cfg.NoticeGreeting,
		SocketIO:       cfg.NoticeSocketIO,
		Plain:          cfg.NoticeWebSocket,
		RelayPerSecond: cfg.NoticeRelayPerSecond,
	}
	defer handlers.NewNotice(wire, notice, log).Close()

	templates, public, err := assets(cfg.Dev)
	if err != nil {
		return err
	}
	if version, ok := handlers.BundleVersion(public); ok {
		log.Info("client bundle ready", "socket.io-client", version)
	} else {
		log.Warn("client bundle missing: /socket.io/socket.io.js will not be served; run make bundle, then build again")
	}
	site, err := handlers.New(handlers.Config{
		Chat:           chat,
		Events:         events,
		Server:         wire,
		Sessions:       db,
		Secret:         secret,
		OldSecrets:     oldSecrets,
		Secure:         cfg.secure(),
		Limits:         cfg.limits(),
		SessionCheck:   cfg.SessionCheck,
		TrustedProxies: cfg.TrustedProxies,
		Origins:        cfg.CORSOrigin,
		LocalOnly:      cfg.localOnly(ctx),
		Strict:         cfg.Compat == "strict",
		Log:            log,
		Templates:      templates,
		Public:         public,
		Dev:            cfg.Dev,
		Notice:         notice,
		Version:        version(),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, site.Close()) }() // serve has done it already, if it came so far
	return serve(ctx, cfg, parts{site: site, wire: wire, stopping: lock.MarkStopping, timers: chat.Close}, log)
}

// carrier is what moves the packets of old clients, if not the engine itself.
func carrier(cfg config, log *slog.Logger) engineio.Carrier {
	if cfg.EIO3Engine == "go-socket.io" {
		return gosocketio.New(log)
	}
	return nil
}

// oldSecrets returns the previous cookie secret, if one is configured.
func oldSecrets(configured string) [][]byte {
	if configured == "" {
		return nil
	}
	return [][]byte{[]byte(configured)}
}
