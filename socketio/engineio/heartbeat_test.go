package engineio_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

// bubble is a server in a synctest bubble, which has no sockets and no http.Server. Its
// methods pass requests to the server directly. WebSockets use net.Pipe.
type bubble struct {
	t      *testing.T
	engine *engineio.Server
	peers  chan *siotest.Peer
	start  time.Time
}

func inBubble(t *testing.T, cfg engineio.Config, test func(*bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{t: t, peers: make(chan *siotest.Peer, 100), start: time.Now()}
		cfg.Accept = func(c *engineio.Conn) engineio.Receiver {
			p := siotest.NewPeer(c, nil)
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

// at advances the clock to d after the start.
func (b *bubble) at(d time.Duration) {
	time.Sleep(time.Until(b.start.Add(d))) // in a bubble this takes no real time
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

func (b *bubble) poll() (sid string, p *siotest.Peer) {
	return siotest.ParseOpen(b.t, <-b.request("GET", "", "")).SID, <-b.peers
}

// pipeWriter returns one end of a pipe from Hijack.
type pipeWriter struct {
	http.ResponseWriter
	conn net.Conn
}

func (w pipeWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return w.conn, bufio.NewReadWriter(bufio.NewReader(w.conn), bufio.NewWriter(w.conn)), nil
}

// dial opens a WebSocket. With a sid it starts an upgrade.
func (b *bubble) dial(query string) *siotest.WebSocket {
	b.t.Helper()
	return b.dialAs("EIO=4&transport=websocket" + query)
}

// dialAs opens a WebSocket with the given query.
func (b *bubble) dialAs(query string) *siotest.WebSocket {
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
	w := siotest.NewWebSocket(b.t, client, reader)
	w.Patience = time.Hour
	return w
}

func TestHeartbeat_pings_after_25_s_and_ends_after_45_s(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		sid, p := b.poll()
		waiting := b.request("GET", "&sid="+sid, "")
		b.at(25*time.Second - time.Nanosecond)
		select {
		case body := <-waiting:
			t.Fatalf("before 25 s: got %q, want no response", body)
		default:
		}
		b.at(25 * time.Second)
		if body := <-waiting; body != "2" {
			t.Errorf("got %q, want a ping", body)
		}
		b.at(45*time.Second - time.Nanosecond)
		p.WantOpen(t)
		b.at(45 * time.Second)
		p.WantClosed(t, engineio.ReasonPingTimeout)
		if b.engine.Len() != 0 {
			t.Error("Len: got a connection, want none")
		}
	})
}

func TestHeartbeat_ends_a_client_without_a_poll(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		_, p := b.poll()
		b.at(45 * time.Second)
		p.WantClosed(t, engineio.ReasonPingTimeout)
	})
}

func TestHeartbeat_continues_with_pongs(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		w := b.dial("")
		w.Text()
		p := <-b.peers
		for range 100 {
			w.WantText("2")
			time.Sleep(19 * time.Second)
			w.Send("3")
			synctest.Wait()
			p.WantOpen(t)
		}
		if got, want := time.Since(b.start), 100*(25+19)*time.Second; got != want {
			t.Errorf("100 heartbeats took %v, want %v", got, want)
		}
		w.Close()
		p.WantClosed(t, engineio.ReasonTransportClose)
	})
}

func TestHeartbeat_ignores_unsolicited_pongs(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		sid, p := b.poll()
		for i := range 24 { // they answer no ping, so they do not delay the next one
			b.at(time.Duration(i+1) * time.Second)
			if body := <-b.request("POST", "&sid="+sid, strings.Repeat("3\x1e", 39)+"3"); body != "ok" {
				t.Errorf("POST: got %q, want ok", body)
			}
		}
		waiting := b.request("GET", "&sid="+sid, "")
		b.at(25 * time.Second)
		if body := <-waiting; body != "2" {
			t.Errorf("got %q, want a ping at 25 s", body)
		}
		if body := <-b.request("POST", "&sid="+sid, "3\x1e3\x1e3"); body != "ok" {
			t.Errorf("POST: got %q, want ok", body)
		}
		waiting = b.request("GET", "&sid="+sid, "")
		b.at(50 * time.Second)
		if body := <-waiting; body != "2" {
			t.Errorf("got %q, want a ping at 50 s", body)
		}
		b.at(70 * time.Second)
		p.WantClosed(t, engineio.ReasonPingTimeout)
	})
}

func TestHeartbeat_does_not_accept_messages_as_pongs(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		w := b.dial("")
		w.Text()
		p := <-b.peers
		w.WantText("2")
		for range 19 {
			time.Sleep(time.Second)
			w.Send("4still talking")
		}
		b.at(45 * time.Second)
		p.WantClosed(t, engineio.ReasonPingTimeout)
		w.Close()
	})
}

