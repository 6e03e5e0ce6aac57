package engineio_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

const (
	unknownSID = `{"code":1,"message":"Session ID unknown"}`
	badRequest = `{"code":3,"message":"Bad request"}`
	tooLarge   = `{"code":3,"message":"Payload too large"}`
)

func TestPolling_carries_messages_both_ways(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	post := f.Call("POST", "&sid="+sid, "4one\x1ebAQID\x1e4two")
	post.Want(t, 200, "ok")
	if got := post.Header.Get("Content-Type"); got != "text/html" {
		t.Errorf("Content-Type: got %q, want text/html", got)
	}
	p.WantMessage(t, "one")
	p.WantBinary(t, "\x01\x02\x03")
	p.WantMessage(t, "two")
	p.Send(t, "first", []byte{1, 2, 3})
	p.Send(t, "second")
	if err := p.Conn.Send(engineio.PrepareBinary([]byte("raw"))); err != nil {
		t.Error(err)
	}
	f.Call("GET", "&sid="+sid, "").Want(t, 200, "4first\x1ebAQID\x1e4second\x1eb"+base64.StdEncoding.EncodeToString([]byte("raw")))

	waiting := waitingPoll(t, f, sid, p)
	p.Send(t, "pushed")
	siotest.Receive(t, waiting).Want(t, 200, "4pushed")
}

func TestPoll_ends_the_connection_when_concurrent(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	waiting := waitingPoll(t, f, sid, p)
	f.Call("GET", "&sid="+sid, "").Want(t, 400, badRequest)
	siotest.Receive(t, waiting).Want(t, 200, "1")
	p.WantClosed(t, engineio.ReasonTransportError)
	f.Call("GET", "&sid="+sid, "").Want(t, 400, unknownSID)
}

func TestPost_ends_the_connection_when_concurrent(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	body, writer := io.Pipe()
	first := make(chan siotest.Response, 1)
	go func() {
		a, _ := f.Try(context.Background(), "POST", "EIO=4&transport=polling&sid="+sid, body)
		first <- a
	}()
	if _, err := io.WriteString(writer, "4one"); err != nil {
		t.Fatal(err)
	}
	siotest.Eventually(t, p.Conn.Posting)
	f.Call("POST", "&sid="+sid, "4two").Want(t, 400, badRequest)
	p.WantClosed(t, engineio.ReasonTransportError)
	_ = writer.Close()
	siotest.Receive(t, first)
}

func TestPoll_ends_the_connection_when_canceled(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := f.Try(ctx, "GET", "EIO=4&transport=polling&sid="+sid, nil)
		done <- err
	}()
	siotest.Eventually(t, p.Conn.Polling)
	cancel()
	if siotest.Receive(t, done) == nil {
		t.Error("canceled poll: got a response, want an error")
	}
	p.WantClosed(t, engineio.ReasonTransportError)
}

func TestPost_rejects_an_octet_stream(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	f.Call("POST", "&sid="+sid, "4x", "Content-Type", "application/octet-stream").Want(t, 400, badRequest)
	p.WantClosed(t, engineio.ReasonTransportError)
}

func TestPost_accepts_other_content_types(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	for _, typ := range []string{"", "text/plain;charset=UTF-8", "text/plain", "application/json", "%%%"} {
		f.Call("POST", "&sid="+sid, "4x", "Content-Type", typ).Want(t, 200, "ok")
		p.WantMessage(t, "x")
	}
}

// chunkedBody hides the length of a body, so that it is sent with chunked encoding.
type chunkedBody struct{ io.Reader }

