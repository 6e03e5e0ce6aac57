package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"gifchat/socketio"
	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

// observations is an Observer that sends what it sees to a channel.
type observations chan socketio.Observation

func (o observations) Observe(seen socketio.Observation) { o <- seen }

func observing() observations { return make(observations, 10_000) }

// seen returns the next observation of a type and skips all others.
func seen[T socketio.Observation](t testing.TB, o observations) T {
	t.Helper()
	for {
		if got, ok := receive(t, o).(T); ok {
			return got
		}
	}
}

// wantTypes waits for observations of these types, in this order.
func wantTypes(t *testing.T, o observations, want ...socketio.Observation) {
	t.Helper()
	for _, w := range want {
		if got := receive(t, o); reflect.TypeOf(got) != reflect.TypeOf(w) {
			t.Fatalf("observation: got %T %+v, want %T", got, got, w)
		}
	}
}

// pollingClient is a client over polling.
type pollingClient struct {
	f     *fixture
	query string
	sid   string
	first string // the response to the handshake
}

func (f *fixture) openPolling(revision int) *pollingClient {
	f.t.Helper()
	c := &pollingClient{f: f, query: fmt.Sprintf("EIO=%d&transport=polling", revision)}
	c.first = c.call("GET", "")
	c.sid = siotest.ParseOpen(f.t, c.first).SID
	c.query += "&sid=" + c.sid
	return c
}

func (c *pollingClient) call(method, body string) string {
	c.f.t.Helper()
	resp, err := siotest.Request(ctx(c.f.t), c.f.http.Client(), method, c.f.http.URL+"/?"+c.query, strings.NewReader(body))
	if err != nil {
		c.f.t.Fatal(err)
	}
	return resp.Body
}

func TestObserver_sees_the_life_of_a_polling_client(t *testing.T) {
	for _, tt := range []struct {
		revision                   int
		connect, event, disconnect string
	}{
		{4, "40", `42["say","hello"]`, "1"},
		{3, "", `17:42["say","hello"]`, "1:1"}, // connected to "/" without a CONNECT
	} {
		t.Run(fmt.Sprint("revision ", tt.revision), func(t *testing.T) {
			o := observing()
			f := serve(t, socketio.Config{Observer: o})
			f.Of("/").On("say", func(*socketio.Event) {})
			c := f.openPolling(tt.revision)
			opened := seen[socketio.ConnOpened](t, o)
			if opened.Conn != 1 || opened.Transport != "polling" || opened.Revision != tt.revision || opened.Address == "" {
				t.Errorf("ConnOpened: got %+v, want connection 1 over polling", opened)
			}
			sent := []string{tt.event, tt.disconnect}
			if tt.connect != "" {
				sent = append(sent, tt.connect)
				c.call("POST", tt.connect)
			}
			connected := seen[socketio.SocketConnected](t, o)
			answer := c.call("GET", "")
			c.call("POST", tt.event)
			event := seen[socketio.EventHandled](t, o)
			if event.Conn != 1 || event.Namespace != "/" || event.Socket != connected.Socket || event.Event != "say" || !event.Known || event.Refused || event.Panicked || event.Duration < 0 {
				t.Errorf("EventHandled: got %+v, want the event of socket %s", event, connected.Socket)
			}
			if s := f.Stats(); s.Sockets != 1 || s.Namespaces != 1 || s.Engine.Polling != 1 || s.Engine.WebSocket != 0 {
				t.Errorf("Stats: got %+v, want one socket over polling", s)
			}
			c.call("POST", tt.disconnect)
			closed := seen[socketio.ConnClosed](t, o)
			want := engineio.Traffic{
				PacketsSent: 2, BytesSent: int64(len(c.first) + len(answer)),
				PacketsReceived: int64(len(sent)), BytesReceived: int64(len(strings.Join(sent, ""))),
			}
			if closed.Reason != socketio.ReasonTransportClose || closed.Transport != "polling" || closed.Traffic != want {
				t.Errorf("ConnClosed: got %+v, want traffic %+v", closed, want)
			}
			if s := f.Stats(); s.Engine.Traffic != want {
				t.Errorf("Stats: got %+v, want traffic %+v", s, want)
			}
		})
	}
}

