package engineio_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

// watcher has an Observer that sends what it sees to a channel.
type watcher struct {
	seen   chan string
	onOpen func(*engineio.Conn) // called by ConnOpened; may be nil
	last   chan engineio.Traffic
}

func newWatcher() *watcher {
	return &watcher{seen: make(chan string, 1000), last: make(chan engineio.Traffic, 1000)}
}

func (w *watcher) observer() engineio.Observer {
	return engineio.Observer{ConnOpened: w.connOpened, ConnClosed: w.connClosed, SlowClient: w.slowClient, Refused: w.refused}
}

func (w *watcher) connOpened(c *engineio.Conn) {
	w.seen <- fmt.Sprintf("opened %d %s %d", c.Number(), c.Transport(), c.Revision())
	if w.onOpen != nil {
		w.onOpen(c)
	}
}

func (w *watcher) connClosed(c *engineio.Conn, reason engineio.Reason) {
	w.last <- c.Traffic()
	w.seen <- fmt.Sprintf("closed %d %s %s", c.Number(), c.Transport(), reason)
}

func (w *watcher) slowClient(c *engineio.Conn, slow engineio.SlowClient) {
	w.seen <- fmt.Sprintf("slow %d %s, packets: %v", c.Number(), slow.Cause, slow.QueuedPackets > 0)
}

func (w *watcher) refused(_ *http.Request, r engineio.Refusal) {
	w.seen <- fmt.Sprintf("refused handshake=%v %d %d %s: %s, %v", r.Handshake, r.Status, r.Code, r.Message, r.Reason, r.Err)
}

func (w *watcher) want(t *testing.T, notes ...string) {
	t.Helper()
	for _, want := range notes {
		if got := siotest.Receive(t, w.seen); got != want {
			t.Fatalf("observation: got %q, want %q", got, want)
		}
	}
}

// frameSize is the number of bytes of an unmasked frame.
func frameSize(f ws.Frame) int64 { return int64(ws.HeaderSize(f.Header)) + f.Header.Length }

// wantTraffic checks the traffic of the only connection, which has ended.
func wantTraffic(t *testing.T, w *watcher, s *engineio.Server, want engineio.Traffic) {
	t.Helper()
	if got := siotest.Receive(t, w.last); got != want {
		t.Errorf("Traffic of the connection: got %+v, want %+v", got, want)
	}
	if got := s.Stats().Traffic; got != want {
		t.Errorf("Stats().Traffic: got %+v, want %+v", got, want)
	}
}

func TestObserver_sees_a_polling_connection(t *testing.T) {
	for revision, packets := range map[string][2]string{
		"4": {"4hello\x1e4x", "1"},
		"3": {"6:4hello2:4x", "1:1"},
	} {
		t.Run("revision "+revision, func(t *testing.T) {
			w := newWatcher()
			f := siotest.Serve(t, engineio.Config{Observer: w.observer()}, nil).As(revision)
			open := f.Call("GET", "", "")
			sid, p := siotest.ParseOpen(t, open.Body).SID, f.Peer()
			w.want(t, "opened 1 polling "+revision)
			f.Call("POST", "&sid="+sid, packets[0])
			p.WantMessage(t, "hello")
			p.Send(t, "an answer")
			if s := f.Server.Stats(); s.Polling != 1 || s.WebSocket != 0 || s.QueuedPackets != 1 || s.LargestQueue < len("4an answer") || s.QueuedBytes != s.LargestQueue || s.Backlog == 0 {
				t.Errorf("Stats: got %+v, want one polling connection with one queued packet", s)
			}
			answer := f.Call("GET", "&sid="+sid, "")
			f.Call("POST", "&sid="+sid, packets[1])
			w.want(t, "closed 1 polling transport close")
			wantTraffic(t, w, f.Server, engineio.Traffic{
				PacketsSent: 2, BytesSent: int64(len(open.Body) + len(answer.Body)),
				PacketsReceived: 3, BytesReceived: int64(len(packets[0]) + len(packets[1])),
			})
			if s := f.Server.Stats(); s.Polling != 0 || s.QueuedPackets != 0 || s.Closed[engineio.ReasonTransportClose] != 1 || len(s.Closed) != 1 {
				t.Errorf("Stats: got %+v, want one closed connection", s)
			}
		})
	}
}

