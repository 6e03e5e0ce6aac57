package handlers

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"gifchat/socketio"

	"golang.org/x/time/rate"
)

const (
	// noticeSlots is how finely the notice keeps each socket's own beat: each
	// socket hears it every interval from its connect on, the first one at most
	// a sixtieth early (50 ms of 3 s). One broadcast a slot is encoded once for
	// all its sockets, needs no timer for each, and spreads 10,000 sends over
	// the interval.
	noticeSlots = 60

	// minInterval keeps a slip in the configuration from becoming a flood.
	minInterval = 100 * time.Millisecond

	// replyBurst is how many replies a sender may give at once: the first
	// notices after a pause come together.
	replyBurst = 3

	// maxReply bytes of JSON are relayed: everybody gets them from everybody.
	maxReply = 16 << 10

	// maxLogged bytes of a reply go into the log.
	maxLogged = 200
)

// NoticeConfig is what is said every interval, and to whom.
type NoticeConfig struct {
	Interval       time.Duration // 3 s when zero
	News           string        // over Socket.IO, event news
	Greeting       string        // over plain WebSocket
	SocketIO       bool
	Plain          bool
	RelayPerSecond int // replies relayed in the whole namespace; 100 when zero
}

func (c NoticeConfig) withDefaults() NoticeConfig {
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

// Notice is the default namespace: news to everyone, replies to the others.
type Notice struct {
	// Immutable.
	cfg       NoticeConfig
	namespace *socketio.Namespace
	relays    *rate.Limiter // of the whole namespace
	log       *slog.Logger  // bounded
	report    func()        // how many lines were left out
	stop      context.CancelFunc
	tasks     sync.WaitGroup

	mu     sync.Mutex
	slot   int               // guarded by mu; the slot that is told next
	unsaid int               // guarded by mu; replies not relayed
	loner  socketio.SocketID // guarded by mu; whose they are, when one socket's
}

// NewNotice starts telling the news on srv's default namespace, until Close.
func NewNotice(srv *socketio.Server, cfg NoticeConfig, log *slog.Logger) *Notice {
	cfg = cfg.withDefaults()
	ctx, cancel := context.WithCancel(context.Background())
	log, report := newBoundedLog(log)
	n := &Notice{
		cfg: cfg, log: log, report: report, stop: cancel,
		relays: rate.NewLimiter(rate.Limit(cfg.RelayPerSecond), cfg.RelayPerSecond),
	}
	if srv == nil || !cfg.SocketIO {
		return n
	}
	n.namespace = srv.Of(rootNamespace)
	n.namespace.OnConnect(n.connected)
	n.namespace.OnDisconnect(func(s *socketio.Socket, reason socketio.Reason) {
		log.Info("notice socket gone", "socket", s.ID(), "reason", reason)
	})
	n.namespace.On(eventReply, n.reply)
	n.tasks.Go(func() { n.tell(ctx) })
	return n
}

// Close stops the notice and waits for its goroutine.
func (n *Notice) Close() {
	n.stop()
	n.tasks.Wait()
	n.report()
}

// replier is the state of a socket of the default namespace.
type replier struct{ bucket *rate.Limiter }

func (n *Notice) connected(s *socketio.Socket) {
	s.SetData(&replier{rate.NewLimiter(rate.Every(n.cfg.Interval), replyBurst)})
	n.mu.Lock()
	// The slot told last comes round in an interval.
	slot := (n.slot + noticeSlots - 1) % noticeSlots
	n.mu.Unlock()
	s.Join(slotLabel(slot))
	n.log.Info("notice socket connected", "socket", s.ID(), "address", s.Handshake().Address)
}

func slotLabel(slot int) string { return fmt.Sprintf("notice:%d", slot) }

// tell says the news to one slot after the other, and once a round how many
// replies went unsaid.
func (n *Notice) tell(ctx context.Context) {
	ticker := time.NewTicker(n.cfg.Interval / noticeSlots)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		n.mu.Lock()
		slot := n.slot
		n.slot = (slot + 1) % noticeSlots
		n.mu.Unlock()
		// Local: every node tells its own.
		n.check(n.namespace.To(slotLabel(slot)).Local().Emit(eventNews, n.cfg.News))
		if slot == noticeSlots-1 {
			n.tellUnsaid()
		}
	}
}

func (n *Notice) tellUnsaid() {
	n.mu.Lock()
	count, loner := n.unsaid, n.loner
	n.unsaid, n.loner = 0, ""
	n.mu.Unlock()
	if count == 0 {
		return
	}
	to := n.namespace.Volatile()
	if loner != "" {
		to = to.Except(string(loner)) // "the others" are all but the one who replied
	}
	n.check(to.Emit(eventReplies, wireReplies{Count: count}))
}

// reply passes a reply on to the others with the sender's id as its last
// argument. Everyone answers every notice, so relaying grows with the square
// of the sockets: above the limits the others get a count instead.
func (n *Notice) reply(e *socketio.Event) {
	id := e.Socket.ID()
	state, ok := e.Socket.Data().(*replier)
	if !ok {
		return
	}
	switch {
	case !state.bucket.Allow():
		n.count(id)
	case replySize(e.Args) > maxReply:
		n.refuse(e)
		return
	case !n.relays.Allow():
		n.count(id)
	default:
		n.log.Info("reply", "socket", id, "address", e.Socket.Handshake().Address, "text", replyText(e.Args))
		n.check(e.Socket.Broadcast().Volatile().Emit(eventReply, append(e.Args.Any(), id)...))
	}
	n.check(e.Ack(wireOK{OK: true}))
}

// refuse says that a reply is too long, in the ack if the client waits for one.
func (n *Notice) refuse(e *socketio.Event) {
	request := http.Request{Header: e.Socket.Handshake().Header}
	refusal := wireRefusal{Reason: "invalid", Message: say(acceptedLanguage(&request), "error.too_long")}
	n.check(e.Ack(refusal))
	if !e.WantsAck() {
		n.check(e.Socket.Emit(eventError, refusal))
	}
}

// replySize is the length of a reply, its binary parts as base64.
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

func (n *Notice) count(id socketio.SocketID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.unsaid == 0 {
		n.loner = id
	} else if n.loner != id {
		n.loner = ""
	}
	n.unsaid++
}

// replyText is what the log shows of a reply.
func replyText(args socketio.Args) string {
	if len(args) == 0 {
		return ""
	}
	var text string
	if err := args[0].Bind(&text); err != nil {
		return "(not a text)"
	}
	return clip(text, maxLogged)
}

func (n *Notice) check(err error) {
	if err != nil {
		n.log.Error("notice not emitted", "err", err)
	}
}
