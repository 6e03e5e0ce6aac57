package gosocketio_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

const badRequest = `{"code":3,"message":"Bad request"}`

func TestCarrier_carries_messages_over_polling(t *testing.T) {
	f := serve(t, engineio.Config{})
	query, p := open(f)
	if p.Conn.Revision() != 3 || p.Conn.Transport() != "polling" {
		t.Errorf("got revision %d over %s, want 3 over polling", p.Conn.Revision(), p.Conn.Transport())
	}
	f.Call("POST", query, "6:4hello4:4가😀").Want(t, 200, "ok")
	p.WantMessage(t, "hello")
	p.WantMessage(t, "가😀")
	f.Call("POST", query, "7:4ê°\u0080Ã©\u00e9").Want(t, 200, "ok") // not encoded twice as a whole
	p.WantMessage(t, "ê°\u0080Ã©\u00e9")
	f.Call("POST", query, "4:4ê°\u0080").Want(t, 200, "ok") // as clients 1.x encode 가
	p.WantMessage(t, "가")

	p.Send(t, "one")
	f.Call("GET", query, "").Want(t, 200, "4:4one")
	p.Send(t, "é😀", []byte{0xff, 0xc3, 0xa9})
	f.Call("GET", query, "").Want(t, 200, "4:4é😀6:b4/8Op")
	f.Call("POST", query, "3:2hi").Want(t, 200, "ok")
	f.Call("GET", query, "").Want(t, 200, "3:3hi")
	f.Call("POST", query, "1:1").Want(t, 200, "ok")
	p.WantClosed(t, engineio.ReasonTransportClose)
}

func TestCarrier_accepts_binary_over_polling(t *testing.T) {
	f := serve(t, engineio.Config{})
	query, p := open(f)
	body := "\x00\x04\xff4가" + "\x01\x04\xff\x04\xff\xe9\x00"
	f.Call("POST", query, body, "Content-Type", "application/octet-stream").Want(t, 200, "ok")
	p.WantMessage(t, "가")
	p.WantBinary(t, "\xff\xe9\x00")
	f.Call("POST", query, "8:b4/+n//w==").Want(t, 400, badRequest) // its length is wrong
	p.WantClosed(t, engineio.ReasonParseError)
}

// A poll returns all queued packets. The library alone would return one packet per poll.
func TestCarrier_returns_many_packets_in_one_poll(t *testing.T) {
	f := serve(t, engineio.Config{})
	query, p := open(f)
	var want strings.Builder
	p.Send(t, "first") // the writer waits for a poll with this packet alone
	for i := range 100 {
		p.Send(t, fmt.Sprintf("m%02d", i))
		fmt.Fprintf(&want, "4:4m%02d", i)
	}
	got := ""
	for polls := 0; got != "6:4first"+want.String(); polls++ {
		if polls == 3 {
			t.Fatalf("three polls: got %q, want all messages", got)
		}
		got += f.Call("GET", query, "").Body
	}
}

func TestCarrier_carries_messages_over_WebSocket(t *testing.T) {
	f := serve(t, engineio.Config{})
	w, p := f.WebSocket()
	if p.Conn.Transport() != "websocket" {
		t.Errorf("Transport: got %q, want websocket", p.Conn.Transport())
	}
	w.Send("2data")
	if got := w.Text(); got != "3data" {
		t.Errorf("answer to a ping: got %q, want 3data", got)
	}
	w.Send("4가😀")
	p.WantMessage(t, "가😀")
	w.Write(ws.NewBinaryFrame([]byte{4, 1, 0xff}))
	p.WantBinary(t, "\x01\xff")
	p.Send(t, "가", []byte{0xff})
	if got := w.Text(); got != "4가" {
		t.Errorf("text message: got %q, want 4가", got)
	}
	if fr := w.Next(); fr.Header.OpCode != ws.OpBinary || string(fr.Payload) != "\x04\xff" {
		t.Errorf("frame: got %v %q, want binary 04ff", fr.Header, fr.Payload)
	}
	w.Write(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusNormalClosure, "")))
	p.WantClosed(t, engineio.ReasonTransportClose)
	w.WantEnd()
}

