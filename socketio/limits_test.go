package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio"
)

// A client that sends faster than its handlers work is not read from while its
// inbox is full.
func TestInbox_is_bounded(t *testing.T) {
	for name, tt := range map[string]struct{ size, packets, bytes int }{
		"by packets": {10, 8, 1 << 20},
		"by bytes":   {100_000, 64, 250_000},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, socketio.Config{Limits: socketio.Limits{MaxInbox: tt.packets, MaxInboxBytes: tt.bytes}})
			hold := make(chan struct{})
			release := sync.OnceFunc(func() { close(hold) })
			defer release()
			handled := make(chan int, 100)
			socketio.On(f.Of("/"), "e", func(_ context.Context, _ *socketio.Socket, i int) error { <-hold; handled <- i; return nil })
			c, s := f.connect("/")
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				for i := range 50 {
					c.send(fmt.Sprintf(`42["e",%d,"%s"]`, i, strings.Repeat("x", tt.size)))
				}
			}()
			want := tt.packets
			if tt.size > 10 {
				want = 2
			}
			eventually(t, func() bool { n, _ := s.Inbox(); return n == want })
			for range 100 { // and does not grow
				runtime.Gosched()
				if n, bytes := s.Inbox(); n > tt.packets || bytes > tt.bytes {
					t.Fatalf("inbox: got %d packets with %d bytes, want at most %d and %d", n, bytes, tt.packets, tt.bytes)
				}
			}
			release()
			for i := range 50 {
				if got := receive(t, handled); got != i {
					t.Fatalf("event: got %d, want %d", got, i)
				}
			}
			receive(t, sent)
		})
	}
}

func TestInbox_that_is_full_ends_with_the_client(t *testing.T) {
	f := serve(t, socketio.Config{Limits: socketio.Limits{MaxInbox: 1}})
	hold := make(chan struct{})
	f.Of("/").On("e", func(*socketio.Event) { <-hold })
	gone := make(chan socketio.Reason, 1)
	f.Of("/").OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { gone <- r })
	c, s := f.connect("/")
	for range 10 {
		c.send(`42["e"]`)
	}
	eventually(t, func() bool { n, _ := s.Inbox(); return n == 1 })
	s.CloseConn()
	close(hold)
	if r := receive(t, gone); r != socketio.ReasonForcedClose {
		t.Errorf("reason: got %q, want %q", r, socketio.ReasonForcedClose)
	}
}

func TestInbox_that_is_empty_accepts_a_large_packet(t *testing.T) {
	f := serve(t, socketio.Config{Limits: socketio.Limits{MaxInboxBytes: 100}})
	f.Of("/").On("e", func(e *socketio.Event) { _ = e.Ack() })
	c, _ := f.connect("/")
	for range 3 {
		c.send(fmt.Sprintf(`421["e","%s"]`, strings.Repeat("x", 1000)))
		c.want(`431[]`)
	}
}

func TestAttachments_are_bounded(t *testing.T) {
	f := serve(t, socketio.Config{Limits: socketio.Limits{MaxPacketBytes: 10_000}})
	reasons := make(chan socketio.Reason, 1)
	f.Of("/").OnDisconnect(func(_ *socketio.Socket, reason socketio.Reason) { reasons <- reason })
	f.Of("/").On("e", func(e *socketio.Event) { _ = e.Ack() })
	c, _ := f.connect("/")
	part := make([]byte, 3000)
	for range 3 {
		c.send(`453-1["e"]`, part, part, part)
		c.want(`431[]`)
	}
	c.send(`4510-["e"]`, part, part, part, part)
	c.wantEnd()
	if got := receive(t, reasons); got != socketio.ReasonTooLarge {
		t.Errorf("reason: got %q, want %q", got, socketio.ReasonTooLarge)
	}
}

// bubble is a server with one polling client, without a network, in a
// testing/synctest bubble.
type bubble struct {
	t      *testing.T
	server *socketio.Server
	web    *http.Server // that receives the requests; may be nil
	sid    string
}

func inBubble(t *testing.T, cfg socketio.Config, test func(*bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{t: t, server: socketio.NewServer(cfg)}
		defer func() {
			if err := b.server.Close(context.Background()); err != nil {
				t.Error(err)
			}
			synctest.Wait()
		}()
		b.open()
		test(b)
	})
}

func (b *bubble) open() {
	b.sid = ""
	_, after, _ := strings.Cut(b.request("GET", ""), `"sid":"`)
	b.sid, _, _ = strings.Cut(after, `"`)
}

func (b *bubble) request(method, body string) string {
	url := "/socket.io/?EIO=4&transport=polling"
	if b.sid != "" {
		url += "&sid=" + b.sid
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, url, strings.NewReader(body))
	b.server.ServeHTTP(w, receivedBy(b.web, r))
	return w.Body.String()
}

