package gosocketio_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"gifchat/socketio/engineio"
)

const badRequest = `{"code":3,"message":"Bad request"}`

func TestPolling(t *testing.T) {
	f := serve(t, engineio.Config{})
	query, p := f.open()
	if p.conn.Revision() != 3 || p.conn.Transport() != "polling" {
		t.Errorf("revision %d over %s", p.conn.Revision(), p.conn.Transport())
	}
	f.call("POST", query, "6:4hello4:4가😀").want(t, 200, "ok")
	p.wantMessage(t, heard{"hello", false})
	p.wantMessage(t, heard{"가😀", false})
	f.call("POST", query, "7:4ê°\u0080Ã©\u00e9").want(t, 200, "ok") // not doubled as a whole
	p.wantMessage(t, heard{"ê°\u0080Ã©\u00e9", false})
	f.call("POST", query, "4:4ê°\u0080").want(t, 200, "ok") // as clients 1.x encode 가
	p.wantMessage(t, heard{"가", false})

	p.send(t, "one")
	f.call("GET", query, "").want(t, 200, "4:4one")
	p.send(t, "é😀", []byte{0xff, 0xc3, 0xa9})
	f.call("GET", query, "").want(t, 200, "4:4é😀6:b4/8Op")
	f.call("POST", query, "3:2hi").want(t, 200, "ok")
	f.call("GET", query, "").want(t, 200, "3:3hi")
	f.call("POST", query, "1:1").want(t, 200, "ok")
	p.wantClosed(t, engineio.ReasonTransportClose)
}

func TestPollingTakesBinary(t *testing.T) {
	f := serve(t, engineio.Config{})
	query, p := f.open()
	body := "\x00\x04\xff4가" + "\x01\x04\xff\x04\xff\xe9\x00"
	f.call("POST", query, body, "Content-Type", "application/octet-stream").want(t, 200, "ok")
	p.wantMessage(t, heard{"가", false})
	p.wantMessage(t, heard{"\xff\xe9\x00", true})
	f.call("POST", query, "8:b4/+n//w==").want(t, 400, badRequest) // its length is wrong
	p.wantClosed(t, engineio.ReasonParseError)
}

// A poll takes all there is: one packet for each poll is the library's way.
func TestAPollTakesManyPackets(t *testing.T) {
	f := serve(t, engineio.Config{})
	query, p := f.open()
	var want strings.Builder
	p.send(t, "first") // the writer takes it alone, and waits for a poll with it
	for i := range 100 {
		p.send(t, fmt.Sprintf("m%02d", i))
		fmt.Fprintf(&want, "4:4m%02d", i)
	}
	got := ""
	for polls := 0; got != "6:4first"+want.String(); polls++ {
		if polls == 3 {
			t.Fatalf("three polls brought %q", got)
		}
		got += f.call("GET", query, "").body
	}
}

func TestWebSocket(t *testing.T) {
	f := serve(t, engineio.Config{})
	w, p := f.connect()
	if p.conn.Transport() != "websocket" {
		t.Errorf("over %s", p.conn.Transport())
	}
	w.say("2data")
	if got := w.text(); got != "3data" {
		t.Errorf("a ping was answered %q", got)
	}
	w.say("4가😀")
	p.wantMessage(t, heard{"가😀", false})
	w.sayFrame(ws.NewBinaryFrame([]byte{4, 1, 0xff}))
	p.wantMessage(t, heard{"\x01\xff", true})
	p.send(t, "가", []byte{0xff})
	if got := w.text(); got != "4가" {
		t.Errorf("got %q", got)
	}
	if data, op, err := w.next(); err != nil || op != ws.OpBinary || data != "\x04\xff" {
		t.Errorf("got %q %v %v", data, op, err)
	}
	w.sayFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusNormalClosure, "")))
	p.wantClosed(t, engineio.ReasonTransportClose)
	w.wantEnd()
}

