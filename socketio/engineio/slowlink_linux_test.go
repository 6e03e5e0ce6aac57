package engineio_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"gifchat/socketio/engineio"
)

// slowPatience is how long a test waits for what comes over a slow link.
const slowPatience = 3 * time.Minute

// slowLink is a link, and what goes over it.
type slowLink struct {
	rate  int // bytes per second
	bytes int
}

// TestSlowLink has links on which everything takes longer than StallTimeout and
// PingTimeout, while bytes flow all the time.
func TestSlowLink(t *testing.T) {
	t.Parallel()
	for name, test := range slowLinkTests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := serve(t, impatient(), nil)
			test(t, f, slowLink{rate: 40_000, bytes: 120_000})
		})
	}
}

func impatient() engineio.Config {
	return engineio.Config{
		PingInterval: 500 * time.Millisecond, PingTimeout: 700 * time.Millisecond,
		Limits: engineio.Limits{StallTimeout: time.Second},
	}
}

var slowLinkTests = map[string]func(*testing.T, *fixture, slowLink){
	"one_large_message":                  largeMessageArrives,
	"a_queue_of_messages":                queueArrives,
	"a_large_message_of_the_client":      func(t *testing.T, f *fixture, l slowLink) { clientMessageArrives(t, f, l, "4") },
	"a_large_message_of_a_client_of_1.x": func(t *testing.T, f *fixture, l slowLink) { clientMessageArrives(t, f, l, "3") },
	"the_answer_of_a_poll":               pollAnswerArrives,
	"a_large_body":                       func(t *testing.T, f *fixture, l slowLink) { bodyArrives(t, f, l, "4") },
	"a_large_body_of_a_client_of_1.x":    func(t *testing.T, f *fixture, l slowLink) { bodyArrives(t, f, l, "3") },
	"a_reader_below_the_minimum_rate":    tricklingReaderIsCut,
}

// client opens a TCP connection over the link, with TLS if the server has it.
func (f *fixture) client(t *testing.T, l *link) net.Conn {
	t.Helper()
	conn := l.dial(t)
	if f.http.TLS == nil {
		return conn
	}
	cfg := f.http.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	cfg.ServerName = "example.com" // as httptest's certificate says
	secure := tls.Client(conn, cfg)
	if err := secure.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	return secure
}

// socketOver opens a WebSocket over the link.
func (f *fixture) socketOver(t *testing.T, l *link, revision string) (*wire, *peer) {
	t.Helper()
	w, resp := handshake(t, f.client(t, l), "example.com", "transport=websocket&EIO="+revision)
	if w == nil {
		t.Fatalf("handshake: %d", resp.StatusCode)
	}
	w.patience = slowPatience
	parseOpen(t, w.text())
	return w, f.peer()
}

// texts reads n messages and answers pings as stock clients do.
func (w *wire) texts(n int) (texts []string) {
	w.t.Helper()
	for len(texts) < n {
		switch text := w.text(); text[0] {
		case '2':
			w.say("3")
		case '4':
			texts = append(texts, text[1:])
		}
	}
	return texts
}

func largeMessageArrives(t *testing.T, f *fixture, l slowLink) {
	w, p := f.socketOver(t, f.throttle(l.rate), "4")
	want := strings.Repeat("x", l.bytes)
	p.send(t, want)
	if got := w.texts(1)[0]; got != want {
		t.Errorf("got %d bytes, want %d", len(got), len(want))
	}
	p.wantOpen(t)
}

func queueArrives(t *testing.T, f *fixture, l slowLink) {
	w, p := f.socketOver(t, f.throttle(l.rate), "4")
	const messages = 20
	for i := range messages {
		p.send(t, fmt.Sprintf("%02d%s", i, strings.Repeat("x", l.bytes/messages)))
	}
	for i, text := range w.texts(messages) {
		if want := fmt.Sprintf("%02d", i); text[:2] != want {
			t.Fatalf("got message %s, want %s", text[:2], want)
		}
	}
	p.wantOpen(t)
}

func clientMessageArrives(t *testing.T, f *fixture, l slowLink, revision string) {
	w, p := f.socketOver(t, f.throttle(l.rate), revision)
	want := strings.Repeat("x", l.bytes)
	w.write(ws.NewTextFrame([]byte("4" + want)))
	p.wantMessageSlowly(t, want)
	p.wantOpen(t)
}

func pollAnswerArrives(t *testing.T, f *fixture, l slowLink) {
	conn := f.client(t, f.throttle(l.rate))
	sid, p := f.poll()
	want := strings.Repeat("x", l.bytes)
	p.send(t, want)
	fmt.Fprintf(conn, "GET /?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: x\r\n\r\n", sid)
	if a := readResponse(t, conn); a.body != "4"+want {
		t.Errorf("got %d bytes, want %d", len(a.body), len(want)+1)
	}
	f.call("POST", "&sid="+sid, "3").want(t, 200, "ok")
	p.wantOpen(t)
}

func bodyArrives(t *testing.T, f *fixture, l slowLink, revision string) {
	conn := f.client(t, f.throttle(l.rate))
	sid, p := f.pollOf(revision)
	want := strings.Repeat("x", l.bytes)
	body := "4" + want
	if revision == "3" {
		body = fmt.Sprintf("%d:%s", len(body), body)
	}
	fmt.Fprintf(conn, "POST /?EIO=%s&transport=polling&sid=%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", revision, sid, len(body))
	if _, err := io.WriteString(conn, body); err != nil {
		t.Fatal(err)
	}
	if a := readResponse(t, conn); a.status != 200 {
		t.Errorf("got %d %s", a.status, a.body)
	}
	p.wantMessage(t, want)
	p.wantOpen(t)
}

// A client that reads a little now and then makes no progress by MinRate.
func tricklingReaderIsCut(t *testing.T, f *fixture, l slowLink) {
	w, p := f.socketOver(t, f.throttle(l.rate), "4")
	p.send(t, strings.Repeat("x", 8<<20))
	go func() {
		few := make([]byte, 16)
		for {
			if _, err := w.conn.Read(few); err != nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	}()
	// Its pong may be due before that.
	if r := receive(t, p.closed); r != engineio.ReasonTooSlow && r != engineio.ReasonPingTimeout {
		t.Errorf("closed with %q", r)
	}
}

// pollOf opens a connection of a revision by polling.
func (f *fixture) pollOf(revision string) (sid string, p *peer) {
	if revision == "3" {
		return f.poll3("")
	}
	return f.poll()
}

func (p *peer) wantMessageSlowly(t *testing.T, want string) {
	t.Helper()
	select {
	case got := <-p.messages:
		if got != (heard{want, false}) {
			t.Errorf("got %d bytes, want %d", len(got.data), len(want))
		}
	case r := <-p.closed:
		t.Fatalf("closed with %q", r)
	case <-time.After(slowPatience):
		t.Fatal("nothing came")
	}
}

func readResponse(t *testing.T, conn net.Conn) answer {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(slowPatience))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(body)}
}