func TestHeartbeat_continues_after_an_upgrade(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		sid, p := b.poll()
		b.at(10 * time.Second)
		w := b.dial("&sid=" + sid)
		w.Send("2probe")
		w.WantText("3probe")
		w.Send("5")
		w.WantText("2")
		if got := time.Since(b.start); got != 25*time.Second {
			t.Errorf("ping: got it after %v, want 25 s", got)
		}
		w.Send("3")
		w.WantText("2")
		w.Close()
		p.WantClosed(t, engineio.ReasonTransportClose)
	})
}

func TestUpgrade_times_out_after_10_s(t *testing.T) {
	for _, probed := range []bool{false, true} {
		inBubble(t, engineio.Config{}, func(b *bubble) {
			sid, p := b.poll()
			w := b.dial("&sid=" + sid)
			if probed {
				w.Send("2probe")
				w.WantText("3probe")
			}
			synctest.Wait()
			if !p.Conn.Probing() {
				t.Error("Probing after the request: got false, want true")
			}
			b.at(10*time.Second - time.Nanosecond)
			if !p.Conn.Probing() {
				t.Error("Probing before 10 s: got false, want true")
			}
			b.at(10 * time.Second)
			if p.Conn.Probing() {
				t.Error("Probing after 10 s: got true, want false")
			}
			w.WantEnd()
			p.WantOpen(t)
		})
	}
}

// A client that reads nothing is disconnected after StallTimeout.
func TestStall_ends_a_WebSocket_that_reads_nothing(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		w := b.dial("")
		w.Text()
		p := <-b.peers
		p.Send(t, "unread")
		b.at(10*time.Second - time.Nanosecond)
		p.WantOpen(t)
		b.at(10 * time.Second)
		p.WantClosed(t, engineio.ReasonTooSlow)
		w.Close()
	})
}

// A client that reads one byte per second is disconnected too.
func TestStall_ends_a_WebSocket_below_the_minimum_rate(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		w := b.dial("")
		w.Text()
		p := <-b.peers
		p.Send(t, strings.Repeat("x", 10_000))
		p.Send(t, "more")
		go func() {
			one := make([]byte, 1)
			for {
				time.Sleep(time.Second)
				if _, err := w.Conn.Read(one); err != nil {
					return
				}
			}
		}()
		b.at(24 * time.Second)
		p.WantClosed(t, engineio.ReasonTooSlow)
		w.Close()
	})
}

func TestStall_shorter_than_the_timeout_keeps_the_connection(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		w := b.dial("")
		w.Text()
		p := <-b.peers
		for i := range 3 {
			p.Send(t, string(rune('a'+i)))
		}
		b.at(4 * time.Second)
		w.WantText("4a")
		w.WantText("4b")
		w.WantText("4c")
		b.at(20 * time.Second) // after the deadline of those writes
		p.Send(t, "d")
		w.WantText("4d")
		w.WantText("2")
		w.Send("3")
		synctest.Wait()
		p.WantOpen(t)
		w.Close()
		p.WantClosed(t, engineio.ReasonTransportClose)
	})
}

// A client that sends no heartbeat is detected within PingInterval and PingTimeout,
// over each revision.
func TestHeartbeat_detects_a_dead_client_in_time(t *testing.T) {
	for _, revision := range []string{"3", "4"} {
		for _, last := range []time.Duration{0, 26 * time.Second} { // of the last heartbeat, or of the handshake
			t.Run(fmt.Sprintf("revision %s, last heartbeat after %v", revision, last), func(t *testing.T) {
				inBubble(t, engineio.Config{}, func(b *bubble) {
					sid := siotest.ParseOpen(t, <-b.requestOf(revision, "GET", "", "")).SID
					p := <-b.peers
					if last > 0 {
						b.at(last)
						heartbeat := map[string]string{"3": "1:2", "4": "3"}[revision] // the server's ping of revision 4 came after 25 s
						<-b.requestOf(revision, "POST", "&sid="+sid, heartbeat)
					}
					b.at(last + 10*time.Second)
					noop := map[string]string{"3": "1:6", "4": "6"}[revision]
					<-b.requestOf(revision, "POST", "&sid="+sid, noop) // a noop is not a heartbeat
					b.at(last + 44*time.Second)
					p.WantOpen(t)
					b.at(last + 46*time.Second)
					p.WantClosed(t, engineio.ReasonPingTimeout)
				})
			})
		}
	}
}
