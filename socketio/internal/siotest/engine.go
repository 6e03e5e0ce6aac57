package siotest

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gifchat/socketio/engineio"
)

// Message is a message packet that the server has received.
type Message struct {
	Data   string
	Binary bool
}

// Peer is the server's end of one connection. It records the messages and the reason
// of the end.
type Peer struct {
	Conn      *engineio.Conn
	Messages  chan Message
	Ended     chan engineio.Reason
	OnMessage func(p *Peer, data []byte, binary bool) // receives the messages instead of Messages
}

var _ engineio.Receiver = (*Peer)(nil)

// NewPeer returns the Receiver of c.
func NewPeer(c *engineio.Conn, onMessage func(*Peer, []byte, bool)) *Peer {
	return &Peer{Conn: c, Messages: make(chan Message, 256), Ended: make(chan engineio.Reason, 1), OnMessage: onMessage}
}

// Opened implements engineio.Receiver.
func (p *Peer) Opened() {}

// Message implements engineio.Receiver.
func (p *Peer) Message(data []byte, binary bool) {
	if p.OnMessage != nil {
		p.OnMessage(p, data, binary)
		return
	}
	p.Messages <- Message{string(data), binary}
}

// Closed implements engineio.Receiver.
func (p *Peer) Closed(reason engineio.Reason) { p.Ended <- reason }

// Send sends a message with attachments to the client.
func (p *Peer) Send(t testing.TB, text string, attachments ...[]byte) {
	t.Helper()
	if err := p.Conn.Send(engineio.Prepare([]byte(text), attachments...)); err != nil {
		t.Errorf("send %.40q: %v", text, err)
	}
}

// WantMessage checks the next message, which must be text.
func (p *Peer) WantMessage(t testing.TB, text string) {
	t.Helper()
	p.want(t, Message{text, false})
}

// WantBinary checks the next message, which must be binary.
func (p *Peer) WantBinary(t testing.TB, data string) {
	t.Helper()
	p.want(t, Message{data, true})
}

func (p *Peer) want(t testing.TB, want Message) {
	t.Helper()
	if got := Receive(t, p.Messages); got != want {
		t.Errorf("message: got %.60q, binary %t, want %.60q, binary %t", got.Data, got.Binary, want.Data, want.Binary)
	}
}

// WantNoMessage checks that no message has been received.
func (p *Peer) WantNoMessage(t testing.TB) {
	t.Helper()
	select {
	case m := <-p.Messages:
		t.Errorf("message: got %.60q, binary %t, want none", m.Data, m.Binary)
	default:
	}
}

// WantClosed waits for the end of the connection and checks its reason.
func (p *Peer) WantClosed(t testing.TB, want engineio.Reason) {
	t.Helper()
	if got := Receive(t, p.Ended); got != want {
		t.Errorf("connection: closed with %q, want %q", got, want)
	}
}

// WantOpen checks that the connection is open.
func (p *Peer) WantOpen(t testing.TB) {
	t.Helper()
	select {
	case reason := <-p.Ended:
		t.Errorf("connection: closed with %q, want it open", reason)
	default:
	}
}

// maxPeers is more connections than any test opens, so that Accept never blocks.
const maxPeers = 32768

// Engine is an engineio.Server that listens on a free port.
type Engine struct {
	Server *engineio.Server
	HTTP   *httptest.Server
	Peers  chan *Peer // one for each connection

	t        testing.TB
	revision string
}

// Serve starts a server for one test. onMessage, if not nil, receives the messages of
// all connections.
func Serve(t testing.TB, cfg engineio.Config, onMessage func(*Peer, []byte, bool)) *Engine {
	t.Helper()
	return ServeWith(t, cfg, onMessage, (*httptest.Server).Start)
}

// ServeWith is Serve with a function that starts the HTTP server.
func ServeWith(t testing.TB, cfg engineio.Config, onMessage func(*Peer, []byte, bool), start func(*httptest.Server)) *Engine {
	t.Helper()
	e := &Engine{t: t, revision: "4", Peers: make(chan *Peer, maxPeers)}
	cfg.Accept = func(c *engineio.Conn) engineio.Receiver {
		p := NewPeer(c, onMessage)
		e.Peers <- p
		return p
	}
	e.Server = engineio.NewServer(cfg)
	e.HTTP = listen(t, e.Server, e.Server, func(s *httptest.Server) {
		s.Config.ConnContext = engineio.ConnContext
		start(s)
	})
	return e
}

