package engineio_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"gifchat/socketio/engineio"
)

const (
	unknownSID = `{"code":1,"message":"Session ID unknown"}`
	badRequest = `{"code":3,"message":"Bad request"}`
	tooLarge   = `{"code":3,"message":"Payload too large"}`
)

func TestPollingCarriesMessagesBothWays(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll()
	post := f.call("POST", "&sid="+sid, "4one\x1ebAQID\x1e4two")
	post.want(t, 200, "ok")
	if got := post.header.Get("Content-Type"); got != "text/html" {
		t.Errorf("Content-Type is %q", got)
	}
	for _, want := range []heard{{"one", false}, {"\x01\x02\x03", true}, {"two", false}} {
		if got := receive(t, p.messages); got != want {
			t.Errorf("heard %v, want %v", got, want)
		}
	}
	p.send(t, "first", []byte{1, 2, 3})
	p.send(t, "second")
	if err := p.conn.Send(engineio.PrepareBinary([]byte("raw"))); err != nil {
		t.Error(err)
	}
	f.call("GET", "&sid="+sid, "").want(t, 200, "4first\x1ebAQID\x1e4second\x1eb"+base64.StdEncoding.EncodeToString([]byte("raw")))

	waiting := f.waitingPoll(sid, p)
	p.send(t, "pushed")
	receive(t, waiting).want(t, 200, "4pushed")
}

func TestADuplicateGETEndsTheConnection(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll()
	waiting := f.waitingPoll(sid, p)
	f.call("GET", "&sid="+sid, "").want(t, 400, badRequest)
	receive(t, waiting).want(t, 200, "1")
	p.wantClosed(t, engineio.ReasonTransportError)
	f.call("GET", "&sid="+sid, "").want(t, 400, unknownSID)
}

func TestADuplicatePOSTEndsTheConnection(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll()
	body, writer := io.Pipe()
	first := make(chan answer, 1)
	go func() {
		a, _ := f.try(context.Background(), "POST", "EIO=4&transport=polling&sid="+sid, body)
		first <- a
	}()
	if _, err := io.WriteString(writer, "4one"); err != nil {
		t.Fatal(err)
	}
	f.eventually(p.conn.Posting)
	f.call("POST", "&sid="+sid, "4two").want(t, 400, badRequest)
	p.wantClosed(t, engineio.ReasonTransportError)
	_ = writer.Close()
	receive(t, first)
}

func TestACancelledGETEndsTheConnection(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := f.try(ctx, "GET", "EIO=4&transport=polling&sid="+sid, nil)
		done <- err
	}()
	f.eventually(p.conn.Polling)
	cancel()
	if receive(t, done) == nil {
		t.Error("the cancelled poll was answered")
	}
	p.wantClosed(t, engineio.ReasonTransportError)
}

func TestAnOctetStreamIsRefused(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll()
	f.call("POST", "&sid="+sid, "4x", "Content-Type", "application/octet-stream").want(t, 400, badRequest)
	p.wantClosed(t, engineio.ReasonTransportError)
}

func TestOtherContentTypesAreTaken(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll()
	for _, typ := range []string{"", "text/plain;charset=UTF-8", "text/plain", "application/json", "%%%"} {
		f.call("POST", "&sid="+sid, "4x", "Content-Type", typ).want(t, 200, "ok")
		p.wantMessage(t, "x")
	}
}

// slowly hides the length of a body, so that it is sent in chunks.
type slowly struct{ io.Reader }

