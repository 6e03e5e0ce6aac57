package engineio_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"gifchat/socketio/engineio"
)

// patience is how long a test waits for what has to come.
const patience = 30 * time.Second

// heard is one message that a peer has heard.
type heard struct {
	data   string
	binary bool
}

// peer is the server's end of one connection.
type peer struct {
	conn     *engineio.Conn
	messages chan heard
	closed   chan engineio.Reason
	onData   func(p *peer, data []byte, binary bool) // instead of messages
}

func (p *peer) Message(data []byte, binary bool) {
	if p.onData != nil {
		p.onData(p, data, binary)
		return
	}
	p.messages <- heard{string(data), binary}
}

func (p *peer) Opened() {}

func (p *peer) Closed(reason engineio.Reason) { p.closed <- reason }

func (p *peer) send(t testing.TB, text string, attachments ...[]byte) {
	t.Helper()
	if err := p.conn.Send(engineio.Prepare([]byte(text), attachments...)); err != nil {
		t.Errorf("send %.40q: %v", text, err)
	}
}

func (p *peer) wantMessage(t testing.TB, want string) {
	t.Helper()
	if got := receive(t, p.messages); got != (heard{want, false}) {
		t.Errorf("got %.60v, want text %.60q", got, want)
	}
}

func (p *peer) wantClosed(t testing.TB, want engineio.Reason) {
	t.Helper()
	if got := receive(t, p.closed); got != want {
		t.Errorf("closed with %q, want %q", got, want)
	}
}

func (p *peer) wantOpen(t testing.TB) {
	t.Helper()
	select {
	case reason := <-p.closed:
		t.Errorf("closed with %q, want it open", reason)
	default:
	}
}

// receive waits for what has to come.
func receive[T any](t testing.TB, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("nothing came in %v", patience)
		panic("unreachable")
	}
}

// fixture is a server that tests connect to.
type fixture struct {
	t      testing.TB
	engine *engineio.Server
	http   *httptest.Server
	peers  chan *peer
}

// serve starts a server. onData, if not nil, hears the messages of all.
func serve(t testing.TB, cfg engineio.Config, onData func(*peer, []byte, bool)) *fixture {
	t.Helper()
	return serveWith(t, cfg, onData, (*httptest.Server).Start)
}

// serveTLS is serve over TLS.
func serveTLS(t testing.TB, cfg engineio.Config, onData func(*peer, []byte, bool)) *fixture {
	t.Helper()
	return serveWith(t, cfg, onData, (*httptest.Server).StartTLS)
}

func serveWith(t testing.TB, cfg engineio.Config, onData func(*peer, []byte, bool), start func(*httptest.Server)) *fixture {
	t.Helper()
	f := &fixture{t: t, peers: make(chan *peer, 32768)}
	cfg.Accept = func(c *engineio.Conn) engineio.Receiver {
		p := &peer{conn: c, messages: make(chan heard, 256), closed: make(chan engineio.Reason, 1), onData: onData}
		f.peers <- p
		return p
	}
	f.engine = engineio.NewServer(cfg)
	f.http = httptest.NewUnstartedServer(f.engine)
	f.http.Config.ConnContext = engineio.ConnContext
	start(f.http)
	t.Cleanup(func() {
		f.close()
		f.http.CloseClientConnections()
		f.http.Close()
	})
	return f
}

func (f *fixture) close() {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := f.engine.Close(ctx); err != nil {
		f.t.Errorf("close the server: %v", err)
	}
}

func (f *fixture) address() string { return f.http.Listener.Addr().String() }

func (f *fixture) peer() *peer {
	f.t.Helper()
	return receive(f.t, f.peers)
}

// answer is an HTTP response, read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

// call makes one request; query comes after "?EIO=4&transport=polling".
func (f *fixture) call(method, query, body string, header ...string) answer {
	f.t.Helper()
	a, err := f.try(context.Background(), method, "EIO=4&transport=polling"+query, strings.NewReader(body), header...)
	if err != nil {
		f.t.Fatal(err)
	}
	return a
}