func TestWebSocket_forceBase64(t *testing.T) {
	f := serve(t, engineio.Config{})
	w := dial(t, f.http.URL, "&b64=1")
	p := receive(t, f.peers)
	w.text() // the open packet
	w.say("b4AQID")
	p.wantMessage(t, heard{"\x01\x02\x03", true})
	w.say("b4")
	p.wantMessage(t, heard{"", true})
	p.send(t, "two", []byte{1, 2})
	for _, want := range []string{"4two", "b4AQI="} {
		if got := w.text(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	w.say("b2AQ==")
	if got := w.text(); got != "3" {
		t.Errorf("a ping with base64 was answered %q", got)
	}
	w.say("b4A!")
	p.wantClosed(t, engineio.ReasonParseError)
	w.wantEnd()
}

func TestSessionIDsAreSecret(t *testing.T) {
	f := serve(t, engineio.Config{})
	seen := make(map[string]bool)
	for range 200 {
		query, _ := f.open()
		_, sid, _ := strings.Cut(query, "sid=")
		if len(sid) != 20 || seen[sid] { // 120 bits
			t.Fatalf("sid %q", sid)
		}
		seen[sid] = true
	}
	for _, guess := range []string{"1", "2", "a"} {
		f.call("GET", "&transport=polling&sid="+guess, "").want(t, 400, `{"code":1,"message":"Session ID unknown"}`)
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	f := serve(t, engineio.Config{})
	query, p := f.open()
	for _, tt := range []struct {
		name, method, query string
		status, code        int
	}{
		{"JSONP", "GET", "&transport=polling&j=1](0)%3Balert(1)//", 400, 3},
		{"JSONP later", "GET", query + "&j=0", 400, 3},
		{"an upgrade", "GET", strings.Replace(query, "polling", "websocket", 1), 400, 3},
		{"PUT", "PUT", query, 400, 3},
		{"POST without a sid", "POST", "&transport=polling", 400, 2},
		{"an unknown transport", "GET", "&transport=flashsocket", 400, 0},
	} {
		a := f.call(tt.method, tt.query, "")
		if a.status != tt.status || !strings.HasPrefix(a.body, fmt.Sprintf(`{"code":%d,`, tt.code)) {
			t.Errorf("%s: got %d %q", tt.name, a.status, a.body)
		}
	}
	resp, err := http.Get(f.http.URL + "/socket.io/?EIO=4" + query)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("another revision: got %d", resp.StatusCode)
	}
	p.wantOpen(t)
	f.call("POST", query, "6:4hello").want(t, 200, "ok")
	p.wantMessage(t, heard{"hello", false})
}

func TestBodiesAreBounded(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{MaxPayload: 1000}})
	large := "1001:4" + strings.Repeat("x", 1000)
	const tooLarge = `{"code":3,"message":"Payload too large"}`
	for _, chunked := range []bool{false, true} {
		for head := time.Millisecond; ; head *= 2 { // a poll that arrives after the POST is tried again
			query, p := f.open()
			waiting := make(chan answer, 1)
			go func() { waiting <- f.call("GET", query, "") }()
			time.Sleep(head)
			var body io.Reader = strings.NewReader(large)
			if chunked {
				body = struct{ io.Reader }{body}
			}
			call(t, f.http.URL, "POST", query, body).want(t, 413, tooLarge)
			p.wantClosed(t, engineio.ReasonTooLarge)
			if a := receive(t, waiting); a.status != 400 || head > patience {
				a.want(t, 200, "1:1")
				break
			}
		}
	}
	query, p := f.open()
	f.call("POST", query, "995:4"+strings.Repeat("x", 994)).want(t, 200, "ok")
	p.wantMessage(t, heard{strings.Repeat("x", 994), false})
}

func TestMalformedBodies(t *testing.T) {
	f := serve(t, engineio.Config{})
	for _, body := range []string{
		"", "garbage", "1", "99999999999999999999:4", "-1:4", "2:4", "1:9", "1:3",
		"3:4\xff\xfe", "8:b4!!!!!!", "4:b7AA", strings.Repeat("1:2", 3) + "5:4",
	} {
		query, p := f.open()
		f.call("POST", query, body).want(t, 400, badRequest)
		if len(p.messages) > 0 {
			t.Errorf("%q: a message of a malformed body was heard", body)
		}
		receive(t, p.closed)
	}
}

