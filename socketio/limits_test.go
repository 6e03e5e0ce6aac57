package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio"
)

// A client that sends faster than its handlers work is read no further.
func TestTheInboxIsBounded(t *testing.T) {
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
			socketio.On(f.Of("/"), "e", func(e *socketio.Event, i int) { <-hold; handled <- i })
			c, s := f.connect("/")
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				for i := range 50 {
					c.say(fmt.Sprintf(`42["e",%d,"%s"]`, i, strings.Repeat("x", tt.size)))
				}
			}()
			want := tt.packets
			if tt.size > 10 {
				want = 2
			}
			eventually(t, func() bool { n, _ := s.Inbox(); return n == want })
			for range 100 { // it stays so
				runtime.Gosched()
				if n, bytes := s.Inbox(); n > tt.packets || bytes > tt.bytes {
					t.Fatalf("%d packets with %d bytes are waiting", n, bytes)
				}
			}
			release()
			for i := range 50 {
				if got := receive(t, handled); got != i {
					t.Fatalf("handled %d, want %d", got, i)
				}
			}
			receive(t, sent)
		})
	}
}

func TestAFullInboxDoesNotOutliveItsClient(t *testing.T) {
	f := serve(t, socketio.Config{Limits: socketio.Limits{MaxInbox: 1}})
	hold := make(chan struct{})
	f.Of("/").On("e", func(*socketio.Event) { <-hold })
	gone := make(chan socketio.Reason, 1)
	f.Of("/").OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { gone <- r })
	c, s := f.connect("/")
	for range 10 {
		c.say(`42["e"]`)
	}
	eventually(t, func() bool { n, _ := s.Inbox(); return n == 1 })
	s.CloseConn()
	close(hold)
	if r := receive(t, gone); r != socketio.ReasonForcedClose {
		t.Errorf("reason is %q", r)
	}
}

func TestALargePacketIsTakenWithAnEmptyInbox(t *testing.T) {
	f := serve(t, socketio.Config{Limits: socketio.Limits{MaxInboxBytes: 100}})
	f.Of("/").On("e", func(e *socketio.Event) { _ = e.Ack() })
	c, _ := f.connect("/")
	for range 3 {
		c.say(fmt.Sprintf(`421["e","%s"]`, strings.Repeat("x", 1000)))
		c.want(`431[]`)
	}
}

func TestAttachmentsAreBounded(t *testing.T) {
	f := serve(t, socketio.Config{Limits: socketio.Limits{MaxPacketBytes: 10_000}})
	reasons := make(chan socketio.Reason, 1)
	f.Of("/").OnDisconnect(func(_ *socketio.Socket, reason socketio.Reason) { reasons <- reason })
	f.Of("/").On("e", func(e *socketio.Event) { _ = e.Ack() })
	c, _ := f.connect("/")
	part := make([]byte, 3000)
	for range 3 {
		c.say(`453-1["e"]`, part, part, part)
		c.want(`431[]`)
	}
	c.say(`4510-["e"]`, part, part, part, part)
	c.wantEnd()
	if got := receive(t, reasons); got != socketio.ReasonTooLarge {
		t.Errorf("reason: got %q, want %q", got, socketio.ReasonTooLarge)
	}
}

// A conversation over polling without a network, for bubbles.
type bubble struct {
	t      *testing.T
	server *socketio.Server
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
	b.server.ServeHTTP(w, httptest.NewRequest(method, url, strings.NewReader(body)))
	return w.Body.String()
}