func TestCarrier_supports_forceBase64(t *testing.T) {
	f := serve(t, engineio.Config{})
	w, _ := f.Dial(webSocket + "&b64=1")
	p := siotest.Receive(t, f.Peers)
	w.Text() // the open packet
	w.Send("b4AQID")
	p.WantBinary(t, "\x01\x02\x03")
	w.Send("b4")
	p.WantBinary(t, "")
	p.Send(t, "two", []byte{1, 2})
	for _, want := range []string{"4two", "b4AQI="} {
		if got := w.Text(); got != want {
			t.Errorf("text message: got %q, want %q", got, want)
		}
	}
	w.Send("b2AQ==")
	if got := w.Text(); got != "3" {
		t.Errorf("answer to a ping with base64: got %q, want 3", got)
	}
	w.Send("b4A!")
	p.WantClosed(t, engineio.ReasonParseError)
	w.WantEnd()
}

func TestCarrier_uses_random_sids(t *testing.T) {
	f := serve(t, engineio.Config{})
	seen := make(map[string]bool)
	for range 200 {
		query, _ := open(f)
		_, sid, _ := strings.Cut(query, "sid=")
		if len(sid) != 20 || seen[sid] { // 120 bits
			t.Fatalf("sid: got %q, want 20 characters that have not occurred", sid)
		}
		seen[sid] = true
	}
	for _, guess := range []string{"1", "2", "a"} {
		f.Call("GET", "&sid="+guess, "").Want(t, 400, `{"code":1,"message":"Session ID unknown"}`)
	}
}

func TestCarrier_rejects_requests(t *testing.T) {
	f := serve(t, engineio.Config{})
	query, p := open(f)
	for _, tt := range []struct {
		name, method, query string
		status, code        int
	}{
		{"JSONP", "GET", polling + "&j=1](0)%3Balert(1)//", 400, 3},
		{"JSONP later", "GET", polling + query + "&j=0", 400, 3},
		{"an upgrade", "GET", webSocket + query, 400, 3},
		{"PUT", "PUT", polling + query, 400, 3},
		{"POST without a sid", "POST", polling, 400, 2},
		{"an unknown transport", "GET", "EIO=3&transport=flashsocket", 400, 0},
	} {
		a, err := f.Try(t.Context(), tt.method, tt.query, strings.NewReader(""))
		if err != nil {
			t.Fatal(err)
		}
		if a.Status != tt.status || !strings.HasPrefix(a.Body, fmt.Sprintf(`{"code":%d,`, tt.code)) {
			t.Errorf("%s: got %d %q, want %d with code %d", tt.name, a.Status, a.Body, tt.status, tt.code)
		}
	}
	resp, err := http.Get(f.HTTP.URL + "/socket.io/?EIO=4" + query)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("another revision: got %d, want 400", resp.StatusCode)
	}
	p.WantOpen(t)
	f.Call("POST", query, "6:4hello").Want(t, 200, "ok")
	p.WantMessage(t, "hello")
}

func TestCarrier_limits_bodies(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{MaxPayload: 1000}})
	large := "1001:4" + strings.Repeat("x", 1000)
	const tooLarge = `{"code":3,"message":"Payload too large"}`
	for _, chunked := range []bool{false, true} {
		for head := time.Millisecond; ; head *= 2 { // repeated if the poll arrives after the POST
			query, p := open(f)
			waiting := make(chan siotest.Response, 1)
			go func() { waiting <- f.Call("GET", query, "") }()
			time.Sleep(head)
			var body io.Reader = strings.NewReader(large)
			if chunked {
				body = struct{ io.Reader }{body}
			}
			r, err := try(t.Context(), f, "POST", query, body)
			if err != nil {
				t.Fatal(err)
			}
			r.Want(t, 413, tooLarge)
			p.WantClosed(t, engineio.ReasonTooLarge)
			if a := siotest.Receive(t, waiting); a.Status != 400 || head > siotest.Patience {
				a.Want(t, 200, "1:1")
				break
			}
		}
	}
	query, p := open(f)
	f.Call("POST", query, "995:4"+strings.Repeat("x", 994)).Want(t, 200, "ok")
	p.WantMessage(t, strings.Repeat("x", 994))
}

func TestCarrier_rejects_malformed_bodies(t *testing.T) {
	f := serve(t, engineio.Config{})
	for _, body := range []string{
		"", "garbage", "1", "99999999999999999999:4", "-1:4", "2:4", "1:9", "1:3",
		"3:4\xff\xfe", "8:b4!!!!!!", "4:b7AA", strings.Repeat("1:2", 3) + "5:4",
	} {
		query, p := open(f)
		f.Call("POST", query, body).Want(t, 400, badRequest)
		if len(p.Messages) > 0 {
			t.Errorf("%q: got a message, want none", body)
		}
		siotest.Receive(t, p.Ended)
	}
}

