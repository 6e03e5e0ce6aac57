package engineio_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio/engineio"
)

// In a bubble there are no sockets and no http.Server: requests are handed to
// the server directly, and WebSockets run over net.Pipe.
type bubble struct {
	t      *testing.T
	engine *engineio.Server
	peers  chan *peer
	began  time.Time
}

func inBubble(t *testing.T, cfg engineio.Config, test func(*bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{t: t, peers: make(chan *peer, 100), began: time.Now()}
		cfg.Accept = func(c *engineio.Conn) engineio.Receiver {
			p := &peer{conn: c, messages: make(chan heard, 100), closed: make(chan engineio.Reason, 1)}
			b.peers <- p
			return p
		}
		b.engine = engineio.NewServer(cfg)
		defer func() {
			if err := b.engine.Close(context.Background()); err != nil {
				t.Error(err)
			}
			synctest.Wait()
		}()
		test(b)
	})
}

// at runs the clock until d after the beginning.
func (b *bubble) at(d time.Duration) {
	time.Sleep(time.Until(b.began.Add(d))) // in a bubble this takes no time
	synctest.Wait()
}

func (b *bubble) request(method, query, body string) <-chan string {
	return b.requestOf("4", method, query, body)
}

func (b *bubble) request3(method, query, body string) <-chan string {
	return b.requestOf("3", method, query, body)
}

func (b *bubble) requestOf(revision, method, query, body string) <-chan string {
	c := make(chan string, 1)
	go func() {
		w := httptest.NewRecorder()
		b.engine.ServeHTTP(w, httptest.NewRequest(method, "/?EIO="+revision+"&transport=polling"+query, strings.NewReader(body)))
		c <- w.Body.String()
	}()
	return c
}

func (b *bubble) poll() (sid string, p *peer) {
	return parseOpen(b.t, <-b.request("GET", "", "")).SID, <-b.peers
}

// pipeWriter hands one end of a pipe to who hijacks it.
type pipeWriter struct {
	http.ResponseWriter
	conn net.Conn
}

func (w pipeWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return w.conn, bufio.NewReadWriter(bufio.NewReader(w.conn), bufio.NewWriter(w.conn)), nil
}

// dial opens a WebSocket; with a sid it begins an upgrade.
func (b *bubble) dial(query string) *wire {
	b.t.Helper()
	return b.dialAs("EIO=4&transport=websocket" + query)
}

// dialAs opens a WebSocket with that query.
func (b *bubble) dialAs(query string) *wire {
	b.t.Helper()
	server, client := net.Pipe()
	go func() {
		r := httptest.NewRequest("GET", "/?"+query, nil)
		r.Header.Set("Upgrade", "websocket")
		r.Header.Set("Connection", "Upgrade")
		r.Header.Set("Sec-WebSocket-Version", "13")
		r.Header.Set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
		b.engine.ServeHTTP(pipeWriter{httptest.NewRecorder(), server}, r)
	}()
	reader := bufio.NewReader(client)
	if _, err := http.ReadResponse(reader, nil); err != nil {
		b.t.Fatal(err)
	}
	return &wire{t: b.t, conn: client, r: reader, patience: time.Hour}
}

func TestAPingComesAfter25SecondsAndSilenceEndsIn45(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		sid, p := b.poll()
		waiting := b.request("GET", "&sid="+sid, "")
		b.at(25*time.Second - time.Nanosecond)
		select {
		case body := <-waiting:
			t.Fatalf("%q came before its time", body)
		default:
		}
		b.at(25 * time.Second)
		if body := <-waiting; body != "2" {
			t.Errorf("got %q, want a ping", body)
		}
		b.at(45*time.Second - time.Nanosecond)
		p.wantOpen(t)
		b.at(45 * time.Second)
		p.wantClosed(t, engineio.ReasonPingTimeout)
		if b.engine.Len() != 0 {
			t.Error("the connection was kept")
		}
	})
}

func TestAClientThatOnlyShookHandsIsForgotten(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		_, p := b.poll()
		b.at(45 * time.Second)
		p.wantClosed(t, engineio.ReasonPingTimeout)
	})
}

func TestPongsKeepAConnectionAlive(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		w := b.dial("")
		w.text()
		p := <-b.peers
		for range 100 {
			w.wantText("2")
			time.Sleep(19 * time.Second)
			w.say("3")
			synctest.Wait()
			p.wantOpen(t)
		}
		if got, want := time.Since(b.began), 100*(25+19)*time.Second; got != want {
			t.Errorf("100 heartbeats took %v, want %v", got, want)
		}
		w.close()
		p.wantClosed(t, engineio.ReasonTransportClose)
	})
}