func (f *fixture) try(ctx context.Context, method, query string, body io.Reader, header ...string) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, f.http.URL+"/?"+query, body)
	if err != nil {
		return answer{}, err
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	resp, err := f.http.Client().Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(text)}, err
}

func (a answer) want(t testing.TB, status int, body string) {
	t.Helper()
	if a.status != status || a.body != body {
		t.Errorf("got %d %.120q, want %d %.120q", a.status, a.body, status, body)
	}
}

// open is what a handshake answers.
type open struct {
	SID          string   `json:"sid"`
	Upgrades     []string `json:"upgrades"`
	PingInterval int      `json:"pingInterval"`
	PingTimeout  int      `json:"pingTimeout"`
	MaxPayload   int      `json:"maxPayload"`
}

func parseOpen(t testing.TB, packet string) open {
	t.Helper()
	var o open
	body, ok := strings.CutPrefix(packet, "0")
	if !ok {
		t.Fatalf("got %q, want an open packet", packet)
	}
	if err := json.Unmarshal([]byte(body), &o); err != nil {
		t.Fatalf("open packet %q: %v", packet, err)
	}
	return o
}

// poll opens a connection by polling.
func (f *fixture) poll() (sid string, p *peer) {
	f.t.Helper()
	a := f.call("GET", "", "")
	if a.status != http.StatusOK {
		f.t.Fatalf("handshake: %d %s", a.status, a.body)
	}
	return parseOpen(f.t, a.body).SID, f.peer()
}

// inBackground makes a request that is expected to wait.
func (f *fixture) inBackground(method, query, body string) <-chan answer {
	c := make(chan answer, 1)
	go func() {
		a, err := f.try(context.Background(), method, "EIO=4&transport=polling"+query, strings.NewReader(body))
		if err != nil {
			a.body = err.Error()
		}
		c <- a
	}()
	return c
}

// waitingPoll makes a GET and returns when the server has it: only then
// SendVolatile finds somebody to send to.
func (f *fixture) waitingPoll(sid string, p *peer) <-chan answer {
	f.t.Helper()
	c := f.inBackground("GET", "&sid="+sid, "")
	f.eventually(func() bool { return p.conn.Polling() })
	return c
}

// eventually waits for a state that nothing tells of.
func (f *fixture) eventually(ok func() bool) {
	f.t.Helper()
	eventually(f.t, ok)
}

func eventually(t testing.TB, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not come about")
		}
	}
}

// wire is the client's end of a WebSocket, frame by frame.
type wire struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader

	patience time.Duration // for a frame
}

func (f *fixture) dial(query string, header ...string) (*wire, *http.Response) {
	f.t.Helper()
	conn, err := net.Dial("tcp", f.address())
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = conn.Close() })
	return handshake(f.t, conn, f.address(), query, header...)
}

