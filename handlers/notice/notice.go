// Package notice sends the three-second notice of the Node.js course: to Socket.IO
// clients of the default namespace, and to clients of a plain WebSocket.
package notice

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"gifchat/handlers/logline"
	"gifchat/handlers/wire"
	"gifchat/i18n"
	"gifchat/ratelimit"
	"gifchat/socketio"
)

// The names of the wire, in docs/events.md.
const (
	namespace = "/"

	eventNews    = "news"
	eventReply   = "reply"
	eventReplies = "replies"
	eventError   = "error-message"
)

const (
	// slots divide the interval. Each socket receives the notice an interval after it
	// connected, the first time at most a slot early (50 ms of 3 s). One broadcast a
	// slot is encoded once for its sockets, needs no timer for each socket, and spreads
	// 10,000 sends over the interval.
	slots = 60

	// minInterval keeps a mistake in the settings from becoming a flood.
	minInterval = 100 * time.Millisecond

	// replyBurst is how many replies a socket may send at once: the first notices after
	// a pause come together.
	replyBurst = 3

	// replyBuckets is the size of the table of the sockets' rates.
	replyBuckets = 1 << 16

	// maxReply is the size of the longest reply that is relayed, in bytes of JSON: each
	// socket receives the replies of all others.
	maxReply = 16 << 10
)

// The purposes of buckets.
const (
	forReplies  ratelimit.Purpose = iota // of one socket
	forRelays                            // of the whole namespace
	forPlainLog                          // of one plain WebSocket
)

// Config says what is sent, how often and to which clients.
type Config struct {
	Interval       time.Duration // default 3 s
	News           string        // over Socket.IO, event news
	Greeting       string        // over a plain WebSocket
	SocketIO       bool
	Plain          bool
	RelayPerSecond int // replies relayed in the whole namespace; default 100
}

func (c Config) withDefaults() Config {
	if c.Interval <= 0 {
		c.Interval = 3 * time.Second
	}
	c.Interval = max(c.Interval, minInterval)
	if c.News == "" {
		c.News = "Hello Socket.IO"
	}
	if c.Greeting == "" {
		c.Greeting = "서버에서 클라이언트로 메시지를 보냅니다."
	}
	if c.RelayPerSecond <= 0 {
		c.RelayPerSecond = 100
	}
	return c
}

// Notice sends the news to all sockets of the default namespace, and relays the reply
// of a socket to the others.
type Notice struct {
	// Immutable.
	cfg       Config
	namespace *socketio.Namespace
	replies   *ratelimit.Table // by socket
	relays    *ratelimit.Table // of its own: sockets cannot evict its bucket
	log       *slog.Logger     // bounded
	closeLog  func()
	stop      context.CancelFunc
	tasks     sync.WaitGroup

	mu      sync.Mutex
	slot    int               // guarded by mu; the slot of the next broadcast
	skipped int               // guarded by mu; replies that were not relayed
	only    socketio.SocketID // guarded by mu; their sender, if all have the same
}

// Start sends the news on srv's default namespace, until Close.
func Start(srv *socketio.Server, cfg Config, log *slog.Logger) *Notice {
	cfg = cfg.withDefaults()
	ctx, cancel := context.WithCancel(context.Background())
	log, closeLog := logline.NewLogger(log)
	n := &Notice{
		cfg: cfg, log: log, closeLog: closeLog, stop: cancel,
		replies: ratelimit.NewTable(replyBuckets), relays: ratelimit.NewTable(1),
	}
	if srv == nil || !cfg.SocketIO {
		return n
	}
	n.namespace = srv.Of(namespace)
	n.namespace.OnConnect(n.connected)
	n.namespace.OnDisconnect(func(s *socketio.Socket, reason socketio.Reason) {
		log.Info("notice socket gone", "socket", s.ID(), "reason", reason)
	})
	n.namespace.On(eventReply, n.reply)
	n.tasks.Go(func() { n.run(ctx) })
	return n
}

// Close stops the notice and waits for its goroutine.
func (n *Notice) Close() {
	n.stop()
	n.tasks.Wait()
	n.closeLog()
}