// A body above the limit ends the connection. Its messages are lost, so the message
// sequence would have a gap.
func TestPost_rejects_a_body_above_the_limit(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	message := "4" + strings.Repeat("x", 999_999)
	for _, tt := range []struct {
		name string
		body func(string) io.Reader
	}{
		{"with a length", func(s string) io.Reader { return strings.NewReader(s) }},
		{"chunked", func(s string) io.Reader { return chunkedBody{strings.NewReader(s)} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sid, p := f.Open()
			waiting := waitingPoll(t, f, sid, p)
			a, err := f.Try(t.Context(), "POST", "EIO=4&transport=polling&sid="+sid, tt.body(message))
			if err != nil {
				t.Fatal(err)
			}
			a.Want(t, 200, "ok")
			if got := siotest.Receive(t, p.Messages); len(got.Data) != 999_999 {
				t.Errorf("message: got %d bytes, want 999999", len(got.Data))
			}
			a, err = f.Try(t.Context(), "POST", "EIO=4&transport=polling&sid="+sid, tt.body(message+"x"))
			if err != nil {
				t.Fatal(err)
			}
			a.Want(t, 413, tooLarge)
			p.WantClosed(t, engineio.ReasonTooLarge)
			siotest.Receive(t, waiting).Want(t, 200, "1")
			f.Call("POST", "&sid="+sid, "4next").Want(t, 400, unknownSID)
		})
	}
}

// A client that learned first that its poll has ended would report a closed transport,
// not status 413.
func TestPost_above_the_limit_is_answered_before_the_poll(t *testing.T) {
	inBubble(t, engineio.Config{Limits: engineio.Limits{MaxPayload: 100}}, func(b *bubble) {
		sid, p := b.poll()
		waiting := b.request("GET", "&sid="+sid, "")
		synctest.Wait()
		if got := <-b.request("POST", "&sid="+sid, "4"+strings.Repeat("x", 100)); got != tooLarge {
			t.Errorf("POST: got %q, want %q", got, tooLarge)
		}
		p.WantClosed(t, engineio.ReasonTooLarge)
		synctest.Wait()
		select {
		case got := <-waiting:
			t.Errorf("poll right after the POST: got %q, want no response yet", got)
		default:
			if got := <-waiting; got != "1" {
				t.Errorf("poll: got %q, want a close packet", got)
			}
		}
	})
}

func TestPost_rejects_a_body_of_revision_3_above_the_limit(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{Limits: engineio.Limits{MaxPayload: 1000}}, nil)
	for _, tt := range []struct{ name, typ, body string }{
		{"text", "text/plain", "997:4" + strings.Repeat("x", 997)},
		{"binary", "application/octet-stream", "\x01\x09\x09\x07\xff\x04" + strings.Repeat("x", 996)},
	} {
		for _, chunked := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, chunked %t", tt.name, chunked), func(t *testing.T) {
				sid, p := f.As("3").Open()
				waiting := make(chan siotest.Response, 1)
				go func() { waiting <- f.As("3").Call("GET", "&sid="+sid, "") }()
				siotest.Eventually(t, func() bool { return p.Conn.Polling() })
				var body io.Reader = strings.NewReader(tt.body)
				if chunked {
					body = chunkedBody{body}
				}
				a, err := f.Try(t.Context(), "POST", "EIO=3&transport=polling&sid="+sid, body, "Content-Type", tt.typ)
				if err != nil {
					t.Fatal(err)
				}
				a.Want(t, 413, tooLarge)
				p.WantClosed(t, engineio.ReasonTooLarge)
				siotest.Receive(t, waiting).Want(t, 200, "1:1")
				f.As("3").Call("GET", "&sid="+sid, "").Want(t, 400, unknownSID)
			})
		}
	}
}