func TestObserver_sees_the_life_of_a_WebSocket_client(t *testing.T) {
	for _, revision := range []int{3, 4} {
		t.Run(fmt.Sprint("revision ", revision), func(t *testing.T) {
			o := observing()
			f := serve(t, socketio.Config{Observer: o})
			c := f.dialAs(revision)
			if revision == 4 {
				c.connect("/")
			} else {
				c.want("40")
			}
			wantTypes(t, o, socketio.ConnOpened{}, socketio.SocketConnected{})
			c.send(`42["nobody listens"]`)
			event := seen[socketio.EventHandled](t, o)
			if event.Known || event.Event != "nobody listens" {
				t.Errorf("EventHandled: got %+v, want an unknown event", event)
			}
			c.close()
			types := []string{fmt.Sprintf("%T", receive(t, o)), fmt.Sprintf("%T", receive(t, o))}
			slices.Sort(types)
			if want := []string{"socketio.ConnClosed", "socketio.SocketDisconnected"}; !slices.Equal(types, want) {
				t.Errorf("observations: got %v, want %v in any order", types, want)
			}
		})
	}
}

// A namespace can be left while the connection stays.
func TestObserver_sees_a_socket_disconnect(t *testing.T) {
	o := observing()
	f := serve(t, socketio.Config{Observer: o})
	f.Of("/chat")
	c, s := f.connect("/chat")
	c.send("41/chat,")
	want := socketio.SocketDisconnected{Conn: 1, Namespace: "/chat", Socket: s.ID(), Reason: socketio.ReasonClientDisconnect}
	if got := seen[socketio.SocketDisconnected](t, o); got != want {
		t.Errorf("SocketDisconnected: got %+v, want %+v", got, want)
	}
	c.wantAlive()
}

func TestObserver_sees_refusals(t *testing.T) {
	o := observing()
	f := serve(t, socketio.Config{
		Observer: o,
		Identify: func(r *http.Request) (any, error) {
			if r.URL.Query().Get("token") == "forged" {
				return nil, errors.New("bad signature")
			}
			return nil, nil
		},
	})
	status(t, f.http.URL+"/path?EIO=4&transport=polling&token=forged")
	handshake := seen[socketio.HandshakeRefused](t, o)
	if handshake.Err == nil || handshake.Err.Error() != "bad signature" || handshake.Path != "/path" || handshake.Method != "GET" || handshake.Status != 403 || handshake.Code != 4 || handshake.Message != "Forbidden" || handshake.Cause != "Forbidden identity" || handshake.Address == "" {
		t.Errorf("HandshakeRefused: got %+v, want the error of Identify", handshake)
	}
	resp, err := siotest.Request(ctx(t), f.http.Client(), "GET", f.http.URL+"/?EIO=4&transport=polling", nil, "Origin", "https://elsewhere.example")
	if err != nil || resp.Status != 403 {
		t.Fatalf("foreign origin: got %d, %v, want 403", resp.Status, err)
	}
	if got := seen[socketio.HandshakeRefused](t, o); got.Origin != "https://elsewhere.example" || got.Cause != "Forbidden origin" {
		t.Errorf("HandshakeRefused: got %+v, want the foreign origin", got)
	}
	status(t, f.http.URL+"/?EIO=4&transport=polling&sid=secret")
	request := seen[socketio.RequestRefused](t, o)
	if request.Status != 400 || request.Code != 1 || request.Cause != "Session ID unknown" {
		t.Errorf("RequestRefused: got %+v, want an unknown sid", request)
	}

	f.Of("/private").Use(func(*socketio.Socket) error { return &socketio.Error{Message: "members only"} })
	c := f.dial()
	for namespace, message := range map[string]string{"/private": "members only", "/nowhere": "Invalid namespace"} {
		c.send("40" + namespace + ",")
		c.receive()
		want := socketio.ConnectRefused{Conn: 1, Namespace: namespace, Message: message}
		if got := seen[socketio.ConnectRefused](t, o); got != want {
			t.Errorf("ConnectRefused: got %+v, want %+v", got, want)
		}
	}
	if s := f.Stats(); s.ConnectsRefused != 2 || s.Engine.RefusedHandshakes["Forbidden identity"] != 1 || s.Engine.RefusedRequests["Session ID unknown"] != 1 {
		t.Errorf("Stats: got %+v, want the refusals", s)
	}
}