func (n *Notice) connected(s *socketio.Socket) {
	n.mu.Lock()
	slot := (n.slot + slots - 1) % slots // the slot of the last broadcast is an interval away
	n.mu.Unlock()
	s.Join(slotRoom(slot))
	n.log.Info("notice socket connected", "socket", s.ID(), "address", s.Handshake().Address)
}

func slotRoom(slot int) string { return fmt.Sprintf("notice:%d", slot) }

// run sends the news to one slot after the other, and once an interval the number of
// replies that were not relayed.
func (n *Notice) run(ctx context.Context) {
	ticker := time.NewTicker(n.cfg.Interval / slots)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		n.mu.Lock()
		slot := n.slot
		n.slot = (slot + 1) % slots
		n.mu.Unlock()
		// Local: every node of a cluster sends to its own sockets.
		n.check(n.namespace.To(slotRoom(slot)).Local().Emit(eventNews, n.cfg.News))
		if slot == slots-1 {
			n.emitSkipped()
		}
	}
}

func (n *Notice) emitSkipped() {
	n.mu.Lock()
	count, only := n.skipped, n.only
	n.skipped, n.only = 0, ""
	n.mu.Unlock()
	if count == 0 {
		return
	}
	to := n.namespace.Volatile()
	if only != "" {
		to = to.Except(string(only)) // a sender does not receive its own replies
	}
	n.check(to.Emit(eventReplies, wire.Replies{Count: count}))
}

// reply relays a reply to the other sockets with the sender's id as its last
// argument. Every socket answers every notice, so the relayed replies grow with the
// square of the sockets. Above the limits the others receive a count instead.
func (n *Notice) reply(e *socketio.Event) {
	id := e.Socket.ID()
	ownRate := ratelimit.Rate{Burst: replyBurst, Each: n.cfg.Interval}
	allRate := ratelimit.Rate{Burst: n.cfg.RelayPerSecond, Each: time.Second / time.Duration(n.cfg.RelayPerSecond)}
	switch {
	case n.replies.Take(ratelimit.Cost{Key: ratelimit.Key{Purpose: forReplies, Name: string(id)}, Rate: ownRate}) > 0:
		n.skip(id)
	case replySize(e.Args) > maxReply:
		n.refuse(e)
		return
	case n.relays.Take(ratelimit.Cost{Key: ratelimit.Key{Purpose: forRelays}, Rate: allRate}) > 0:
		n.skip(id)
	default:
		n.log.Info("reply", "socket", id, "address", e.Socket.Handshake().Address, "text", replyText(e.Args))
		n.check(e.Socket.Broadcast().Volatile().Emit(eventReply, append(e.Args.Any(), id)...))
	}
	n.check(e.Ack(wire.Ack{OK: true}))
}

// refuse answers a reply that is too long, in the acknowledgement if the client waits
// for one.
func (n *Notice) refuse(e *socketio.Event) {
	request := http.Request{Header: e.Socket.Handshake().Header}
	refused := wire.Refusal{Reason: "invalid", Message: i18n.Text(i18n.Accepted(&request), "error.too_long")}
	n.check(e.Ack(refused))
	if !e.WantsAck() {
		n.check(e.Socket.Emit(eventError, refused))
	}
}

// replySize returns the size of a reply in bytes, with binary arguments as base64.
func replySize(args socketio.Args) int {
	size := 0
	for _, arg := range args {
		data, err := arg.MarshalJSON()
		if err != nil {
			return maxReply + 1
		}
		size += len(data)
	}
	return size
}

// skip counts a reply that is not relayed.
func (n *Notice) skip(id socketio.SocketID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.skipped == 0 {
		n.only = id
	} else if n.only != id {
		n.only = ""
	}
	n.skipped++
}

// replyText returns the text of a reply for the log.
func replyText(args socketio.Args) string {
	if len(args) == 0 {
		return ""
	}
	var text string
	if err := args[0].Bind(&text); err != nil {
		return "(not a text)"
	}
	return logline.Clip(text, logline.MaxText)
}

func (n *Notice) check(err error) {
	if err != nil {
		n.log.Error("notice not emitted", "err", err)
	}
}