// handshake asks for a WebSocket over conn; the response is nil if it became one.
func handshake(t testing.TB, conn net.Conn, host, query string, header ...string) (*wire, *http.Response) {
	t.Helper()
	var b bytes.Buffer
	fmt.Fprintf(&b, "GET /?%s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n", query, host)
	b.WriteString("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
	for i := 0; i < len(header); i += 2 {
		fmt.Fprintf(&b, "%s: %s\r\n", header[i], header[i+1])
	}
	b.WriteString("\r\n")
	if _, err := conn.Write(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatalf("websocket handshake: %v", err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return nil, resp
	}
	if got, want := resp.Header.Get("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="; got != want {
		t.Errorf("Sec-WebSocket-Accept is %q, want %q", got, want)
	}
	return &wire{t: t, conn: conn, r: r, patience: patience}, nil
}

// websocket opens a connection over WebSocket.
func (f *fixture) websocket() (*wire, *peer) {
	f.t.Helper()
	w, resp := f.dial("EIO=4&transport=websocket")
	if w == nil {
		f.t.Fatalf("handshake: %d", resp.StatusCode)
	}
	if o := parseOpen(f.t, w.text()); o.Upgrades == nil || len(o.Upgrades) != 0 {
		f.t.Errorf("upgrades are %v, want []", o.Upgrades)
	}
	return w, f.peer()
}

func (w *wire) write(frames ...ws.Frame) {
	w.t.Helper()
	var b bytes.Buffer
	for _, fr := range frames {
		ws.MustWriteFrame(&b, ws.MaskFrame(fr))
	}
	w.raw(b.Bytes())
}

func (w *wire) raw(b []byte) {
	w.t.Helper()
	if _, err := w.conn.Write(b); err != nil && !errors.Is(err, net.ErrClosed) {
		w.t.Logf("write to the server: %v", err) // it may have ended first; what it sent tells
	}
}

// say sends one text message.
func (w *wire) say(text string) {
	w.t.Helper()
	w.write(ws.NewTextFrame([]byte(text)))
}

func (w *wire) frame() (ws.Frame, error) {
	_ = w.conn.SetReadDeadline(time.Now().Add(w.patience))
	fr, err := ws.ReadFrame(w.r)
	if err == nil && fr.Header.Masked {
		err = errors.New("the server has masked a frame")
	}
	return fr, err
}

// next returns the next frame.
func (w *wire) next() ws.Frame {
	w.t.Helper()
	fr, err := w.frame()
	if err != nil {
		w.t.Fatalf("read a frame: %v", err)
	}
	return fr
}

// text returns the next frame, which has to be a whole text message.
func (w *wire) text() string {
	w.t.Helper()
	fr := w.next()
	if fr.Header.OpCode != ws.OpText || !fr.Header.Fin {
		w.t.Fatalf("got a frame %v %.60q, want text", fr.Header, fr.Payload)
	}
	return string(fr.Payload)
}

func (w *wire) wantText(want string) {
	w.t.Helper()
	if got := w.text(); got != want {
		w.t.Errorf("got %.60q, want %.60q", got, want)
	}
}

// wantClose expects a close frame with a code, perhaps behind other frames,
// and then the end of the connection.
func (w *wire) wantClose(code ws.StatusCode) {
	w.t.Helper()
	for {
		fr, err := w.frame()
		if err != nil {
			w.t.Fatalf("got %v, want a close frame with %d", err, code)
		}
		if fr.Header.OpCode != ws.OpClose {
			continue
		}
		if got, _ := ws.ParseCloseFrameData(fr.Payload); got != code {
			w.t.Errorf("closed with %d, want %d", got, code)
		}
		break
	}
	w.wantEnd()
}

// wantEnd expects the end of the connection.
func (w *wire) wantEnd() {
	w.t.Helper()
	_ = w.conn.SetReadDeadline(time.Now().Add(w.patience))
	_, err := io.Copy(io.Discard, w.r)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		w.t.Error("the connection is still open")
	}
}

func (w *wire) close() { _ = w.conn.Close() }

// probe opens a WebSocket for sid and has it answered.
func (f *fixture) probe(sid string) *wire {
	f.t.Helper()
	w, resp := f.dial("EIO=4&transport=websocket&sid=" + sid)
	if w == nil {
		f.t.Fatalf("upgrade: %d", resp.StatusCode)
	}
	w.say("2probe")
	w.wantText("3probe")
	return w
}

// guardedWriter tells of writes after its handler has returned.
type guardedWriter struct {
	header         http.Header
	returned, late atomic.Bool
}

func (w *guardedWriter) Header() http.Header { return w.header }

func (w *guardedWriter) WriteHeader(int) { w.check() }

func (w *guardedWriter) Write(b []byte) (int, error) {
	w.check()
	return len(b), nil
}

func (w *guardedWriter) check() {
	if w.returned.Load() {
		w.late.Store(true)
	}
}