func TestConnectTimeout_closes_a_client_without_a_namespace(t *testing.T) {
	inBubble(t, socketio.Config{PingInterval: time.Hour}, func(b *bubble) {
		time.Sleep(45*time.Second - time.Nanosecond)
		synctest.Wait()
		if b.server.Len() != 1 {
			t.Errorf("connections before 45 s: got %d, want 1", b.server.Len())
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if b.server.Len() != 0 {
			t.Errorf("connections after 45 s: got %d, want 0", b.server.Len())
		}
	})
}

func TestConnectTimeout_closes_a_refused_client(t *testing.T) {
	inBubble(t, socketio.Config{PingInterval: time.Hour}, func(b *bubble) {
		b.request("POST", "40/unknown,")
		synctest.Wait()
		time.Sleep(45 * time.Second)
		synctest.Wait()
		if b.server.Len() != 0 {
			t.Errorf("connections after 45 s: got %d, want 0", b.server.Len())
		}
	})
}

func TestConnectTimeout_spares_a_client_that_has_connected(t *testing.T) {
	inBubble(t, socketio.Config{PingInterval: time.Hour}, func(b *bubble) {
		b.request("POST", "40")
		synctest.Wait()
		if got := b.request("GET", ""); !strings.HasPrefix(got, `40{"sid":"`) {
			t.Errorf("got %q, want a CONNECT", got)
		}
		b.request("POST", "41") // disconnecting does not start the timeout again
		time.Sleep(50 * time.Second)
		synctest.Wait()
		if b.server.Len() != 1 {
			t.Errorf("connections: got %d, want 1", b.server.Len())
		}
	})
}

// Attachments can come one by one, but each within the timeout.
func TestAttachments_that_do_not_come_end_the_connection(t *testing.T) {
	inBubble(t, socketio.Config{}, func(b *bubble) {
		reasons := make(chan socketio.Reason, 1)
		b.server.Of("/").OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { reasons <- r })
		handled := 0
		b.server.Of("/").On("bin", func(*socketio.Event) { handled++ })
		b.request("POST", "40")
		for range 3 { // a complete packet stops the timeout
			b.request("POST", `451-["bin",{"_placeholder":true,"num":0}]`)
			time.Sleep(6 * time.Second)
			b.request("POST", "bAQID")
		}
		synctest.Wait()
		if handled != 3 {
			t.Fatalf("events: got %d, want 3", handled)
		}
		b.request("POST", `452-["bin",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`)
		b.request("POST", "bAQID")
		began := time.Now()
		if r := <-reasons; r != socketio.ReasonParseError || time.Since(began) != 10*time.Second {
			t.Errorf("got %q after %v, want %q after 10s", r, time.Since(began), socketio.ReasonParseError)
		}
	})
}

func TestSilence_ends_with_a_ping_timeout(t *testing.T) {
	inBubble(t, socketio.Config{}, func(b *bubble) {
		reasons := make(chan socketio.Reason, 1)
		b.server.Of("/").OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { reasons <- r })
		b.request("POST", "40")
		began := time.Now()
		if r := <-reasons; r != socketio.ReasonPingTimeout || time.Since(began) != 45*time.Second {
			t.Errorf("got %q after %v, want %q after 45s", r, time.Since(began), socketio.ReasonPingTimeout)
		}
	})
}

