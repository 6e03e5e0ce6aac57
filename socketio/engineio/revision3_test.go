package engineio_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

// https://github.com/socketio/socket.io/blob/main/docs/engine.io-protocol/v3.md

func TestRevision3_is_rejected_by_RefuseRevision3(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{RefuseRevision3: true}, nil)
	f.As("3").Call("GET", "", "").Want(t, 400, `{"code":5,"message":"Unsupported protocol version"}`)
	if _, resp := f.Dial("EIO=3&transport=websocket"); resp == nil || resp.StatusCode != 400 {
		t.Errorf("WebSocket: got %v, want 400", resp)
	}
}

func TestRevision3_carries_messages_over_polling(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.As("3").Open()
	if p.Conn.Revision() != 3 {
		t.Errorf("Revision: got %d, want 3", p.Conn.Revision())
	}
	f.As("3").Call("POST", "&sid="+sid, "6:4hello3:4가😀").Want(t, 400, `{"code":3,"message":"Bad request"}`)
	p.WantMessage(t, "hello")
	p.WantClosed(t, engineio.ReasonParseError)

	sid, p = f.As("3").Open()
	f.As("3").Call("POST", "&sid="+sid, "6:4hello4:4가😀").Want(t, 200, "ok")
	p.WantMessage(t, "hello")
	p.WantMessage(t, "가😀")
	f.As("3").Call("POST", "&sid="+sid, "\x01\x03\xff\x04\x01\x02", "Content-Type", "application/octet-stream").Want(t, 200, "ok")
	p.WantBinary(t, "\x01\x02")

	p.Send(t, "one")
	p.Send(t, "two")
	a := f.As("3").Call("GET", "&sid="+sid, "")
	a.Want(t, 200, "4:4one4:4two")
	if got := a.Header.Get("Content-Type"); got != "text/plain; charset=UTF-8" {
		t.Errorf("Content-Type of text: got %q, want text/plain", got)
	}
	p.Send(t, "with", []byte{1})
	a = f.As("3").Call("GET", "&sid="+sid, "")
	a.Want(t, 200, "\x00\x05\xff4with\x01\x02\xff\x04\x01")
	if got := a.Header.Get("Content-Type"); got != "application/octet-stream" {
		t.Errorf("Content-Type of binary: got %q, want application/octet-stream", got)
	}
	f.As("3").Call("POST", "&sid="+sid, "1:1").Want(t, 200, "ok")
	p.WantClosed(t, engineio.ReasonTransportClose)
}

func TestRevision3_sends_base64_to_clients_without_binary(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.As("3").OpenWith("&b64=1")
	p.Send(t, "with", []byte{1, 2, 3, 4})
	f.As("3").Call("GET", "&b64=1&sid="+sid, "").Want(t, 200, "5:4with10:b4AQIDBA==")
	f.As("3").Call("POST", "&b64=1&sid="+sid, "10:b4AQIDBA==").Want(t, 200, "ok")
	p.WantBinary(t, "\x01\x02\x03\x04")
}

func TestRevision3_carries_messages_over_WebSocket(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	w, resp := f.Dial("EIO=3&transport=websocket")
	if w == nil {
		t.Fatalf("handshake: got %d, want 101", resp.StatusCode)
	}
	siotest.ParseOpen(t, w.Text())
	p := f.Peer()
	w.Send("2data")
	if got := w.Text(); got != "3data" {
		t.Errorf("answer to a ping: got %q, want 3data", got)
	}
	w.Write(ws.NewBinaryFrame([]byte{4, 1, 2}))
	p.WantBinary(t, "\x01\x02")
	p.Send(t, "with", []byte{1})
	if got := w.Text(); got != "4with" {
		t.Errorf("text message: got %q, want 4with", got)
	}
	if fr, err := w.Frame(); err != nil || fr.Header.OpCode != ws.OpBinary || string(fr.Payload) != "\x04\x01" {
		t.Errorf("frame: got %v, %v, want a binary message that begins with its type", fr, err)
	}
	w.Write(ws.NewBinaryFrame([]byte{1}))
	p.WantClosed(t, engineio.ReasonParseError)
}

func TestRevision3_upgrades(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.As("3").Open()
	w, resp := f.Dial("EIO=3&transport=websocket&sid=" + sid)
	if w == nil {
		t.Fatalf("handshake: got %d, want 101", resp.StatusCode)
	}
	w.Send("2probe")
	if got := w.Text(); got != "3probe" {
		t.Fatalf("answer to the probe: got %q, want 3probe", got)
	}
	f.As("3").Call("GET", "&sid="+sid, "").Want(t, 200, "1:6")
	w.Send("5")
	w.Send("4hello")
	p.WantMessage(t, "hello")
	p.Send(t, "back")
	if got := w.Text(); got != "4back" {
		t.Errorf("text message: got %q, want 4back", got)
	}
	f.As("3").Call("GET", "&sid="+sid, "").Want(t, 400, `{"code":3,"message":"Bad request"}`)
}

// In revision 3 the client sends the pings. The server waits 25 s + 20 s for each.
func TestRevision3_answers_pings(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		sid := siotest.ParseOpen(t, <-b.request3("GET", "", "")).SID
		p := <-b.peers
		b.at(44 * time.Second)
		p.WantOpen(t)
		if got := <-b.request3("POST", "&sid="+sid, "1:2"); got != "ok" {
			t.Fatalf("POST of a ping: got %q, want ok", got)
		}
		if got := <-b.request3("GET", "&sid="+sid, ""); got != "1:3" {
			t.Errorf("poll: got %q, want a pong", got)
		}
		b.at(88 * time.Second)
		p.WantOpen(t)
		b.at(90 * time.Second)
		p.WantClosed(t, engineio.ReasonPingTimeout)
	})
}

func TestRevision3_ends_the_connection_after_a_pong(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.As("3").Open()
	f.As("3").Call("POST", "&sid="+sid, "1:3").Want(t, 400, `{"code":3,"message":"Bad request"}`)
	p.WantClosed(t, engineio.ReasonTransportError)
}

// A pong of revision 3 repeats the data of its ping, so it counts as a message does.
func TestRevision3_limits_queued_pongs(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.As("3").Open()
	body := "900001:2" + strings.Repeat("x", 900_000)
	for range 2 {
		f.As("3").Call("POST", "&sid="+sid, body).Want(t, 200, "ok")
	}
	if _, bytes := p.Conn.Queued(); bytes < 1_800_000 || bytes > 2<<20 {
		t.Errorf("Queued: got %d bytes, want two pongs", bytes)
	}
	f.As("3").Call("POST", "&sid="+sid, body)
	p.WantClosed(t, engineio.ReasonTooSlow)
}
