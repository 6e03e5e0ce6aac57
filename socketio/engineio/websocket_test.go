package engineio_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"gifchat/socketio/engineio"
)

func TestWebSocketCarriesMessagesBothWays(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	w, p := f.websocket()
	if p.conn.Transport() != "websocket" {
		t.Errorf("transport is %q", p.conn.Transport())
	}
	w.say("4hello €")
	p.wantMessage(t, "hello €")
	w.write(ws.NewBinaryFrame([]byte{0xff, 0}))
	if got := receive(t, p.messages); got != (heard{"\xff\x00", true}) {
		t.Errorf("heard %v", got)
	}
	p.send(t, "text", []byte{1, 2}, []byte{})
	w.wantText("4text")
	for _, want := range []string{"\x01\x02", ""} {
		if fr := w.next(); fr.Header.OpCode != ws.OpBinary || string(fr.Payload) != want {
			t.Errorf("got %v %q, want binary %q", fr.Header, fr.Payload, want)
		}
	}
	if sent, err := p.conn.SendVolatile(engineio.Prepare([]byte("now"))); !sent || err != nil {
		t.Errorf("volatile: %v %v", sent, err)
	}
	w.wantText("4now")
}

func TestWhatComesWithTheHandshakeIsRead(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	conn, err := net.Dial("tcp", f.address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var b bytes.Buffer
	fmt.Fprintf(&b, "GET /?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
	fmt.Fprintf(&b, "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	ws.MustWriteFrame(&b, ws.MaskFrame(ws.NewTextFrame([]byte("4early"))))
	whole := b.Len()
	ws.MustWriteFrame(&b, ws.MaskFrame(ws.NewTextFrame([]byte("4and half"))))
	if _, err := conn.Write(b.Bytes()[:whole+5]); err != nil {
		t.Fatal(err)
	}
	p := f.peer()
	p.wantMessage(t, "early")
	if _, err := conn.Write(b.Bytes()[whole+5:]); err != nil {
		t.Fatal(err)
	}
	p.wantMessage(t, "and half")
}

func TestTheClosingHandshakeIsAnswered(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	w, p := f.websocket()
	w.write(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusNormalClosure, "bye")))
	w.wantClose(ws.StatusNormalClosure)
	p.wantClosed(t, engineio.ReasonTransportClose)
	if f.engine.Len() != 0 {
		t.Error("the connection was kept")
	}
}

func TestHowAWebSocketEnds(t *testing.T) {
	for _, tt := range []struct {
		name   string
		do     func(*wire, *peer)
		code   ws.StatusCode // 0: just the end
		reason engineio.Reason
	}{
		{"the client hangs up", func(w *wire, _ *peer) { w.close() }, 0, engineio.ReasonTransportClose},
		{"the client resets", func(w *wire, _ *peer) {
			_ = w.conn.(*net.TCPConn).SetLinger(0)
			w.close()
		}, 0, engineio.ReasonTransportError},
		{"a close packet", func(w *wire, _ *peer) { w.say("1") }, ws.StatusNormalClosure, engineio.ReasonTransportClose},
		{"Conn.Close", func(_ *wire, p *peer) { p.conn.Close() }, ws.StatusNormalClosure, engineio.ReasonForcedClose},
		{"Conn.Reject", func(_ *wire, p *peer) { p.conn.Reject() }, ws.StatusNormalClosure, engineio.ReasonParseError},
		{"an empty frame", func(w *wire, _ *peer) { w.say("") }, ws.StatusNormalClosure, engineio.ReasonParseError},
		{"an unknown packet", func(w *wire, _ *peer) { w.say("9") }, ws.StatusNormalClosure, engineio.ReasonParseError},
		{"a ping packet", func(w *wire, _ *peer) { w.say("2") }, ws.StatusNormalClosure, engineio.ReasonTransportError},
		{"1,000,001 bytes", func(w *wire, _ *peer) { w.say("4" + strings.Repeat("x", 1_000_000)) }, ws.StatusMessageTooBig, engineio.ReasonTooLarge},
		{"1,000,001 bytes of which the header is sent", func(w *wire, _ *peer) {
			w.raw(append(binary.BigEndian.AppendUint64([]byte{0x82, 0xff}, 1_000_001), 1, 2, 3, 4))
		}, ws.StatusMessageTooBig, engineio.ReasonTooLarge},
		{"1,000,001 bytes in two frames", func(w *wire, _ *peer) {
			w.write(ws.NewFrame(ws.OpText, false, []byte("4"+strings.Repeat("x", 999_999))), ws.NewFrame(ws.OpContinuation, true, []byte("x")))
		}, ws.StatusMessageTooBig, engineio.ReasonTooLarge},
		{"Conn.RejectTooLarge", func(_ *wire, p *peer) { p.conn.RejectTooLarge() }, ws.StatusNormalClosure, engineio.ReasonTooLarge},
		{"fragments without an end", func(w *wire, _ *peer) {
			w.write(ws.NewFrame(ws.OpText, false, []byte("4")))
			for range 4096 {
				w.write(ws.NewFrame(ws.OpContinuation, false, nil))
			}
		}, ws.StatusPolicyViolation, engineio.ReasonTransportError},
		{"invalid UTF-8", func(w *wire, _ *peer) { w.say("4\xff") }, ws.StatusInvalidFramePayloadData, engineio.ReasonTransportError},
		{"no mask", func(w *wire, _ *peer) { w.raw([]byte{0x81, 2, '4', 'x'}) }, ws.StatusProtocolError, engineio.ReasonTransportError},
		{"a reserved bit", func(w *wire, _ *peer) { w.raw([]byte{0xc1, 0x80, 0, 0, 0, 0}) }, ws.StatusProtocolError, engineio.ReasonTransportError},
		{"a bad close code", func(w *wire, _ *peer) {
			w.write(ws.NewCloseFrame([]byte{0x03, 0xed}))
		}, ws.StatusProtocolError, engineio.ReasonTransportError},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := serve(t, engineio.Config{}, nil)
			w, p := f.websocket()
			tt.do(w, p)
			if tt.code != 0 {
				w.wantClose(tt.code)
			}
			p.wantClosed(t, tt.reason)
			f.eventually(func() bool { return f.engine.Len() == 0 })
		})
	}
}