func TestCarrier_rejects_invalid_frames(t *testing.T) {
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
		w, p := f.WebSocket()
		w.Write(frame)
		w.WantEnd()
		reason, large := siotest.Receive(t, p.Ended), strings.Contains(name, "too m")
		if large != (reason == engineio.ReasonTooLarge) {
			t.Errorf("%s: closed with %q, want payload too large: %t", name, reason, large)
		}
		if len(p.Messages) > 0 {
			t.Errorf("%s: got a message, want none", name)
		}
	}
	w, p := f.WebSocket()
	for _, harmless := range []string{"0", "5", "6"} {
		w.Send(harmless)
	}
	w.Send("4" + strings.Repeat("x", 999))
	p.WantMessage(t, strings.Repeat("x", 999))
}

func TestCarrier_ends_a_client_without_heartbeats(t *testing.T) {
	f := serve(t, engineio.Config{PingInterval: 20 * time.Millisecond, PingTimeout: 20 * time.Millisecond})
	_, p := open(f)
	p.WantClosed(t, engineio.ReasonPingTimeout)
	w, p := f.WebSocket()
	p.WantClosed(t, engineio.ReasonPingTimeout)
	w.WantEnd()
	if n := f.Server.Len(); n != 0 {
		t.Errorf("Len: got %d, want 0", n)
	}
}

func TestCarrier_ends_a_client_that_cancels_its_poll(t *testing.T) {
	f := serve(t, engineio.Config{})
	query, p := open(f)
	ctx, cancel := context.WithCancel(t.Context())
	polled := make(chan error, 1)
	go func() {
		_, err := try(ctx, f, "GET", query, nil)
		polled <- err
	}()
	p.Send(t, "hello") // the first poll may receive it before it is canceled
	time.AfterFunc(50*time.Millisecond, cancel)
	if siotest.Receive(t, polled) == nil { // the poll was answered before
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		_, _ = try(ctx, f, "GET", query, nil)
	}
	p.WantClosed(t, engineio.ReasonTransportError)
}

func TestCarrier_ends_a_client_with_concurrent_polls(t *testing.T) {
	f := serve(t, engineio.Config{})
	query, p := open(f)
	answers := make(chan siotest.Response, 2)
	for range 2 {
		go func() {
			a, _ := try(t.Context(), f, "GET", query, nil)
			answers <- a
		}()
	}
	p.WantClosed(t, engineio.ReasonTransportError)
	first, second := siotest.Receive(t, answers), siotest.Receive(t, answers)
	if first.Status == second.Status {
		t.Errorf("concurrent polls: got %d for both, want different statuses", first.Status)
	}
}

func TestCarrier_ends_a_client_above_MaxControls(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{MaxControls: 100}})
	w, p := f.WebSocket()
	for range 100 {
		w.Send("2")
		if got := w.Text(); got != "3" {
			t.Fatalf("answer to a ping: got %q, want 3", got)
		}
	}
	p.WantOpen(t)
	w.Send("2")
	w.WantEnd()
	p.WantClosed(t, engineio.ReasonTransportError)
}

func TestCarrier_applies_ConnOptions(t *testing.T) {
	upper := func(message []byte, _ bool) ([]byte, bool) { return bytes.ToUpper(message), string(message) != "drop" }
	f := serve(t, engineio.Config{ConnOptions: func(*http.Request, any) engineio.ConnOptions {
		return engineio.ConnOptions{Transports: engineio.Polling, Incoming: upper, Outgoing: upper}
	}})
	query, p := open(f)
	f.Call("POST", query, "5:4drop3:4in").Want(t, 200, "ok")
	p.WantMessage(t, "IN")
	p.Send(t, "drop")
	p.Send(t, "out")
	f.Call("GET", query, "").Want(t, 200, "4:4OUT")
	a, err := f.Try(t.Context(), "GET", webSocket, nil, "Upgrade", "websocket", "Connection", "Upgrade")
	if err != nil {
		t.Fatal(err)
	}
	a.Want(t, 400, `{"code":0,"message":"Transport unknown"}`)
}