func TestPost_ends_the_connection_after_a_malformed_packet(t *testing.T) {
	for name, tt := range map[string]struct {
		body   string
		reason engineio.Reason
	}{
		"an unknown type":      {"abc", engineio.ReasonParseError},
		"type 9":               {"9", engineio.ReasonParseError},
		"nothing":              {"", engineio.ReasonParseError},
		"an empty packet":      {"4a\x1e\x1e4b", engineio.ReasonParseError},
		"a trailing separator": {"4a\x1e", engineio.ReasonParseError},
		"bad base64":           {"b###", engineio.ReasonParseError},
		"invalid UTF-8":        {"4\xff", engineio.ReasonParseError},
		"revision 3":           {"1:4", engineio.ReasonTransportClose}, // a close packet with data
		"a ping":               {"2", engineio.ReasonTransportError},
		"100,000 pings":        {strings.Repeat("2\x1e", 100_000) + "2", engineio.ReasonTransportError},
		"500,000 separators":   {strings.Repeat("\x1e", 500_000), engineio.ReasonParseError},
	} {
		t.Run(name, func(t *testing.T) {
			f := siotest.Serve(t, engineio.Config{}, nil)
			sid, p := f.Open()
			waiting := waitingPoll(t, f, sid, p)
			a := f.Call("POST", "&sid="+sid, tt.body)
			if tt.reason == engineio.ReasonTransportClose {
				a.Want(t, 200, "ok")
				siotest.Receive(t, waiting).Want(t, 200, "6")
			} else {
				a.Want(t, 400, badRequest)
				siotest.Receive(t, waiting).Want(t, 200, "1")
			}
			p.WantClosed(t, tt.reason)
			f.Call("GET", "&sid="+sid, "").Want(t, 400, unknownSID)
		})
	}
}

func TestPost_ignores_packets_without_meaning(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	f.Call("POST", "&sid="+sid, "3\x1e3probe\x1e5\x1e6\x1e0{}\x1e4end").Want(t, 200, "ok")
	p.WantMessage(t, "end")
	p.WantOpen(t)
}

func TestPost_ends_the_connection_after_a_close_packet(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	waiting := waitingPoll(t, f, sid, p)
	f.Call("POST", "&sid="+sid, "4last\x1e1").Want(t, 200, "ok")
	p.WantMessage(t, "last")
	siotest.Receive(t, waiting).Want(t, 200, "6")
	p.WantClosed(t, engineio.ReasonTransportClose)
}

func TestClose_answers_the_waiting_poll(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	waiting := waitingPoll(t, f, sid, p)
	if !p.Conn.Queue(engineio.Prepare([]byte("last words"))) {
		t.Error("Queue: got false, want true")
	}
	p.Conn.Close()
	siotest.Receive(t, waiting).Want(t, 200, "4last words\x1e1")
	p.WantClosed(t, engineio.ReasonForcedClose)
	if err := p.Conn.Send(engineio.Prepare([]byte("x"))); err == nil {
		t.Error("Send after the end: got no error, want ErrClosed")
	}
}

func TestPost_ends_the_connection_when_the_body_stalls(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{Limits: engineio.Limits{StallTimeout: 50 * time.Millisecond}}, nil)
	sid, p := f.Open()
	conn, err := net.Dial("tcp", f.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: %s\r\nContent-Length: 10\r\n\r\n4abc", sid, f.Address())
	p.WantClosed(t, engineio.ReasonTransportError)
}

func TestPost_ends_the_connection_when_the_body_is_incomplete(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	conn, err := net.Dial("tcp", f.Address())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST /?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: %s\r\nContent-Length: 10\r\n\r\n4abc", sid, f.Address())
	siotest.Eventually(t, p.Conn.Posting)
	conn.Close()
	p.WantClosed(t, engineio.ReasonTransportError)
	select {
	case m := <-p.Messages:
		t.Errorf("message of an incomplete body: got %v, want none", m)
	default:
	}
}

// A client that does not read the response of a poll must not block its handler.
func TestPoll_ends_the_connection_when_the_response_is_not_read(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{Limits: engineio.Limits{StallTimeout: 100 * time.Millisecond, MaxQueueBytes: 64 << 20, MaxPayload: 64 << 20}}, nil)
	sid, p := f.Open()
	big := bytes.Repeat([]byte("x"), 32<<20)
	p.Send(t, string(big))
	conn, err := net.Dial("tcp", f.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.(*net.TCPConn).SetReadBuffer(4096)
	fmt.Fprintf(conn, "GET /?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: %s\r\n\r\n", sid, f.Address())
	p.WantClosed(t, engineio.ReasonTooSlow)
}