func TestEmitWithAck_times_out(t *testing.T) {
	inBubble(t, socketio.Config{}, func(b *bubble) {
		b.request("POST", "40")
		synctest.Wait()
		ctx, cancel := context.WithTimeout(b.t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		if _, err := b.server.Of("/").Sockets()[0].EmitWithAck(ctx, "ask"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("EmitWithAck of a socket: got %v, want %v", err, context.DeadlineExceeded)
		}
		if answers, err := b.server.Of("/").EmitWithAck(ctx, "ask"); err == nil || len(answers) != 0 {
			t.Errorf("EmitWithAck of the namespace: got %v, %v, want no answers and an error", answers, err)
		}
		if got := time.Since(began); got != 3*time.Second {
			t.Errorf("duration: got %v, want 3s", got)
		}
	})
}

// One member of a room stops reading. The others are not delayed.
func TestBroadcast_is_not_delayed_by_a_stalled_member(t *testing.T) {
	f := serve(t, socketio.Config{})
	n := f.Of("/")
	const messages = 300
	gone := make(chan socketio.Reason, 1)
	_, s := f.connect("/") // this client never reads again
	n.OnDisconnect(func(closed *socketio.Socket, r socketio.Reason) {
		if closed == s {
			gone <- r
		}
	})
	s.Join("room")
	heard := make(chan string, 3)
	for range 3 {
		c, s := f.connect("/")
		s.Join("room")
		go func() {
			for range messages {
				packet, err := c.tryReceive()
				if err != nil {
					t.Error(err)
				}
				heard <- packet[:min(len(packet), 12)]
			}
		}()
	}
	body := strings.Repeat("x", 64<<10)
	var longest time.Duration
	for i := range messages {
		begin := time.Now()
		if err := n.To("room").Emit("e", 1000+i, body); err != nil {
			t.Fatal(err)
		}
		longest = max(longest, time.Since(begin))
		for range 3 {
			if got, want := receive(t, heard), fmt.Sprintf(`42["e",%d,`, 1000+i); got != want {
				t.Fatalf("packet: got %q, want %q", got, want)
			}
		}
	}
	if r := receive(t, gone); r != socketio.ReasonTooSlow {
		t.Errorf("reason: got %q, want %q", r, socketio.ReasonTooSlow)
	}
	if longest > 4*time.Second { // a write that blocks takes StallTimeout, which is 10 s
		t.Errorf("longest Emit: got %v, want at most 4s", longest)
	}
}

func TestServerClose_during_connects_leaves_no_sockets(t *testing.T) {
	for range 10 {
		server := socketio.NewServer(socketio.Config{})
		n := server.Of("/")
		n.OnConnect(func(s *socketio.Socket) { s.Join("a"); go s.Disconnect() })
		var wg sync.WaitGroup
		stop := make(chan struct{})
		for range 4 {
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					w := httptest.NewRecorder()
					server.ServeHTTP(w, httptest.NewRequest("GET", "/?EIO=4&transport=polling", nil))
					if _, after, ok := strings.Cut(w.Body.String(), `"sid":"`); ok {
						sid, _, _ := strings.Cut(after, `"`)
						server.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/?EIO=4&transport=polling&sid="+sid, strings.NewReader("40")))
					}
				}
			})
		}
		eventually(t, func() bool { return server.Len() > 20 })
		if err := server.Close(ctx(t)); err != nil {
			t.Error(err)
		}
		close(stop)
		wg.Wait()
		if server.Len() != 0 || n.Len() != 0 {
			t.Errorf("after Close: got %d connections and %d sockets, want none", server.Len(), n.Len())
		}
		if err := n.ConsistencyCheck(); err != nil {
			t.Error(err)
		}
	}
}

// Connecting and disconnecting costs the server more than the client.
func TestConnect_is_rate_limited(t *testing.T) {
	f := serve(t, socketio.Config{Limits: socketio.Limits{MaxConnects: 3}})
	f.Of("/chat")
	c := f.dial()
	for range 3 {
		c.connect("/chat")
		c.send("41/chat,")
	}
	c.send("40/chat,")
	c.wantEnd()
}

// A client has sent more events than its inbox can hold for slow handlers. The
// server stops reading, so the client's pong waits behind the events.
func TestSlowHandlers_do_not_end_the_connection(t *testing.T) {
	cfg := socketio.Config{PingInterval: 2 * time.Second, PingTimeout: 2 * time.Second}
	inBubble(t, cfg, func(b *bubble) {
		const events = 80
		handled := 0
		b.server.Of("/").On("slow", func(*socketio.Event) {
			time.Sleep(5 * time.Second)
			handled++
		})
		ended := make(chan socketio.Reason, 1)
		b.server.Of("/").OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { ended <- r })
		b.request("POST", "40")
		pings := make(chan bool, 100)
		var silent atomic.Bool
		go func() {
			for {
				body := b.request("GET", "")
				if body == "" || body[0] == '{' {
					close(pings)
					return
				}
				if strings.Contains("\x1e"+body, "\x1e2") && !silent.Load() {
					pings <- true
				}
			}
		}()
		go func() { // one POST at a time, like stock clients
			b.request("POST", strings.TrimSuffix(strings.Repeat(`42["slow"]`+"\x1e", events), "\x1e"))
			for range pings {
				b.request("POST", "3")
			}
		}()
		time.Sleep(events*5*time.Second + time.Second)
		synctest.Wait()
		if handled != events {
			t.Errorf("events: got %d, want %d", handled, events)
		}
		time.Sleep(20 * time.Second) // the heartbeat continues
		select {
		case r := <-ended:
			t.Errorf("got the end of the connection, %q, want it open", r)
		default:
		}
		silent.Store(true) // from now on the client answers no ping
		time.Sleep(5 * time.Second)
		synctest.Wait()
		select {
		case r := <-ended:
			if r != socketio.ReasonPingTimeout {
				t.Errorf("silent client: got %q, want %q", r, socketio.ReasonPingTimeout)
			}
		default:
			t.Error("silent client: got an open connection, want a ping timeout")
		}
	})
}
