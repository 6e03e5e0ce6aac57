package socketio_test

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// peer is a client of either transport and revision that is connected to "/".
type peer interface {
	send(packet string)
	next() (packet string, err error) // io.EOF after the end of the connection
}

// peers connect a client to the server at url.
var peers = map[string]func(t *testing.T, url string) peer{
	"WebSocket":             func(t *testing.T, url string) peer { return dialPeer(t, url, 4) },
	"WebSocket, revision 3": func(t *testing.T, url string) peer { return dialPeer(t, url, 3) },
	"polling":               func(t *testing.T, url string) peer { return pollPeer(t, url, 4) },
	"polling, revision 3":   func(t *testing.T, url string) peer { return pollPeer(t, url, 3) },
}

type webSocketPeer struct{ *client }

func (p webSocketPeer) send(packet string)    { p.client.send(packet) }
func (p webSocketPeer) next() (string, error) { return p.tryReceive() }

func dialPeer(t *testing.T, url string, revision int) peer {
	t.Helper()
	c := dialAt(t, url, revision)
	if revision == 4 {
		c.connect("/")
	} else {
		c.want("40")
	}
	return webSocketPeer{c}
}

// pollingPeer fetches packets only when next needs one.
type pollingPeer struct {
	t        *testing.T
	url      string
	revision int
	packets  []string // received and not returned yet
}

func pollPeer(t *testing.T, server string, revision int) *pollingPeer {
	t.Helper()
	p := &pollingPeer{t: t, url: fmt.Sprintf("%s/socket.io/?EIO=%d&transport=polling", server, revision), revision: revision}
	open, err := p.next()
	_, after, _ := strings.Cut(open, `"sid":"`)
	sid, _, ok := strings.Cut(after, `"`)
	if err != nil || !ok {
		t.Fatalf("handshake: got %q, %v, want an open packet", open, err)
	}
	p.url += "&sid=" + sid
	if revision == 4 {
		p.send("40")
	}
	if answer, err := p.next(); err != nil || !strings.HasPrefix(answer, "40") {
		t.Fatalf("CONNECT: got %q, %v, want 40", answer, err)
	}
	return p
}

func (p *pollingPeer) send(packet string) {
	if p.revision == 3 {
		packet = strconv.Itoa(len(packet)) + ":" + packet
	}
	resp, err := http.Post(p.url, "text/plain", strings.NewReader(packet))
	if err != nil {
		p.t.Errorf("POST %q: %v", packet, err)
		return
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		p.t.Errorf("POST %q: got %d, want 200", packet, resp.StatusCode)
	}
}

func (p *pollingPeer) next() (string, error) {
	for len(p.packets) == 0 {
		resp, err := http.Get(p.url)
		if err != nil {
			return "", err
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			return "", io.EOF
		}
		p.split(string(body))
	}
	packet := p.packets[0]
	p.packets = p.packets[1:]
	if packet == "1" {
		return "", io.EOF
	}
	return packet, nil
}

// split appends the packets of a response.
func (p *pollingPeer) split(body string) {
	if p.revision == 4 {
		p.packets = append(p.packets, strings.Split(body, "\x1e")...)
		return
	}
	for body != "" {
		length, rest, _ := strings.Cut(body, ":")
		n, err := strconv.Atoi(length)
		if err != nil || n > len(rest) {
			p.t.Fatalf("payload: got %q, want lengths and packets", body)
		}
		p.packets = append(p.packets, rest[:n])
		body = rest[n:]
	}
}

// wantPackets checks the next packets of a client and then the end of the connection.
func wantPackets(t *testing.T, p peer, packets ...string) {
	t.Helper()
	for _, want := range packets {
		if got, err := p.next(); got != want || err != nil {
			t.Errorf("packet: got %q, %v, want %q", got, err, want)
		}
	}
	if got, err := p.next(); err == nil {
		t.Errorf("packet: got %q, want the end of the connection", got)
	}
}