func TestObserver_sees_a_WebSocket_connection(t *testing.T) {
	for _, revision := range []string{"4", "3"} {
		t.Run("revision "+revision, func(t *testing.T) {
			w := newWatcher()
			f := siotest.Serve(t, engineio.Config{Observer: w.observer()}, nil).As(revision)
			c, _ := f.Dial("transport=websocket&EIO=" + revision)
			sent := frameSize(c.Next())
			p := f.Peer()
			w.want(t, "opened 1 websocket "+revision)
			frames := siotest.Masked(ws.NewTextFrame([]byte("4hello")), ws.NewTextFrame([]byte("4x")), ws.NewPingFrame(nil))
			c.WriteRaw(frames)
			p.WantMessage(t, "hello")
			sent += frameSize(c.Next()) // the pong, which is not a packet
			p.Send(t, "with an attachment", []byte("attachment"))
			sent += frameSize(c.Next()) + frameSize(c.Next())
			if s := f.Server.Stats(); s.Polling != 0 || s.WebSocket != 1 || s.QueuedPackets != 0 || s.LargestQueue != 0 {
				t.Errorf("Stats: got %+v, want one WebSocket with an empty queue", s)
			}
			c.Close()
			w.want(t, "closed 1 websocket transport close")
			wantTraffic(t, w, f.Server, engineio.Traffic{
				PacketsSent: 3, BytesSent: sent, PacketsReceived: 2, BytesReceived: int64(len(frames)),
			})
		})
	}
}

func TestObserver_counts_the_packets_of_an_upgrade(t *testing.T) {
	w := newWatcher()
	f := siotest.Serve(t, engineio.Config{Observer: w.observer()}, nil)
	open := f.Call("GET", "", "")
	sid, p := siotest.ParseOpen(t, open.Body).SID, f.Peer()
	c := f.Probe(sid)
	frames := siotest.Masked(ws.NewTextFrame([]byte("5")), ws.NewTextFrame([]byte("4over it")))
	c.WriteRaw(frames)
	p.WantMessage(t, "over it")
	c.Close()
	w.want(t, "opened 1 polling 4", "closed 1 websocket transport close")
	probe := siotest.Masked(ws.NewTextFrame([]byte("2probe")))
	wantTraffic(t, w, f.Server, engineio.Traffic{
		PacketsSent: 2, BytesSent: int64(len(open.Body) + len("3probe") + 2),
		PacketsReceived: 3, BytesReceived: int64(len(probe) + len(frames)),
	})
}

// Without an observer the totals are the same.
func TestStats_need_no_observer(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	c, p := f.WebSocket()
	c.Send("4hello")
	p.WantMessage(t, "hello")
	p.Conn.Close()
	c.WantClose(ws.StatusNormalClosure)
	f.Call("GET", "&sid=unknown", "")
	s := f.Server.Stats()
	if s.Traffic.PacketsSent != 1 || s.Traffic.PacketsReceived != 1 || s.Closed[engineio.ReasonForcedClose] != 1 || s.RefusedRequests["Session ID unknown"] != 1 {
		t.Errorf("Stats: got %+v, want one packet each way, a closed connection and a refused request", s)
	}
}