func TestFramesAreLookedAt(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{MaxPayload: 1000}})
	for name, frame := range map[string]ws.Frame{
		"one byte too many":  ws.NewTextFrame([]byte("4" + strings.Repeat("x", 1000))),
		"ten times too many": ws.NewTextFrame([]byte("4" + strings.Repeat("x", 10_000))),
		"too much binary":    ws.NewBinaryFrame(append([]byte{4}, make([]byte, 1000)...)),
		"not UTF-8":          ws.NewTextFrame([]byte("4\xff\xfe")),
		"an unknown type":    ws.NewTextFrame([]byte("9")),
		"a letter":           ws.NewTextFrame([]byte("x")),
		"a pong":             ws.NewTextFrame([]byte("3")),
		"an empty frame":     ws.NewTextFrame(nil),
		"empty binary":       ws.NewBinaryFrame(nil),
		"a binary ping":      ws.NewBinaryFrame([]byte{2}),
		"binary in digits":   ws.NewBinaryFrame([]byte("4x")),
	} {
		w, p := f.connect()
		w.sayFrame(frame)
		w.wantEnd()
		reason, large := receive(t, p.closed), strings.Contains(name, "too m")
		if large != (reason == engineio.ReasonTooLarge) {
			t.Errorf("%s: closed with %q", name, reason)
		}
		if len(p.messages) > 0 {
			t.Errorf("%s: was heard", name)
		}
	}
	w, p := f.connect()
	for _, harmless := range []string{"0", "5", "6"} {
		w.say(harmless)
	}
	w.say("4" + strings.Repeat("x", 999))
	p.wantMessage(t, heard{strings.Repeat("x", 999), false})
}

func TestAHandshakeWithoutAClientIsFreed(t *testing.T) {
	f := serve(t, engineio.Config{PingInterval: 20 * time.Millisecond, PingTimeout: 20 * time.Millisecond})
	_, p := f.open()
	p.wantClosed(t, engineio.ReasonPingTimeout)
	w, p := f.connect()
	p.wantClosed(t, engineio.ReasonPingTimeout)
	w.wantEnd()
	if n := f.engine.Len(); n != 0 {
		t.Errorf("%d connections are left", n)
	}
}

func TestAClientThatGivesUpItsPollIsGone(t *testing.T) {
	f := serve(t, engineio.Config{})
	query, p := f.open()
	ctx, cancel := context.WithCancel(t.Context())
	polled := make(chan error, 1)
	go func() {
		_, err := request(ctx, f.http.URL, "GET", query, nil)
		polled <- err
	}()
	p.send(t, "you are polling") // and now it does no more, or again
	time.AfterFunc(50*time.Millisecond, cancel)
	if receive(t, polled) == nil { // it was answered before
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		_, _ = request(ctx, f.http.URL, "GET", query, nil)
	}
	p.wantClosed(t, engineio.ReasonTransportError)
}

func TestTwoPollsAtOnceEndTheConnection(t *testing.T) {
	f := serve(t, engineio.Config{})
	query, p := f.open()
	answers := make(chan answer, 2)
	for range 2 {
		go func() {
			a, _ := request(t.Context(), f.http.URL, "GET", query, nil)
			answers <- a
		}()
	}
	p.wantClosed(t, engineio.ReasonTransportError)
	first, second := receive(t, answers), receive(t, answers)
	if first.status == second.status {
		t.Errorf("both were answered %d", first.status)
	}
}

func TestAFloodOfPingsIsCut(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{MaxControls: 100}})
	w, p := f.connect()
	for range 100 {
		w.say("2")
		if got := w.text(); got != "3" {
			t.Fatalf("got %q for a pong", got)
		}
	}
	p.wantOpen(t)
	w.say("2")
	w.wantEnd()
	p.wantClosed(t, engineio.ReasonTransportError)
}