// A body above the limit ends the session: what it held is lost, and what the
// client sent next would follow a hole.
func TestBodiesAreLimited(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	message := "4" + strings.Repeat("x", 999_999)
	for _, tt := range []struct {
		name string
		body func(string) io.Reader
	}{
		{"with a length", func(s string) io.Reader { return strings.NewReader(s) }},
		{"chunked", func(s string) io.Reader { return slowly{strings.NewReader(s)} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sid, p := f.poll()
			waiting := f.waitingPoll(sid, p)
			a, err := f.try(t.Context(), "POST", "EIO=4&transport=polling&sid="+sid, tt.body(message))
			if err != nil {
				t.Fatal(err)
			}
			a.want(t, 200, "ok")
			if got := receive(t, p.messages); len(got.data) != 999_999 {
				t.Errorf("got %d bytes", len(got.data))
			}
			a, err = f.try(t.Context(), "POST", "EIO=4&transport=polling&sid="+sid, tt.body(message+"x"))
			if err != nil {
				t.Fatal(err)
			}
			a.want(t, 413, tooLarge)
			p.wantClosed(t, engineio.ReasonTooLarge)
			receive(t, waiting).want(t, 200, "1")
			f.call("POST", "&sid="+sid, "4next").want(t, 400, unknownSID)
		})
	}
}

func TestBodiesAreLimited_of_revision_3(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{MaxPayload: 1000}}, nil)
	for _, tt := range []struct{ name, typ, body string }{
		{"text", "text/plain", "997:4" + strings.Repeat("x", 997)},
		{"binary", "application/octet-stream", "\x01\x09\x09\x07\xff\x04" + strings.Repeat("x", 996)},
	} {
		for _, chunked := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, chunked %t", tt.name, chunked), func(t *testing.T) {
				sid, p := f.poll3("")
				waiting := make(chan answer, 1)
				go func() { waiting <- f.call3("GET", "&sid="+sid, "") }()
				f.eventually(func() bool { return p.conn.Polling() })
				var body io.Reader = strings.NewReader(tt.body)
				if chunked {
					body = slowly{body}
				}
				a, err := f.try(t.Context(), "POST", "EIO=3&transport=polling&sid="+sid, body, "Content-Type", tt.typ)
				if err != nil {
					t.Fatal(err)
				}
				a.want(t, 413, tooLarge)
				p.wantClosed(t, engineio.ReasonTooLarge)
				receive(t, waiting).want(t, 200, "1:1")
				f.call3("GET", "&sid="+sid, "").want(t, 400, unknownSID)
			})
		}
	}
}

func TestGarbageEndsTheConnection(t *testing.T) {
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
			f := serve(t, engineio.Config{}, nil)
			sid, p := f.poll()
			waiting := f.waitingPoll(sid, p)
			a := f.call("POST", "&sid="+sid, tt.body)
			if tt.reason == engineio.ReasonTransportClose {
				a.want(t, 200, "ok")
				receive(t, waiting).want(t, 200, "6")
			} else {
				a.want(t, 400, badRequest)
				receive(t, waiting).want(t, 200, "1")
			}
			p.wantClosed(t, tt.reason)
			f.call("GET", "&sid="+sid, "").want(t, 400, unknownSID)
		})
	}
}

func TestMeaninglessPacketsAreHarmless(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll()
	f.call("POST", "&sid="+sid, "3\x1e3probe\x1e5\x1e6\x1e0{}\x1e4end").want(t, 200, "ok")
	p.wantMessage(t, "end")
	p.wantOpen(t)
}

func TestAClosePacketEndsTheConnection(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll()
	waiting := f.waitingPoll(sid, p)
	f.call("POST", "&sid="+sid, "4last\x1e1").want(t, 200, "ok")
	p.wantMessage(t, "last")
	receive(t, waiting).want(t, 200, "6")
	p.wantClosed(t, engineio.ReasonTransportClose)
}

func TestClosingAnswersTheWaitingPoll(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll()
	waiting := f.waitingPoll(sid, p)
	if !p.conn.Queue(engineio.Prepare([]byte("last words"))) {
		t.Error("Queue did not ask for a flush")
	}
	p.conn.Close()
	receive(t, waiting).want(t, 200, "4last words\x1e1")
	p.wantClosed(t, engineio.ReasonForcedClose)
	if err := p.conn.Send(engineio.Prepare([]byte("x"))); err == nil {
		t.Error("Send after the end was no error")
	}
}