func TestObserver_sees_why_requests_are_refused(t *testing.T) {
	denied := errors.New("no such user")
	w := newWatcher()
	f := siotest.Serve(t, engineio.Config{
		Observer:        w.observer(),
		AllowConnection: func(r *http.Request) (time.Duration, bool) { return 0, r.Header.Get("Flood") == "" },
		Identify: func(r *http.Request) (any, error) {
			if r.Header.Get("Stranger") != "" {
				return nil, denied
			}
			return nil, nil
		},
		Limits: engineio.Limits{MaxConns: 1},
	}, nil)
	sid, _ := f.Open()
	w.want(t, "opened 1 polling 4")
	webSocket := []string{"Connection", "Upgrade", "Upgrade", "websocket"}
	requests := func(header ...string) func(query string) {
		return func(query string) { _, _ = f.Try(t.Context(), "GET", query, nil, header...) }
	}
	for _, tt := range []struct {
		send  func(query string)
		query string
		want  string
	}{
		{requests(), "EIO=4&transport=carrier-pigeon", "handshake=true 400 0 Transport unknown: Transport unknown, <nil>"},
		{requests(), "EIO=5&transport=polling", "handshake=true 400 5 Unsupported protocol version: Unsupported protocol version, <nil>"},
		{requests("Origin", "https://elsewhere.example"), "EIO=4&transport=polling", "handshake=true 403 4 Forbidden: Forbidden origin, <nil>"},
		{requests(), "EIO=4&transport=polling", "handshake=true 503 3 Too many connections: Too many connections, <nil>"},
		{requests(), "EIO=4&transport=polling&sid=unknown", "handshake=false 400 1 Session ID unknown: Session ID unknown, <nil>"},
		{requests(webSocket...), "EIO=4&transport=websocket&sid=" + sid, "handshake=false 400 3 Bad request: Malformed WebSocket handshake, " + ws.ErrHandshakeBadSecKey.Error()},
	} {
		tt.send(tt.query)
		w.want(t, "refused "+tt.want)
	}
	f.Call("POST", "&sid="+sid, "1")
	w.want(t, "closed 1 polling transport close")
	for _, tt := range []struct {
		header []string
		query  string
		want   string
	}{
		{[]string{"Flood", "yes"}, "EIO=4&transport=polling", "handshake=true 503 3 Too many connections: Refused by AllowConnection, <nil>"},
		{[]string{"Stranger", "yes"}, "EIO=4&transport=polling", "handshake=true 403 4 Forbidden: Forbidden identity, no such user"},
		{webSocket, "EIO=4&transport=websocket", "handshake=true 400 3 Bad request: Malformed WebSocket handshake, " + ws.ErrHandshakeBadSecKey.Error()},
	} {
		requests(tt.header...)(tt.query)
		w.want(t, "refused "+tt.want)
	}
	s := f.Server.Stats()
	if s.RefusedHandshakes["Forbidden origin"] != 1 || s.RefusedHandshakes["Malformed WebSocket handshake"] != 1 || len(s.RefusedHandshakes) != 7 || len(s.RefusedRequests) != 2 {
		t.Errorf("Stats: got %v and %v, want 7 and 2 reasons", s.RefusedHandshakes, s.RefusedRequests)
	}
	if len(s.Closed) != 1 {
		t.Errorf("Closed: got %v, want no connection for a refused handshake", s.Closed)
	}
}

func TestObserver_sees_no_cookies_of_a_page_that_may_not_send_them(t *testing.T) {
	cookies := make(chan string, 10)
	note := func(function string, r *http.Request) { cookies <- function + " " + r.Header.Get("Cookie") }
	f := siotest.Serve(t, engineio.Config{
		Origins:  []string{"https://app.example.org", "*"},
		Address:  func(r *http.Request) string { note("Address", r); return r.RemoteAddr },
		Observer: engineio.Observer{Refused: func(r *http.Request, _ engineio.Refusal) { note("Refused", r) }},
	}, nil)
	for origin, want := range map[string]string{"https://app.example.org": "a=1", "https://page.example": ""} {
		f.Call("GET", "&sid=unknown", "", "Origin", origin, "Cookie", "a=1")
		for _, function := range []string{"Address", "Refused"} {
			if got := siotest.Receive(t, cookies); got != function+" "+want {
				t.Errorf("%s, cookie: got %q, want %q", origin, got, function+" "+want)
			}
		}
	}
	rejecting := siotest.Serve(t, engineio.Config{
		Observer: engineio.Observer{Refused: func(r *http.Request, _ engineio.Refusal) { note("Refused", r) }},
	}, nil)
	rejecting.Call("GET", "", "", "Origin", "https://page.example", "Cookie", "a=1")
	if got := siotest.Receive(t, cookies); got != "Refused " {
		t.Errorf("rejected origin, cookie: got %q, want none", got)
	}
}

