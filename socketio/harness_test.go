package socketio_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"gifchat/socketio"
	"gifchat/socketio/internal/siotest"
)

// patience is how long a test waits for an event.
const patience = siotest.Patience

// receive returns the next value of a channel.
func receive[T any](t testing.TB, c <-chan T) T {
	t.Helper()
	return siotest.Receive(t, c)
}

// eventually waits for a state that causes no event.
func eventually(t testing.TB, ok func() bool) {
	t.Helper()
	siotest.Eventually(t, ok)
}

// fixture is a server that tests connect to.
type fixture struct {
	*socketio.Server
	t    testing.TB
	http *httptest.Server
	once sync.Once
}

func serve(t testing.TB, cfg socketio.Config) *fixture {
	t.Helper()
	cfg.ObserveEvents = true
	f := &fixture{t: t, Server: socketio.NewServer(cfg)}
	t.Cleanup(func() { // after that of Listen
		for _, n := range []string{"/", "/chat"} { // the namespaces of the tests
			if err := f.Of(n).ConsistencyCheck(); err != nil {
				t.Errorf("namespace %s: %v", n, err)
			}
			if count := f.Of(n).Len(); count != 0 {
				t.Errorf("namespace %s: got %d sockets after Close, want 0", n, count)
			}
		}
	})
	f.http = siotest.Listen(t, f.Server, closeOnce{f})
	return f
}

// closeOnce is a siotest.Closer that calls fixture.close.
type closeOnce struct{ f *fixture }

func (c closeOnce) Close(context.Context) error {
	c.f.close()
	return nil
}

func (f *fixture) close() {
	f.t.Helper()
	f.once.Do(func() { siotest.Close(f.t, f.Server) })
}

// client is a WebSocket client. It sends and receives packets with the type of
// the Engine.IO packet, such as 42["chat","hello"].
type client struct {
	*siotest.WebSocket

	t testing.TB
}

// dial opens a WebSocket without connecting to a namespace.
func (f *fixture) dial() *client {
	f.t.Helper()
	return f.dialAs(4)
}

// dialAs is dial with a revision of Engine.IO.
func (f *fixture) dialAs(revision int) *client {
	f.t.Helper()
	return dialAt(f.t, f.http.URL, revision)
}

// dialAt opens a WebSocket to the server at url.
func dialAt(t testing.TB, url string, revision int) *client {
	t.Helper()
	w, resp := siotest.Dial(t, strings.TrimPrefix(url, "http://"), fmt.Sprintf("EIO=%d&transport=websocket", revision))
	if w == nil {
		t.Fatalf("handshake: got %d, want 101", resp.StatusCode)
	}
	c := &client{w, t}
	if open := c.receive(); !strings.HasPrefix(open, "0{") {
		t.Fatalf("got %q, want an open packet", open)
	}
	return c
}

// connect opens a WebSocket and connects it to a namespace.
func (f *fixture) connect(namespace string) (*client, *socketio.Socket) {
	f.t.Helper()
	c := f.dial()
	return c, f.join(c, namespace)
}

// join connects c to one more namespace.
func (f *fixture) join(c *client, namespace string) *socketio.Socket {
	f.t.Helper()
	sid := c.connect(namespace)
	s, ok := f.Of(namespace).Socket(sid)
	if !ok {
		f.t.Fatalf("Socket(%s): got none, want the socket of the client", sid)
	}
	return s
}

func header(kind, namespace string) string {
	if namespace == "/" {
		return kind
	}
	return kind + namespace + ","
}

// connect sends CONNECT and returns the socket's id.
func (c *client) connect(namespace string) socketio.SocketID {
	c.t.Helper()
	c.send(header("40", namespace))
	answer := c.receive()
	var body struct{ SID socketio.SocketID }
	text, ok := strings.CutPrefix(answer, header("40", namespace))
	if !ok || json.Unmarshal([]byte(text), &body) != nil || len(body.SID) != 20 {
		c.t.Fatalf("got %q, want a CONNECT", answer)
	}
	return body.SID
}

func (c *client) write(frames ...ws.Frame) { c.Write(frames...) }

// send sends a packet and its attachments.
func (c *client) send(packet string, attachments ...[]byte) {
	frames := []ws.Frame{ws.NewTextFrame([]byte(packet))}
	for _, a := range attachments {
		frames = append(frames, ws.NewBinaryFrame(bytes.Clone(a)))
	}
	c.write(frames...)
}

// tryReceive returns the next packet, or "binary " and an attachment.
func (c *client) tryReceive() (string, error) {
	for {
		f, err := c.Frame()
		switch {
		case err != nil:
			return "", err
		case f.Header.OpCode == ws.OpClose:
			return "", io.EOF
		case f.Header.OpCode == ws.OpBinary:
			return "binary " + string(f.Payload), nil
		case string(f.Payload) == "2":
			c.send("3")
		case f.Header.OpCode == ws.OpText:
			return string(f.Payload), nil
		}
	}
}

func (c *client) receive() string {
	c.t.Helper()
	packet, err := c.tryReceive()
	if err != nil {
		c.t.Fatalf("receive: %v", err)
	}
	return packet
}

func (c *client) want(packets ...string) {
	c.t.Helper()
	for _, want := range packets {
		if got := c.receive(); got != want {
			c.t.Fatalf("got %.100q, want %.100q", got, want)
		}
	}
}

// wantEnd expects the end of the connection before any packet.
func (c *client) wantEnd() {
	c.t.Helper()
	packet, err := c.tryReceive()
	var timeout net.Error
	if err == nil || errors.As(err, &timeout) && timeout.Timeout() {
		c.t.Errorf("got %q, %v, want the end of the connection", packet, err)
	}
}

// wantAlive sends a ping and expects the pong before any packet.
func (c *client) wantAlive() {
	c.t.Helper()
	c.write(ws.NewPingFrame([]byte("alive?")))
	for {
		f, err := c.Frame()
		if err != nil {
			c.t.Errorf("ping: got %v, want a pong", err)
			return
		}
		if f.Header.OpCode == ws.OpPong {
			return
		}
		c.t.Errorf("ping: got %v %q, want a pong", f.Header, f.Payload)
	}
}

func (c *client) close() { c.Close() }

// ctx returns a context for calls that need no cancellation.
func ctx(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func status(t testing.TB, url string) int {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// journal records notes in order. It has a lock because the race detector does
// not see the synchronisation by network between a client and a handler.
type journal struct {
	mu    sync.Mutex
	notes []string
}

func (j *journal) note(s string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.notes = append(j.notes, s)
}

func (j *journal) want(t testing.TB, notes ...string) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	if !slices.Equal(j.notes, notes) {
		t.Errorf("notes: got %v, want %v", j.notes, notes)
	}
}

// wantSoon waits for the last note before it compares.
func (j *journal) wantSoon(t testing.TB, notes ...string) {
	t.Helper()
	for end := time.Now().Add(patience); j.len() < len(notes) && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	j.want(t, notes...)
}

func (j *journal) len() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.notes)
}

// logBuffer collects a log.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// take returns and removes the content.
func (b *logBuffer) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.buf.Reset()
	return b.buf.String()
}
