package engineio_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"gifchat/socketio/engineio"
)

// https://github.com/socketio/socket.io/blob/main/docs/engine.io-protocol/v3.md

func (f *fixture) call3(method, query, body string, header ...string) answer {
	f.t.Helper()
	a, err := f.try(f.t.Context(), method, "EIO=3&transport=polling"+query, strings.NewReader(body), header...)
	if err != nil {
		f.t.Fatal(err)
	}
	return a
}

func (f *fixture) poll3(query string) (sid string, p *peer) {
	f.t.Helper()
	a := f.call3("GET", query, "")
	_, packet, ok := strings.Cut(a.body, ":")
	if a.status != http.StatusOK || !ok {
		f.t.Fatalf("handshake: %d %q", a.status, a.body)
	}
	return parseOpen(f.t, packet).SID, f.peer()
}

func TestRevision3CanBeRefused(t *testing.T) {
	f := serve(t, engineio.Config{RefuseRevision3: true}, nil)
	f.call3("GET", "", "").want(t, 400, `{"code":5,"message":"Unsupported protocol version"}`)
	if _, resp := f.dial("EIO=3&transport=websocket"); resp == nil || resp.StatusCode != 400 {
		t.Errorf("WebSocket: got %v, want 400", resp)
	}
}

func TestPolling3(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll3("")
	if p.conn.Revision() != 3 {
		t.Errorf("revision is %d", p.conn.Revision())
	}
	f.call3("POST", "&sid="+sid, "6:4hello3:4가😀").want(t, 400, `{"code":3,"message":"Bad request"}`)
	p.wantMessage(t, "hello")
	p.wantClosed(t, engineio.ReasonParseError)

	sid, p = f.poll3("")
	f.call3("POST", "&sid="+sid, "6:4hello4:4가😀").want(t, 200, "ok")
	p.wantMessage(t, "hello")
	p.wantMessage(t, "가😀")
	f.call3("POST", "&sid="+sid, "\x01\x03\xff\x04\x01\x02", "Content-Type", "application/octet-stream").want(t, 200, "ok")
	if got := receive(t, p.messages); got != (heard{"\x01\x02", true}) {
		t.Errorf("got %v, want binary", got)
	}

	p.send(t, "one")
	p.send(t, "two")
	a := f.call3("GET", "&sid="+sid, "")
	a.want(t, 200, "4:4one4:4two")
	if got := a.header.Get("Content-Type"); got != "text/plain; charset=UTF-8" {
		t.Errorf("Content-Type of text is %q", got)
	}
	p.send(t, "with", []byte{1})
	a = f.call3("GET", "&sid="+sid, "")
	a.want(t, 200, "\x00\x05\xff4with\x01\x02\xff\x04\x01")
	if got := a.header.Get("Content-Type"); got != "application/octet-stream" {
		t.Errorf("Content-Type of binary is %q", got)
	}
	f.call3("POST", "&sid="+sid, "1:1").want(t, 200, "ok")
	p.wantClosed(t, engineio.ReasonTransportClose)
}

func TestPolling3WithoutBinary(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll3("&b64=1")
	p.send(t, "with", []byte{1, 2, 3, 4})
	f.call3("GET", "&b64=1&sid="+sid, "").want(t, 200, "5:4with10:b4AQIDBA==")
	f.call3("POST", "&b64=1&sid="+sid, "10:b4AQIDBA==").want(t, 200, "ok")
	if got := receive(t, p.messages); got != (heard{"\x01\x02\x03\x04", true}) {
		t.Errorf("got %v, want binary", got)
	}
}

func TestWebSocket3(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	w, resp := f.dial("EIO=3&transport=websocket")
	if w == nil {
		t.Fatalf("handshake: %d", resp.StatusCode)
	}
	parseOpen(t, w.text())
	p := f.peer()
	w.say("2data")
	if got := w.text(); got != "3data" {
		t.Errorf("a ping was answered %q", got)
	}
	w.write(ws.NewBinaryFrame([]byte{4, 1, 2}))
	if got := receive(t, p.messages); got != (heard{"\x01\x02", true}) {
		t.Errorf("got %v, want binary", got)
	}
	p.send(t, "with", []byte{1})
	if got := w.text(); got != "4with" {
		t.Errorf("got %q", got)
	}
	if fr, err := w.frame(); err != nil || fr.Header.OpCode != ws.OpBinary || string(fr.Payload) != "\x04\x01" {
		t.Errorf("got %v %v, want a binary message that begins with its type", fr, err)
	}
	w.write(ws.NewBinaryFrame([]byte{1}))
	p.wantClosed(t, engineio.ReasonParseError)
}

func TestUpgrade3(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll3("")
	w, resp := f.dial("EIO=3&transport=websocket&sid=" + sid)
	if w == nil {
		t.Fatalf("handshake: %d", resp.StatusCode)
	}
	w.say("2probe")
	if got := w.text(); got != "3probe" {
		t.Fatalf("the probe was answered %q", got)
	}
	f.call3("GET", "&sid="+sid, "").want(t, 200, "1:6")
	w.say("5")
	w.say("4hello")
	p.wantMessage(t, "hello")
	p.send(t, "back")
	if got := w.text(); got != "4back" {
		t.Errorf("got %q", got)
	}
	f.call3("GET", "&sid="+sid, "").want(t, 400, `{"code":3,"message":"Bad request"}`)
}

// In revision 3 the client pings; the server listens for 25 s + 20 s.
func TestHeartbeat3(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		body := <-b.request3("GET", "", "")
		_, packet, _ := strings.Cut(body, ":")
		sid := parseOpen(t, packet).SID
		p := <-b.peers
		b.at(44 * time.Second)
		p.wantOpen(t)
		if got := <-b.request3("POST", "&sid="+sid, "1:2"); got != "ok" {
			t.Fatalf("a ping was answered %q", got)
		}
		if got := <-b.request3("GET", "&sid="+sid, ""); got != "1:3" {
			t.Errorf("got %q, want a pong", got)
		}
		b.at(88 * time.Second)
		p.wantOpen(t)
		b.at(90 * time.Second)
		p.wantClosed(t, engineio.ReasonPingTimeout)
	})
}

func TestAPongOfRevision3EndsTheConnection(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll3("")
	f.call3("POST", "&sid="+sid, "1:3").want(t, 400, `{"code":3,"message":"Bad request"}`)
	p.wantClosed(t, engineio.ReasonTransportError)
}