// reentrant is an Observer that uses the server.
type reentrant struct {
	observations
	server func() *socketio.Server
}

func (r reentrant) Observe(seen socketio.Observation) {
	if _, slow := seen.(socketio.SlowClient); slow {
		_ = r.server().Of("/chat").Emit("somebody is slow")
		r.server().Stats()
	}
	r.observations.Observe(seen)
}

// The client is closed by an emit that holds the lock of the recovery.
func TestObserver_may_use_the_server_when_a_client_is_slow(t *testing.T) {
	var f *fixture
	o := reentrant{observing(), func() *socketio.Server { return f.Server }}
	f = serve(t, socketio.Config{
		Observer: o,
		Recovery: func(string) socketio.Recovery { return socketio.Recovery{MaxAbsence: time.Minute} },
		Limits:   socketio.Limits{Engine: engineio.Limits{MaxQueueBytes: 10_000}},
	})
	n := f.Of("/chat")
	c := f.openPolling(4)
	c.call("POST", "40/chat,")
	seen[socketio.SocketConnected](t, o.observations)
	for n.Len() > 0 {
		_ = n.Emit("e", strings.Repeat("x", 1000))
	}
	slow := seen[socketio.SlowClient](t, o.observations)
	if slow.Conn != 1 || slow.Transport != "polling" || slow.Cause != engineio.SlowQueueFull || slow.QueuedPackets == 0 || slow.QueuedBytes < 8000 || slow.QueuedBytes > 10_000 {
		t.Errorf("SlowClient: got %+v, want a full queue", slow)
	}
	if got := seen[socketio.ConnClosed](t, o.observations); got.Reason != socketio.ReasonTooSlow {
		t.Errorf("ConnClosed: got %+v, want %q", got, socketio.ReasonTooSlow)
	}
	if s := f.Stats(); s.Engine.Slow[engineio.SlowQueueFull] != 1 || s.Engine.Closed[engineio.ReasonTooSlow] != 1 {
		t.Errorf("Stats: got %+v, want one slow client", s)
	}
}

func TestObserver_sees_panics(t *testing.T) {
	o := observing()
	f := serve(t, socketio.Config{Observer: o})
	n := f.Of("/")
	n.Use(func(s *socketio.Socket) error {
		if !s.Handshake().Auth.IsZero() {
			panic("middleware panics")
		}
		return nil
	})
	n.OnConnect(func(*socketio.Socket) { panic("connect panics") })
	n.OnDisconnect(func(*socketio.Socket, socketio.Reason) { panic("disconnect panics") })
	n.On("say", func(*socketio.Event) { panic("event panics") })
	want := func(handler string) {
		t.Helper()
		got := seen[socketio.HandlerPanicked](t, o)
		if got.Conn != 1 || got.Namespace != "/" || got.Socket == "" || (got.Event == "say") != (handler == "event") {
			t.Errorf("HandlerPanicked: got connection %d, namespace %q, socket %q, event %q, want those of the client", got.Conn, got.Namespace, got.Socket, got.Event)
		}
		if got.Handler != handler || got.Value != handler+" panics" || !strings.Contains(got.Stack, "TestObserver_sees_panics") {
			t.Errorf("HandlerPanicked: got %+v, want %q with its stack", got, handler)
		}
	}
	c := f.dial()
	c.send(`40{"token":"x"}`)
	want("middleware")
	c.receive()
	c.connect("/")
	want("connect")
	c.send(`42["say"]`)
	want("event")
	if got := seen[socketio.EventHandled](t, o); !got.Panicked || !got.Known {
		t.Errorf("EventHandled: got %+v, want a panic", got)
	}
	c.close()
	want("disconnect")
	if s := f.Stats(); s.Panics != 4 {
		t.Errorf("Panics: got %d, want 4", s.Panics)
	}
}