func TestPoll_returns_at_most_MaxPayload(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{Limits: engineio.Limits{MaxPayload: 1000}}, nil)
	sid, p := f.Open()
	for range 5 {
		p.Send(t, strings.Repeat("x", 400))
	}
	for _, want := range []int{2, 2, 1} {
		a := f.Call("GET", "&sid="+sid, "")
		if got := strings.Count(a.Body, "\x1e") + 1; got != want {
			t.Errorf("poll: got %d packets, want %d", got, want)
		}
	}
}

func TestSendVolatile_needs_a_waiting_poll(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	message := engineio.Prepare([]byte("now or never"))
	if sent, err := p.Conn.SendVolatile(message); sent || err != nil {
		t.Errorf("SendVolatile without a poll: got %t, %v, want false", sent, err)
	}
	waiting := waitingPoll(t, f, sid, p)
	if sent, err := p.Conn.SendVolatile(message); !sent || err != nil {
		t.Errorf("SendVolatile into a poll: got %t, %v, want true", sent, err)
	}
	siotest.Receive(t, waiting).Want(t, 200, "4now or never")
}

// After its handler has returned, nothing may be written to the ResponseWriter of a
// poll, because the next request of the connection would receive it.
func TestPoll_writes_nothing_after_its_handler_has_returned(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	var late []string
	for i := range 100 {
		ctx, cancel := context.WithCancel(t.Context())
		w := &guardedWriter{header: http.Header{}}
		r, _ := http.NewRequestWithContext(ctx, "GET", "/?EIO=4&transport=polling&sid="+sid, nil)
		returned := make(chan struct{})
		go func() {
			f.Server.ServeHTTP(w, r)
			w.returned.Store(true)
			close(returned)
		}()
		siotest.Eventually(t, func() bool { return p.Conn.Polling() })
		go cancel()
		_ = p.Conn.Send(engineio.Prepare(fmt.Append(nil, i)))
		<-returned
		cancel()
		if w.late.Load() {
			late = append(late, fmt.Sprint(i))
		}
		select {
		case <-p.Ended: // the request was canceled before the message
			sid, p = f.Open()
		default:
		}
	}
	if len(late) > 0 {
		t.Errorf("got writes after the handler has returned for %v, want none", late)
	}
}

// After the handler has returned, net/http reads the rest of the body, so that the
// connection can serve another request. That must not clear the deadline.
func TestPost_closes_the_TCP_connection_of_a_slow_body(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{Limits: engineio.Limits{StallTimeout: 50 * time.Millisecond}}, nil)
	sid, p := f.Open()
	conn, err := net.Dial("tcp", f.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "POST /?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n4", sid)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(siotest.Patience))
	if _, err := io.ReadAll(conn); err != nil {
		t.Errorf("read: got %v, want the end of the connection", err)
	}
	p.WantClosed(t, engineio.ReasonTransportError)
}

// flushless is a ResponseWriter without Flush, as some middleware makes it.
type flushless struct{ http.ResponseWriter }

func TestPoll_works_without_a_Flusher(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	p.Send(t, "hello")
	rec := httptest.NewRecorder()
	f.Server.ServeHTTP(flushless{rec}, httptest.NewRequest("GET", "/?EIO=4&transport=polling&sid="+sid, nil))
	if rec.Body.String() != "4hello" {
		t.Errorf("poll: got %q, want 4hello", rec.Body)
	}
	p.WantOpen(t)
}

// waitingPoll makes a GET and returns when the server has it, so that SendVolatile can
// answer it.
func waitingPoll(t testing.TB, f *siotest.Engine, sid string, p *siotest.Peer) <-chan siotest.Response {
	t.Helper()
	c := f.Background("GET", "&sid="+sid, "")
	siotest.Eventually(t, p.Conn.Polling)
	return c
}

// guardedWriter records writes after its handler has returned.
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
