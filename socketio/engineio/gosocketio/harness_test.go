package gosocketio_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"gifchat/socketio/engineio"
	"gifchat/socketio/engineio/gosocketio"
)

// patience is how long a test waits for what has to come.
const patience = 30 * time.Second

type heard struct {
	data   string
	binary bool
}

// peer is the server's end of one connection.
type peer struct {
	conn     *engineio.Conn
	messages chan heard
	closed   chan engineio.Reason
	stuck    chan struct{} // if not nil, Message waits for it
}

func (p *peer) Opened() {}

func (p *peer) Message(data []byte, binary bool) {
	p.messages <- heard{string(data), binary}
	if p.stuck != nil {
		<-p.stuck
	}
}

func (p *peer) Closed(reason engineio.Reason) { p.closed <- reason }

func (p *peer) send(t testing.TB, text string, attachments ...[]byte) {
	t.Helper()
	if err := p.conn.Send(engineio.Prepare([]byte(text), attachments...)); err != nil {
		t.Errorf("send %.40q: %v", text, err)
	}
}

func (p *peer) wantMessage(t testing.TB, want heard) {
	t.Helper()
	if got := receive(t, p.messages); got != want {
		t.Errorf("got %.60v, want %.60v", got, want)
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

// fixture is a server whose old clients go-socket.io carries.
type fixture struct {
	t      testing.TB
	engine *engineio.Server
	http   *httptest.Server
	peers  chan *peer
}

func serve(t testing.TB, cfg engineio.Config) *fixture {
	t.Helper()
	if cfg.Carrier == nil {
		cfg.Carrier = gosocketio.New(nil)
	}
	f := &fixture{t: t, peers: make(chan *peer, 1024)}
	cfg.Accept = func(c *engineio.Conn) engineio.Receiver {
		p := &peer{conn: c, messages: make(chan heard, 256), closed: make(chan engineio.Reason, 1)}
		f.peers <- p
		return p
	}
	f.engine = engineio.NewServer(cfg)
	var late atomic.Int64
	f.http = httptest.NewServer(strict(f.engine, &late))
	t.Cleanup(func() {
		closeEngine(t, f.engine)
		f.http.CloseClientConnections()
		f.http.Close()
		if n := late.Load(); n > 0 {
			t.Errorf("%d times an http.ResponseWriter was used after its handler had returned", n)
		}
	})
	return f
}

// strict counts in late what is done to a ResponseWriter that has become
// somebody else's, as Gin's do.
func strict(h http.Handler, late *atomic.Int64) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := &strictWriter{ResponseWriter: w, late: late}
		defer s.returned.Store(true)
		h.ServeHTTP(s, r)
	})
}

type strictWriter struct {
	http.ResponseWriter

	returned atomic.Bool
	late     *atomic.Int64
}

func (w *strictWriter) check() {
	if w.returned.Load() {
		w.late.Add(1)
	}
}

func (w *strictWriter) Header() http.Header {
	w.check()
	return w.ResponseWriter.Header()
}

func (w *strictWriter) WriteHeader(status int) {
	w.check()
	w.ResponseWriter.WriteHeader(status)
}

func (w *strictWriter) Write(b []byte) (int, error) {
	w.check()
	return w.ResponseWriter.Write(b)
}

func (w *strictWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.check()
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

func (w *strictWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func closeEngine(t testing.TB, s interface{ Close(context.Context) error }) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Errorf("close the server: %v", err)
	}
}

type answer struct {
	status int
	body   string
}

// call makes one request of revision 3; query comes after "?EIO=3".
func (f *fixture) call(method, query, body string, header ...string) answer {
	f.t.Helper()
	return call(f.t, f.http.URL, method, query, strings.NewReader(body), header...)
}

func call(t testing.TB, base, method, query string, body io.Reader, header ...string) answer {
	t.Helper()
	a, err := request(t.Context(), base, method, query, body, header...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func request(ctx context.Context, base, method, query string, body io.Reader, header ...string) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, base+"/socket.io/?EIO=3"+query, body)
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Content-Type", "text/plain;charset=UTF-8")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, string(b)}, err
}

func (a answer) want(t testing.TB, status int, body string) {
	t.Helper()
	if a.status != status || a.body != body {
		t.Errorf("got %d %.120q, want %d %.120q", a.status, a.body, status, body)
	}
}

var sidOf = regexp.MustCompile(`"sid":"([^"]*)"`)

// open makes a polling connection; query is that of its further requests.
func (f *fixture) open() (query string, p *peer) {
	f.t.Helper()
	a := f.call("GET", "&transport=polling", "")
	match := sidOf.FindStringSubmatch(a.body)
	if a.status != http.StatusOK || match == nil {
		f.t.Fatalf("handshake: %d %q", a.status, a.body)
	}
	return "&transport=polling&sid=" + match[1], receive(f.t, f.peers)
}

// wire is a client's WebSocket.
type wire struct {
	t    testing.TB
	conn net.Conn
	rw   io.ReadWriter
}

func dial(t testing.TB, base, query string) *wire {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	u.Scheme, u.Path, u.RawQuery = "ws", "/socket.io/", "EIO=3&transport=websocket"+query
	br, _, err := (ws.Dialer{}).Upgrade(conn, u)
	if err != nil {
		t.Fatalf("handshake: %v", err)
	}
	w := &wire{t: t, conn: conn}
	w.rw = conn
	if br != nil {
		w.rw = bufio.NewReadWriter(br, bufio.NewWriterSize(conn, 1))
	}
	return w
}

// connect opens a WebSocket connection.
func (f *fixture) connect() (*wire, *peer) {
	f.t.Helper()
	w := dial(f.t, f.http.URL, "")
	if got := w.text(); !strings.HasPrefix(got, `0{"sid":`) {
		f.t.Fatalf("got %q for an open packet", got)
	}
	return w, receive(f.t, f.peers)
}

func (w *wire) say(text string) { w.sayFrame(ws.NewTextFrame([]byte(text))) }

func (w *wire) sayFrame(f ws.Frame) {
	w.t.Helper()
	if err := ws.WriteFrame(w.conn, ws.MaskFrameInPlace(f)); err != nil {
		w.t.Logf("write: %v", err) // the server may have closed it already
	}
}

func (w *wire) next() (string, ws.OpCode, error) {
	data, op, err := wsutil.ReadServerData(w.rw)
	return string(data), op, err
}

func (w *wire) text() string {
	w.t.Helper()
	data, _, err := w.next()
	if err != nil {
		w.t.Fatalf("read: %v", err)
	}
	return data
}

// wantEnd reads until the server has closed the connection.
func (w *wire) wantEnd() {
	w.t.Helper()
	for {
		if _, _, err := w.next(); err != nil {
			var e net.Error
			if errors.As(err, &e) && e.Timeout() {
				w.t.Errorf("still open after %v", patience)
			}
			return
		}
	}
}