func TestAClientThatConnectsToNothingHas45Seconds(t *testing.T) {
	inBubble(t, socketio.Config{PingInterval: time.Hour}, func(b *bubble) {
		time.Sleep(45*time.Second - time.Nanosecond)
		synctest.Wait()
		if b.server.Len() != 1 {
			t.Error("it was closed too early")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if b.server.Len() != 0 {
			t.Error("it is still open")
		}
	})
}

func TestARefusedClientHas45SecondsToo(t *testing.T) {
	inBubble(t, socketio.Config{PingInterval: time.Hour}, func(b *bubble) {
		b.request("POST", "40/unknown,")
		synctest.Wait()
		time.Sleep(45 * time.Second)
		synctest.Wait()
		if b.server.Len() != 0 {
			t.Error("it is still open")
		}
	})
}

func TestAConnectedClientStays(t *testing.T) {
	inBubble(t, socketio.Config{PingInterval: time.Hour}, func(b *bubble) {
		b.request("POST", "40")
		synctest.Wait()
		if got := b.request("GET", ""); !strings.HasPrefix(got, `40{"sid":"`) {
			t.Errorf("got %q", got)
		}
		b.request("POST", "41") // even if it leaves again
		time.Sleep(50 * time.Second)
		synctest.Wait()
		if b.server.Len() != 1 {
			t.Error("it was closed")
		}
	})
}

// Attachments may come one by one, but not for ever.
func TestAHalfSentPacketIsDroppedInTime(t *testing.T) {
	inBubble(t, socketio.Config{}, func(b *bubble) {
		reasons := make(chan socketio.Reason, 1)
		b.server.Of("/").OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { reasons <- r })
		handled := 0
		b.server.Of("/").On("bin", func(*socketio.Event) { handled++ })
		b.request("POST", "40")
		for range 3 { // whole packets leave nothing behind that ends the client later
			b.request("POST", `451-["bin",{"_placeholder":true,"num":0}]`)
			time.Sleep(6 * time.Second)
			b.request("POST", "bAQID")
		}
		synctest.Wait()
		if handled != 3 {
			t.Fatalf("handled %d packets, want 3", handled)
		}
		b.request("POST", `452-["bin",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`)
		b.request("POST", "bAQID")
		began := time.Now()
		if r := <-reasons; r != socketio.ReasonParseError || time.Since(began) != 10*time.Second {
			t.Errorf("%q after %v", r, time.Since(began))
		}
	})
}

func TestSilenceIsAPingTimeout(t *testing.T) {
	inBubble(t, socketio.Config{}, func(b *bubble) {
		reasons := make(chan socketio.Reason, 1)
		b.server.Of("/").OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { reasons <- r })
		b.request("POST", "40")
		began := time.Now()
		if r := <-reasons; r != socketio.ReasonPingTimeout || time.Since(began) != 45*time.Second {
			t.Errorf("%q after %v", r, time.Since(began))
		}
	})
}

func TestEmitWithAckTimesOut(t *testing.T) {
	inBubble(t, socketio.Config{}, func(b *bubble) {
		b.request("POST", "40")
		synctest.Wait()
		ctx, cancel := context.WithTimeout(b.t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		if _, err := b.server.Of("/").Sockets()[0].EmitWithAck(ctx, "ask"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if answers, err := b.server.Of("/").EmitWithAck(ctx, "ask"); err == nil || len(answers) != 0 {
			t.Errorf("got %v %v", answers, err)
		}
		if got := time.Since(began); got != 3*time.Second {
			t.Errorf("it took %v", got)
		}
	})
}

// One member of a room stops reading; nobody else notices.
func TestAStalledMemberHoldsNobodyUp(t *testing.T) {
	f := serve(t, socketio.Config{})
	n := f.Of("/")
	const messages = 300
	gone := make(chan socketio.Reason, 1)
	stalled, s := f.connect("/")
	_ = stalled // it never reads again
	n.OnDisconnect(func(who *socketio.Socket, r socketio.Reason) {
		if who == s {
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
				packet, err := c.listen()
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
				t.Fatalf("got %q, want %q", got, want)
			}
		}
	}
	if r := receive(t, gone); r != socketio.ReasonTooSlow {
		t.Errorf("reason is %q", r)
	}
	if longest > 4*time.Second { // a write that blocks takes StallTimeout, which is 10 s
		t.Errorf("the longest Emit took %v", longest)
	}
}

func TestTheServerCannotBeConfusedWhileItCloses(t *testing.T) {
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
		if server.Len() != 0 || n.Count() != 0 {
			t.Errorf("%d connections and %d sockets are left", server.Len(), n.Count())
		}
		if err := n.ConsistencyCheck(); err != nil {
			t.Error(err)
		}
	}
}

// To come and to go a thousand times costs the program more than the client.
func TestConnectsAreLimited(t *testing.T) {
	f := serve(t, socketio.Config{Limits: socketio.Limits{MaxConnects: 3}})
	f.Of("/chat")
	c := f.dial()
	for range 3 {
		c.connect("/chat")
		c.say("41/chat,")
	}
	c.say("40/chat,")
	c.wantEnd()
}
