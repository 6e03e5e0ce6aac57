package engineio_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing/synctest"

	"github.com/gobwas/ws"
)

// The client of the model: requests and WebSockets that end when they like.

// pending is a request that is being answered.
type pending struct {
	answer chan *httptest.ResponseRecorder
	cancel context.CancelFunc
}

// ask makes a request and lets the server do what it does at once.
func (m *model) ask(method, sid string, body io.Reader, contentType string) *pending {
	ctx, cancel := context.WithCancel(context.Background())
	p := &pending{make(chan *httptest.ResponseRecorder, 1), cancel}
	r := httptest.NewRequestWithContext(ctx, method, "/?EIO="+m.revision+"&transport=polling&sid="+sid, body)
	r.Header.Set("Content-Type", contentType)
	go func() {
		w := httptest.NewRecorder()
		m.engine.ServeHTTP(w, r)
		p.answer <- w
	}()
	synctest.Wait()
	return p
}

// answered returns the answer if it has come.
func (p *pending) answered() *httptest.ResponseRecorder {
	select {
	case w := <-p.answer:
		p.cancel()
		return w
	default:
		return nil
	}
}

// wantNow expects an answer of that status.
func (m *model) wantNow(p *pending, status int) {
	m.t.Helper()
	switch w := p.answered(); {
	case w == nil:
		m.t.Errorf("no answer, want %d", status)
		p.cancel()
	case w.Code != status:
		m.t.Errorf("answered %d %q, want %d", w.Code, w.Body, status)
	}
}

// payload makes a polling body of one packet.
func (m *model) payload(packet string) string {
	if m.revision == "3" {
		return strconv.Itoa(len(packet)) + ":" + packet
	}
	return packet
}

// take reads the packets of a poll's answer.
func (m *model) take(body string) {
	for body != "" {
		var packet string
		if m.revision == "3" {
			length, rest, _ := strings.Cut(body, ":")
			n, err := strconv.Atoi(length)
			if err != nil || n > len(rest) {
				m.t.Fatalf("malformed payload %q", body)
			}
			packet, body = rest[:n], rest[n:]
		} else {
			packet, body, _ = strings.Cut(body, "\x1e")
		}
		m.takePacket(packet)
	}
}

// takePacket checks that messages come once and in order.
func (m *model) takePacket(packet string) {
	if packet == "" || packet[0] != '4' {
		return // a heartbeat, a noop or the end
	}
	if packet != fmt.Sprintf("4%d", m.heard) {
		m.t.Errorf("the client got %q, want message %d", packet, m.heard)
	}
	m.heard++
}

// socket is the client's end of a WebSocket, which is always read.
type socket struct {
	conn   net.Conn
	frames chan string
	closed chan struct{}
}

// dialSocket opens a WebSocket for the model's sid; nil if it is refused.
func (m *model) dialSocket() (*socket, int) {
	server, client := net.Pipe()
	answer := httptest.NewRecorder()
	served := make(chan struct{})
	go func() {
		defer close(served)
		r := httptest.NewRequest(http.MethodGet, "/?EIO="+m.revision+"&transport=websocket&sid="+m.sid, nil)
		for name, value := range map[string]string{
			"Upgrade": "websocket", "Connection": "Upgrade",
			"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
		} {
			r.Header.Set(name, value)
		}
		m.engine.ServeHTTP(pipeWriter{answer, server}, r)
	}()
	if m.at == gone {
		<-served
		_ = client.Close()
		_ = server.Close()
		return nil, answer.Code
	}
	reader := bufio.NewReader(client)
	resp, err := http.ReadResponse(reader, nil)
	if err != nil {
		m.t.Fatal(err)
	}
	s := &socket{conn: client, frames: make(chan string, 1000), closed: make(chan struct{})}
	go s.read(reader)
	return s, resp.StatusCode
}

func (s *socket) read(r *bufio.Reader) {
	defer close(s.closed)
	for {
		f, err := ws.ReadFrame(r)
		if err != nil || f.Header.OpCode == ws.OpClose {
			_ = s.conn.Close()
			return
		}
		s.frames <- string(f.Payload)
	}
}

// next returns the next message if it has come.
func (s *socket) next() string {
	select {
	case text := <-s.frames:
		return text
	default:
		return ""
	}
}

func (s *socket) ended() bool {
	select {
	case <-s.closed:
		return true
	default:
		return false
	}
}

// write says something to a server that may have ended.
func (s *socket) write(text string) { _, _ = s.conn.Write(masked(text)) }

func (s *socket) cut() { _ = s.conn.Close() }

func masked(text string) []byte {
	var b bytes.Buffer
	ws.MustWriteFrame(&b, ws.MaskFrame(ws.NewTextFrame([]byte(text))))
	return b.Bytes()
}