func TestABodyThatDoesNotArriveEndsTheConnection(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{StallTimeout: 50 * time.Millisecond}}, nil)
	sid, p := f.poll()
	conn, err := net.Dial("tcp", f.address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: %s\r\nContent-Length: 10\r\n\r\n4abc", sid, f.address())
	p.wantClosed(t, engineio.ReasonTransportError)
}

func TestABodyThatIsCutEndsTheConnection(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll()
	conn, err := net.Dial("tcp", f.address())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST /?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: %s\r\nContent-Length: 10\r\n\r\n4abc", sid, f.address())
	f.eventually(p.conn.Posting)
	conn.Close()
	p.wantClosed(t, engineio.ReasonTransportError)
	select {
	case m := <-p.messages:
		t.Errorf("half a body was heard: %v", m)
	default:
	}
}

// A client that polls and does not read the answer must not hold its handler.
func TestAnAnswerThatIsNotReadEndsTheConnection(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{StallTimeout: 100 * time.Millisecond, MaxQueueBytes: 64 << 20, MaxPayload: 64 << 20}}, nil)
	sid, p := f.poll()
	big := bytes.Repeat([]byte("x"), 32<<20)
	p.send(t, string(big))
	conn, err := net.Dial("tcp", f.address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.(*net.TCPConn).SetReadBuffer(4096)
	fmt.Fprintf(conn, "GET /?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: %s\r\n\r\n", sid, f.address())
	p.wantClosed(t, engineio.ReasonTooSlow)
}

func TestOnlyWhatFitsIsTakenIntoOnePoll(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{MaxPayload: 1000}}, nil)
	sid, p := f.poll()
	for range 5 {
		p.send(t, strings.Repeat("x", 400))
	}
	for _, want := range []int{2, 2, 1} {
		a := f.call("GET", "&sid="+sid, "")
		if got := strings.Count(a.body, "\x1e") + 1; got != want {
			t.Errorf("%d packets, want %d", got, want)
		}
	}
}

func TestVolatileNeedsAWaitingPoll(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll()
	message := engineio.Prepare([]byte("now or never"))
	if sent, err := p.conn.SendVolatile(message); sent || err != nil {
		t.Errorf("without a poll: %v %v", sent, err)
	}
	waiting := f.waitingPoll(sid, p)
	if sent, err := p.conn.SendVolatile(message); !sent || err != nil {
		t.Errorf("into a poll: %v %v", sent, err)
	}
	receive(t, waiting).want(t, 200, "4now or never")
}

// Nothing may be written to a poll's ResponseWriter once its handler has
// returned: the next request of the connection would get it.
func TestNothingIsWrittenAfterAPollHasReturned(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll()
	var late []string
	for i := range 100 {
		ctx, cancel := context.WithCancel(t.Context())
		w := &guardedWriter{header: http.Header{}}
		r, _ := http.NewRequestWithContext(ctx, "GET", "/?EIO=4&transport=polling&sid="+sid, nil)
		returned := make(chan struct{})
		go func() {
			f.engine.ServeHTTP(w, r)
			w.returned.Store(true)
			close(returned)
		}()
		f.eventually(func() bool { return p.conn.Polling() })
		go cancel()
		_ = p.conn.Send(engineio.Prepare(fmt.Append(nil, i)))
		<-returned
		cancel()
		if w.late.Load() {
			late = append(late, fmt.Sprint(i))
		}
		select {
		case <-p.closed: // the cancellation came first
			sid, p = f.poll()
		default:
		}
	}
	if len(late) > 0 {
		t.Errorf("written after the return: %v", late)
	}
}

// After the handler net/http reads on, for the sake of the next request on the
// connection. That must not undo the deadline.
func TestABodyThatTricklesIsCut(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{StallTimeout: 50 * time.Millisecond}}, nil)
	sid, p := f.poll()
	conn, err := net.Dial("tcp", f.address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "POST /?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n4", sid)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.ReadAll(conn); err != nil {
		t.Errorf("the connection is still open: %v", err)
	}
	p.wantClosed(t, engineio.ReasonTransportError)
}
