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

// The client of the model: requests and WebSockets that it can abort at any time.

// pending is a request whose response has not been read.
type pending struct {
	answer chan *httptest.ResponseRecorder
	cancel context.CancelFunc
}

// request makes a request and waits until the server is idle.
func (m *model) request(method, sid string, body io.Reader, contentType string) *pending {
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

// answered returns the response, or nil if there is none yet.
func (p *pending) answered() *httptest.ResponseRecorder {
	select {
	case w := <-p.answer:
		p.cancel()
		return w
	default:
		return nil
	}
}

// wantStatus checks that there is a response with the given status.
func (m *model) wantStatus(p *pending, status int) {
	m.t.Helper()
	switch w := p.answered(); {
	case w == nil:
		m.t.Errorf("response: got none, want %d", status)
		p.cancel()
	case w.Code != status:
		m.t.Errorf("response: got %d %q, want %d", w.Code, w.Body, status)
	}
}

// payload encodes a packet as a polling body.
func (m *model) payload(packet string) string {
	if m.revision == "3" {
		return strconv.Itoa(len(packet)) + ":" + packet
	}
	return packet
}

// readPayload reads the packets of a poll response.
func (m *model) readPayload(body string) {
	for body != "" {
		var packet string
		if m.revision == "3" {
			length, rest, _ := strings.Cut(body, ":")
			n, err := strconv.Atoi(length)
			if err != nil || n > len(rest) {
				m.t.Fatalf("payload: got %q, want <length>:<packet>", body)
			}
			packet, body = rest[:n], rest[n:]
		} else {
			packet, body, _ = strings.Cut(body, "\x1e")
		}
		m.readPacket(packet)
	}
}

// readPacket checks that messages arrive once and in order.
func (m *model) readPacket(packet string) {
	if packet == "" || packet[0] != '4' {
		return // a heartbeat, a noop or a close packet
	}
	if packet != fmt.Sprintf("4%d", m.delivered) {
		m.t.Errorf("message to the client: got %q, want number %d", packet, m.delivered)
	}
	m.delivered++
}

// socket is the client's end of a WebSocket. A goroutine reads it until its end.
type socket struct {
	conn   net.Conn
	frames chan string
	closed chan struct{}
}

// dialSocket opens a WebSocket for the model's sid. It returns nil if the server rejects
// it.
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
	if m.state == ended {
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

// next returns the next message, or "" if there is none yet.
func (s *socket) next() string {
	select {
	case text := <-s.frames:
		return text
	default:
		return ""
	}
}

func (s *socket) isClosed() bool {
	select {
	case <-s.closed:
		return true
	default:
		return false
	}
}

// write sends a message. The server may have closed the connection before.
func (s *socket) write(text string) { _, _ = s.conn.Write(maskedText(text)) }

func (s *socket) close() { _ = s.conn.Close() }

func maskedText(text string) []byte {
	var b bytes.Buffer
	ws.MustWriteFrame(&b, ws.MaskFrame(ws.NewTextFrame([]byte(text))))
	return b.Bytes()
}