func TestUnaskedPongsChangeNothing(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		sid, p := b.poll()
		for i := range 24 { // none of them is an answer, so none puts the ping off
			b.at(time.Duration(i+1) * time.Second)
			if body := <-b.request("POST", "&sid="+sid, strings.Repeat("3\x1e", 39)+"3"); body != "ok" {
				t.Errorf("got %q", body)
			}
		}
		waiting := b.request("GET", "&sid="+sid, "")
		b.at(25 * time.Second)
		if body := <-waiting; body != "2" {
			t.Errorf("got %q, want a ping at 25 s", body)
		}
		if body := <-b.request("POST", "&sid="+sid, "3\x1e3\x1e3"); body != "ok" {
			t.Errorf("got %q", body)
		}
		waiting = b.request("GET", "&sid="+sid, "")
		b.at(50 * time.Second)
		if body := <-waiting; body != "2" {
			t.Errorf("got %q, want a ping at 50 s", body)
		}
		b.at(70 * time.Second)
		p.wantClosed(t, engineio.ReasonPingTimeout)
	})
}

func TestMessagesAreNoPongs(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		w := b.dial("")
		w.text()
		p := <-b.peers
		w.wantText("2")
		for range 19 {
			time.Sleep(time.Second)
			w.say("4still talking")
		}
		b.at(45 * time.Second)
		p.wantClosed(t, engineio.ReasonPingTimeout)
		w.close()
	})
}

func TestTheHeartbeatSurvivesTheUpgrade(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		sid, p := b.poll()
		b.at(10 * time.Second)
		w := b.dial("&sid=" + sid)
		w.say("2probe")
		w.wantText("3probe")
		w.say("5")
		w.wantText("2")
		if got := time.Since(b.began); got != 25*time.Second {
			t.Errorf("the ping came after %v", got)
		}
		w.say("3")
		w.wantText("2")
		w.close()
		p.wantClosed(t, engineio.ReasonTransportClose)
	})
}

func TestAnUpgradeHasTenSeconds(t *testing.T) {
	for _, probed := range []bool{false, true} {
		inBubble(t, engineio.Config{}, func(b *bubble) {
			sid, p := b.poll()
			w := b.dial("&sid=" + sid)
			if probed {
				w.say("2probe")
				w.wantText("3probe")
			}
			synctest.Wait()
			if !p.conn.Probing() {
				t.Error("it is not probing")
			}
			b.at(10*time.Second - time.Nanosecond)
			if !p.conn.Probing() {
				t.Error("given up too early")
			}
			b.at(10 * time.Second)
			if p.conn.Probing() {
				t.Error("it is still probing")
			}
			w.wantEnd()
			p.wantOpen(t)
		})
	}
}

// A WebSocket that takes nothing is given up after StallTimeout.
func TestAStuckSocketIsGivenUp(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		w := b.dial("")
		w.text()
		p := <-b.peers
		p.send(t, "nobody reads this")
		b.at(10*time.Second - time.Nanosecond)
		p.wantOpen(t)
		b.at(10 * time.Second)
		p.wantClosed(t, engineio.ReasonTooSlow)
		w.close()
	})
}

// One that takes a byte now and then is given up too.
func TestATricklingReaderIsGivenUp(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		w := b.dial("")
		w.text()
		p := <-b.peers
		p.send(t, strings.Repeat("x", 10_000))
		p.send(t, "more")
		go func() {
			one := make([]byte, 1)
			for {
				time.Sleep(time.Second)
				if _, err := w.conn.Read(one); err != nil {
					return
				}
			}
		}()
		b.at(24 * time.Second)
		p.wantClosed(t, engineio.ReasonTooSlow)
		w.close()
	})
}

func TestAfterAStallTheSameConnectionGoesOn(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		w := b.dial("")
		w.text()
		p := <-b.peers
		for i := range 3 {
			p.send(t, string(rune('a'+i)))
		}
		b.at(4 * time.Second)
		w.wantText("4a")
		w.wantText("4b")
		w.wantText("4c")
		b.at(20 * time.Second) // the deadline of those writes is over
		p.send(t, "d")
		w.wantText("4d")
		w.wantText("2")
		w.say("3")
		synctest.Wait()
		p.wantOpen(t)
		w.close()
		p.wantClosed(t, engineio.ReasonTransportClose)
	})
}