func TestObserver_sees_why_a_client_is_slow(t *testing.T) {
	t.Run("queue full", func(t *testing.T) {
		w := newWatcher()
		f := siotest.Serve(t, engineio.Config{Observer: w.observer(), Limits: engineio.Limits{MaxQueueBytes: 1000}}, nil)
		_, p := f.Open()
		fillQueue(p)
		w.want(t, "opened 1 polling 4", "slow 1 queue full, packets: true", "closed 1 polling too slow")
		if s := f.Server.Stats(); s.Slow[engineio.SlowQueueFull] != 1 || len(s.Slow) != 1 {
			t.Errorf("Slow: got %v, want one full queue", s.Slow)
		}
	})
	t.Run("no progress", func(t *testing.T) {
		w := newWatcher()
		inBubble(t, engineio.Config{Observer: w.observer(), Limits: engineio.Limits{StallTimeout: time.Second}}, func(b *bubble) {
			_, p := b.poll()
			p.Send(b.t, "x")
			b.at(time.Second)
			p.Send(b.t, "x")
			b.at(time.Second + time.Millisecond)
			if p.Conn.Send(engineio.Prepare([]byte("x"))) == nil {
				b.t.Error("Send after StallTimeout: got no error, want one")
			}
			synctest.Wait()
			w.want(b.t, "opened 1 polling 4", "slow 1 no progress, packets: true", "closed 1 polling too slow")
		})
	})
	t.Run("backlog full", func(t *testing.T) {
		w := newWatcher()
		f := siotest.Serve(t, engineio.Config{Observer: w.observer(), Limits: engineio.Limits{MaxBacklog: 1000}}, nil)
		_, p := f.Open()
		_ = p.Conn.Send(engineio.Prepare([]byte(strings.Repeat("x", 2000))))
		w.want(t, "opened 1 polling 4", "slow 1 backlog full, packets: true", "closed 1 polling too slow")
	})
}

func TestObserver_calls_only_the_functions_that_it_has(t *testing.T) {
	w := newWatcher()
	all := w.observer()
	for name, tt := range map[string]struct {
		observer engineio.Observer
		want     []string
	}{
		"ConnOpened": {engineio.Observer{ConnOpened: all.ConnOpened}, []string{"opened 1 polling 4"}},
		"ConnClosed": {engineio.Observer{ConnClosed: all.ConnClosed}, []string{"closed 1 polling too slow"}},
		"SlowClient": {engineio.Observer{SlowClient: all.SlowClient}, []string{"slow 1 queue full, packets: true"}},
		"Refused":    {engineio.Observer{Refused: all.Refused}, []string{"refused handshake=false 400 1 Session ID unknown: Session ID unknown, <nil>"}},
		"none":       {engineio.Observer{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := siotest.Serve(t, engineio.Config{Observer: tt.observer, Limits: engineio.Limits{MaxQueueBytes: 1000}}, nil)
			_, p := f.Open()
			fillQueue(p)
			f.Call("GET", "&sid=unknown", "")
			f.Close()
			w.want(t, tt.want...)
			if got := len(w.seen); got != 0 {
				t.Errorf("further observations: got %d, want none", got)
			}
		})
	}
}

// fillQueue sends to a polling client until it is disconnected.
func fillQueue(p *siotest.Peer) {
	for p.Conn.Send(engineio.Prepare([]byte(strings.Repeat("x", 300)))) == nil {
		continue
	}
}