// As returns e for clients of another revision of Engine.IO, "3" or "4".
func (e *Engine) As(revision string) *Engine {
	as := *e
	as.revision = revision
	return &as
}

// Close closes the server.
func (e *Engine) Close() {
	e.t.Helper()
	Close(e.t, e.Server)
}

// Address returns the host and port of the server.
func (e *Engine) Address() string { return e.HTTP.Listener.Addr().String() }

// Peer returns the server's end of the next connection.
func (e *Engine) Peer() *Peer {
	e.t.Helper()
	return Receive(e.t, e.Peers)
}

// Try makes an HTTP request with the given query.
func (e *Engine) Try(ctx context.Context, method, query string, body io.Reader, header ...string) (Response, error) {
	return Request(ctx, e.HTTP.Client(), method, e.HTTP.URL+"/socket.io/?"+query, body, header...)
}

// Call makes a polling request. query is appended to "EIO=4&transport=polling".
func (e *Engine) Call(method, query, body string, header ...string) Response {
	e.t.Helper()
	r, err := e.Try(context.Background(), method, e.polling(query), strings.NewReader(body), header...)
	if err != nil {
		e.t.Fatal(err)
	}
	return r
}

// Background makes a polling request in its own goroutine. An error is the body of the
// Response.
func (e *Engine) Background(method, query, body string) <-chan Response {
	c := make(chan Response, 1)
	go func() {
		r, err := e.Try(context.Background(), method, e.polling(query), strings.NewReader(body))
		if err != nil {
			r.Body = err.Error()
		}
		c <- r
	}()
	return c
}

func (e *Engine) polling(query string) string {
	return "EIO=" + e.revision + "&transport=polling" + query
}

// Open opens a connection by polling.
func (e *Engine) Open() (sid string, p *Peer) {
	e.t.Helper()
	return e.OpenWith("")
}

// OpenWith is Open with a query that is appended to that of the handshake.
func (e *Engine) OpenWith(query string) (sid string, p *Peer) {
	e.t.Helper()
	r := e.Call(http.MethodGet, query, "")
	if r.Status != http.StatusOK {
		e.t.Fatalf("handshake: got %d %s, want 200", r.Status, r.Body)
	}
	return ParseOpen(e.t, r.Body).SID, e.Peer()
}

// Dial requests a WebSocket with the given query. It returns the response instead if
// that is an error.
func (e *Engine) Dial(query string, header ...string) (*WebSocket, *http.Response) {
	e.t.Helper()
	return Dial(e.t, e.Address(), query, header...)
}

func (e *Engine) webSocket(query string) string {
	return "EIO=" + e.revision + "&transport=websocket" + query
}

// WebSocket opens a connection over WebSocket.
func (e *Engine) WebSocket() (*WebSocket, *Peer) {
	e.t.Helper()
	w, resp := e.Dial(e.webSocket("")) //nolint:bodyclose // Handshake has closed it
	if w == nil {
		e.t.Fatalf("handshake: got %d, want 101", resp.StatusCode)
	}
	if o := ParseOpen(e.t, w.Text()); o.Upgrades == nil || len(o.Upgrades) != 0 {
		e.t.Errorf("upgrades: got %v, want []", o.Upgrades)
	}
	return w, e.Peer()
}

// Probe opens a WebSocket for sid and sends the probe of an upgrade. It checks the
// answer.
func (e *Engine) Probe(sid string) *WebSocket {
	e.t.Helper()
	w, resp := e.Dial(e.webSocket("&sid=" + sid)) //nolint:bodyclose // Handshake has closed it
	if w == nil {
		e.t.Fatalf("upgrade: got %d, want 101", resp.StatusCode)
	}
	w.Send("2probe")
	w.WantText("3probe")
	return w
}