func TestAMillionBytesAreTaken(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	w, p := f.websocket()
	body := strings.Repeat("x", 999_999)
	w.say("4" + body)
	p.wantMessage(t, body)
	w.write(ws.NewFrame(ws.OpText, false, []byte("4"+body[:500_000])), ws.NewFrame(ws.OpContinuation, true, []byte(body[500_000:])))
	p.wantMessage(t, body)
}

func TestControlFramesAreAnswered(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	w, p := f.websocket()
	w.write(ws.NewPingFrame([]byte("are you there")))
	if fr := w.next(); fr.Header.OpCode != ws.OpPong || string(fr.Payload) != "are you there" {
		t.Errorf("got %v %q, want a pong", fr.Header, fr.Payload)
	}
	w.write(ws.NewPongFrame([]byte("nobody asked")), ws.NewFrame(ws.OpText, false, []byte("4a")), ws.NewPingFrame(nil), ws.NewFrame(ws.OpContinuation, true, []byte("b")))
	if fr := w.next(); fr.Header.OpCode != ws.OpPong {
		t.Errorf("got %v", fr.Header)
	}
	p.wantMessage(t, "ab")
}

// What is queued goes out before the close frame, as far as the socket takes it.
func TestLastWordsAreHeard(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	w, p := f.websocket()
	p.conn.Queue(engineio.Prepare([]byte("one")))
	p.conn.Queue(engineio.Prepare([]byte("two")))
	p.conn.Close()
	w.wantText("4one")
	w.wantText("4two")
	w.wantClose(ws.StatusNormalClosure)
}

// A slow Message keeps the reading, and only that, from going on.
func TestWhileMessageDoesNotReturnNothingMoreIsRead(t *testing.T) {
	hold := make(chan struct{})
	entered := make(chan string, 100)
	f := serve(t, engineio.Config{}, func(_ *peer, data []byte, _ bool) {
		entered <- string(data)
		<-hold
	})
	w, p := f.websocket()
	w.say("4one")
	w.say("4two")
	if got := receive(t, entered); got != "one" {
		t.Errorf("got %q", got)
	}
	p.send(t, "the other way is free")
	w.wantText("4the other way is free")
	if len(entered) != 0 {
		t.Error("the second message came before the first had returned")
	}
	close(hold)
	if got := receive(t, entered); got != "two" {
		t.Errorf("got %q", got)
	}
}

func TestDataIsOnlyLent(t *testing.T) {
	var kept [][]byte
	done := make(chan struct{}, 100)
	f := serve(t, engineio.Config{}, func(_ *peer, data []byte, _ bool) {
		kept = append(kept, bytes.Clone(data))
		clear(data) // the receiver may even change it
		done <- struct{}{}
	})
	w, _ := f.websocket()
	for i := range 20 {
		w.say(fmt.Sprintf("4%d", i))
	}
	for range 20 {
		receive(t, done)
	}
	for i, b := range kept {
		if string(b) != fmt.Sprint(i) {
			t.Errorf("message %d is %q", i, b)
		}
	}
}

func TestCompressionIsNotNegotiated(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	conn, err := net.Dial("tcp", f.address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n")
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	b := make([]byte, 4096)
	n, err := conn.Read(b)
	if err != nil || strings.Contains(strings.ToLower(string(b[:n])), "extensions") {
		t.Errorf("got %q, %v", b[:n], err)
	}
}
