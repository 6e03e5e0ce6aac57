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
	"gifchat/socketio/internal/siotest"
)

// slowPatience is the timeout for events over a slow link.
const slowPatience = 3 * time.Minute

// slowLink is the rate of a link and the size of the data over it.
type slowLink struct {
	rate  int // bytes per second
	bytes int
}

// On these links every transfer takes longer than StallTimeout and PingTimeout, and
// makes progress all the time.
func TestSlowLink_keeps_the_connection(t *testing.T) {
	t.Parallel()
	for name, test := range slowLinkTests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := siotest.Serve(t, shortTimeouts(), nil)
			test(t, f, slowLink{rate: 40_000, bytes: 120_000})
		})
	}
}

func shortTimeouts() engineio.Config {
	return engineio.Config{
		PingInterval: 500 * time.Millisecond, PingTimeout: 700 * time.Millisecond,
		Limits: engineio.Limits{StallTimeout: time.Second},
	}
}

var slowLinkTests = map[string]func(*testing.T, *siotest.Engine, slowLink){
	"one large message":                  largeMessageArrives,
	"a queue of messages":                queueArrives,
	"a large message of the client":      func(t *testing.T, f *siotest.Engine, l slowLink) { clientMessageArrives(t, f, l, "4") },
	"a large message of a client of 1.x": func(t *testing.T, f *siotest.Engine, l slowLink) { clientMessageArrives(t, f, l, "3") },
	"the response of a poll":             pollAnswerArrives,
	"a large body":                       func(t *testing.T, f *siotest.Engine, l slowLink) { bodyArrives(t, f, l, "4") },
	"a large body of a client of 1.x":    func(t *testing.T, f *siotest.Engine, l slowLink) { bodyArrives(t, f, l, "3") },
	"a reader below the minimum rate":    slowReaderIsClosed,
}

// dialLink opens a TCP connection over the link, with TLS if the server uses it.
func dialLink(t *testing.T, f *siotest.Engine, l *link) net.Conn {
	t.Helper()
	conn := l.dial(t)
	if f.HTTP.TLS == nil {
		return conn
	}
	cfg := f.HTTP.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	cfg.ServerName = "example.com" // the name in httptest's certificate
	secure := tls.Client(conn, cfg)
	if err := secure.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	return secure
}

// webSocketOver opens a WebSocket over the link.
func webSocketOver(t *testing.T, f *siotest.Engine, l *link, revision string) (*siotest.WebSocket, *siotest.Peer) {
	t.Helper()
	w, resp := siotest.Handshake(t, dialLink(t, f, l), "example.com", "transport=websocket&EIO="+revision)
	if w == nil {
		t.Fatalf("handshake: got %d, want 101", resp.StatusCode)
	}
	w.Patience = slowPatience
	siotest.ParseOpen(t, w.Text())
	return w, f.Peer()
}

// texts reads n messages. It answers pings, as stock clients do.
func texts(t *testing.T, w *siotest.WebSocket, n int) (texts []string) {
	t.Helper()
	for len(texts) < n {
		switch text := w.Text(); text[0] {
		case '2':
			w.Send("3")
		case '4':
			texts = append(texts, text[1:])
		}
	}
	return texts
}

func largeMessageArrives(t *testing.T, f *siotest.Engine, l slowLink) {
	w, p := webSocketOver(t, f, throttle(t, f, l.rate), "4")
	want := strings.Repeat("x", l.bytes)
	p.Send(t, want)
	if got := texts(t, w, 1)[0]; got != want {
		t.Errorf("message: got %d bytes, want %d", len(got), len(want))
	}
	p.WantOpen(t)
}

func queueArrives(t *testing.T, f *siotest.Engine, l slowLink) {
	w, p := webSocketOver(t, f, throttle(t, f, l.rate), "4")
	const messages = 20
	for i := range messages {
		p.Send(t, fmt.Sprintf("%02d%s", i, strings.Repeat("x", l.bytes/messages)))
	}
	for i, text := range texts(t, w, messages) {
		if want := fmt.Sprintf("%02d", i); text[:2] != want {
			t.Fatalf("got message %s, want %s", text[:2], want)
		}
	}
	p.WantOpen(t)
}

func clientMessageArrives(t *testing.T, f *siotest.Engine, l slowLink, revision string) {
	w, p := webSocketOver(t, f, throttle(t, f, l.rate), revision)
	want := strings.Repeat("x", l.bytes)
	w.Write(ws.NewTextFrame([]byte("4" + want)))
	wantMessageSlowly(t, p, want)
	p.WantOpen(t)
}

func pollAnswerArrives(t *testing.T, f *siotest.Engine, l slowLink) {
	conn := dialLink(t, f, throttle(t, f, l.rate))
	sid, p := f.Open()
	want := strings.Repeat("x", l.bytes)
	p.Send(t, want)
	fmt.Fprintf(conn, "GET /?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: x\r\n\r\n", sid)
	if a := readResponse(t, conn); a.Body != "4"+want {
		t.Errorf("poll: got %d bytes, want %d", len(a.Body), len(want)+1)
	}
	f.Call("POST", "&sid="+sid, "3").Want(t, 200, "ok")
	p.WantOpen(t)
}

func bodyArrives(t *testing.T, f *siotest.Engine, l slowLink, revision string) {
	conn := dialLink(t, f, throttle(t, f, l.rate))
	sid, p := f.As(revision).Open()
	want := strings.Repeat("x", l.bytes)
	body := "4" + want
	if revision == "3" {
		body = fmt.Sprintf("%d:%s", len(body), body)
	}
	fmt.Fprintf(conn, "POST /?EIO=%s&transport=polling&sid=%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", revision, sid, len(body))
	if _, err := io.WriteString(conn, body); err != nil {
		t.Fatal(err)
	}
	if a := readResponse(t, conn); a.Status != 200 {
		t.Errorf("POST: got %d %s, want 200", a.Status, a.Body)
	}
	p.WantMessage(t, want)
	p.WantOpen(t)
}

// A client that reads below MinRate is disconnected.
func slowReaderIsClosed(t *testing.T, f *siotest.Engine, l slowLink) {
	w, p := webSocketOver(t, f, throttle(t, f, l.rate), "4")
	p.Send(t, strings.Repeat("x", 8<<20))
	go func() {
		few := make([]byte, 16)
		for {
			if _, err := w.Conn.Read(few); err != nil {
				return
			}
			select {
			case <-t.Context().Done():
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	}()
	// The ping timeout may come first.
	if r := siotest.Receive(t, p.Ended); r != engineio.ReasonTooSlow && r != engineio.ReasonPingTimeout {
		t.Errorf("closed with %q, want too slow or ping timeout", r)
	}
}

func wantMessageSlowly(t *testing.T, p *siotest.Peer, want string) {
	t.Helper()
	select {
	case got := <-p.Messages:
		if got != (siotest.Message{Data: want}) {
			t.Errorf("message: got %d bytes, want %d", len(got.Data), len(want))
		}
	case r := <-p.Ended:
		t.Fatalf("closed with %q, want a message", r)
	case <-time.After(slowPatience):
		t.Fatalf("message: got none in %v, want one", slowPatience)
	}
}

func readResponse(t *testing.T, conn net.Conn) siotest.Response {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(slowPatience))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := siotest.ReadResponse(resp)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