func TestObserver_sees_events_that_are_refused(t *testing.T) {
	o := observing()
	f := serve(t, socketio.Config{Observer: o})
	n := f.Of("/")
	n.On("limited", func(*socketio.Event) {})
	socketio.On(n, "number", func(context.Context, *socketio.Socket, int) error { return nil })
	n.OnConnect(func(s *socketio.Socket) {
		s.UseEvents(func(e *socketio.Event, next func() error) error {
			if e.Name == "forbidden" || e.Name == "limited" {
				return errors.New("no")
			}
			return next()
		})
	})
	c, _ := f.connect("/")
	for _, tt := range []struct {
		packet         string
		known, refused bool
	}{
		{`42["number",1]`, true, false},
		{`42["number","x"]`, true, true},
		{`42["forbidden"]`, false, true},
		{`42["limited"]`, true, true},
	} {
		c.send(tt.packet)
		if got := seen[socketio.EventHandled](t, o); got.Known != tt.known || got.Refused != tt.refused || got.Panicked {
			t.Errorf("EventHandled of %s: got %+v, want known %v and refused %v", tt.packet, got, tt.known, tt.refused)
		} else if (got.Err != nil) != tt.refused {
			t.Errorf("EventHandled of %s: got the error %v, want one if it was refused", tt.packet, got.Err)
		}
	}
}

// panicking is an Observer that always panics.
type panicking struct{}

func (panicking) Observe(socketio.Observation) { panic("in the observer") }

func TestObserver_that_panics_changes_nothing(t *testing.T) {
	f := serve(t, socketio.Config{Observer: panicking{}})
	f.Of("/").On("echo", func(e *socketio.Event) {
		_ = e.Ack("answer")
		panic("in the handler")
	})
	c, _ := f.connect("/")
	c.send(`421["echo"]`)
	c.want(`431["answer"]`)
	status(t, f.http.URL+"/?EIO=9&transport=polling")
	c.wantAlive()
}

func TestObserver_sees_no_secrets(t *testing.T) {
	o := observing()
	f := serve(t, socketio.Config{Observer: o})
	f.Of("/").On("say", func(*socketio.Event) {})
	resp, err := siotest.Request(ctx(t), f.http.Client(), "GET", f.http.URL+"/?EIO=4&transport=polling&token=hidden", nil, "Cookie", "session=hidden")
	if err != nil {
		t.Fatal(err)
	}
	sid := siotest.ParseOpen(t, resp.Body).SID
	query := f.http.URL + "/?EIO=4&transport=polling&token=hidden&sid=" + sid
	for _, body := range []string{"40", `42["say","hidden"]`, "garbage"} {
		_, _ = siotest.Request(ctx(t), f.http.Client(), "POST", query, strings.NewReader(body), "Cookie", "session=hidden")
	}
	status(t, query)
	for done := map[string]bool{}; len(done) < 4; {
		seen := receive(t, o)
		text := fmt.Sprintf("%T %+v", seen, seen)
		if strings.Contains(text, sid) || strings.Contains(text, "hidden") {
			t.Errorf("observation: got %s, want no secret", text)
		}
		switch seen.(type) {
		case socketio.ConnClosed, socketio.SocketDisconnected, socketio.EventHandled, socketio.RequestRefused:
			done[fmt.Sprintf("%T", seen)] = true
		}
	}
}
