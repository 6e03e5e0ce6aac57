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
	"gifchat/socketio/internal/siotest"
)

func TestWebSocket_carries_messages_both_ways(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	w, p := f.WebSocket()
	if p.Conn.Transport() != "websocket" {
		t.Errorf("Transport: got %q, want websocket", p.Conn.Transport())
	}
	w.Send("4hello €")
	p.WantMessage(t, "hello €")
	w.Write(ws.NewBinaryFrame([]byte{0xff, 0}))
	p.WantBinary(t, "\xff\x00")
	p.Send(t, "text", []byte{1, 2}, []byte{})
	w.WantText("4text")
	for _, want := range []string{"\x01\x02", ""} {
		if fr := w.Next(); fr.Header.OpCode != ws.OpBinary || string(fr.Payload) != want {
			t.Errorf("frame: got %v %q, want binary %q", fr.Header, fr.Payload, want)
		}
	}
	if sent, err := p.Conn.SendVolatile(engineio.Prepare([]byte("now"))); !sent || err != nil {
		t.Errorf("SendVolatile: got %t, %v, want true", sent, err)
	}
	w.WantText("4now")
}

func TestWebSocket_reads_frames_sent_with_the_handshake(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	conn, err := net.Dial("tcp", f.Address())
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
	p := f.Peer()
	p.WantMessage(t, "early")
	if _, err := conn.Write(b.Bytes()[whole+5:]); err != nil {
		t.Fatal(err)
	}
	p.WantMessage(t, "and half")
}

func TestWebSocket_answers_the_closing_handshake(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	w, p := f.WebSocket()
	w.Write(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusNormalClosure, "bye")))
	w.WantClose(ws.StatusNormalClosure)
	p.WantClosed(t, engineio.ReasonTransportClose)
	if f.Server.Len() != 0 {
		t.Error("Len: got a connection, want none")
	}
}

func TestWebSocket_ends_with_a_reason_and_a_close_code(t *testing.T) {
	for _, tt := range []struct {
		name   string
		do     func(*siotest.WebSocket, *siotest.Peer)
		code   ws.StatusCode // 0 for the end without a close frame
		reason engineio.Reason
	}{
		{"the client hangs up", func(w *siotest.WebSocket, _ *siotest.Peer) { w.Close() }, 0, engineio.ReasonTransportClose},
		{"the client resets", func(w *siotest.WebSocket, _ *siotest.Peer) {
			_ = w.Conn.(*net.TCPConn).SetLinger(0)
			w.Close()
		}, 0, engineio.ReasonTransportError},
		{"a close packet", func(w *siotest.WebSocket, _ *siotest.Peer) { w.Send("1") }, ws.StatusNormalClosure, engineio.ReasonTransportClose},
		{"Conn.Close", func(_ *siotest.WebSocket, p *siotest.Peer) { p.Conn.Close() }, ws.StatusNormalClosure, engineio.ReasonForcedClose},
		{"Conn.Reject", func(_ *siotest.WebSocket, p *siotest.Peer) { p.Conn.Reject() }, ws.StatusNormalClosure, engineio.ReasonParseError},
		{"an empty frame", func(w *siotest.WebSocket, _ *siotest.Peer) { w.Send("") }, ws.StatusNormalClosure, engineio.ReasonParseError},
		{"an unknown packet", func(w *siotest.WebSocket, _ *siotest.Peer) { w.Send("9") }, ws.StatusNormalClosure, engineio.ReasonParseError},
		{"a ping packet", func(w *siotest.WebSocket, _ *siotest.Peer) { w.Send("2") }, ws.StatusNormalClosure, engineio.ReasonTransportError},
		{"1,000,001 bytes", func(w *siotest.WebSocket, _ *siotest.Peer) { w.Send("4" + strings.Repeat("x", 1_000_000)) }, ws.StatusMessageTooBig, engineio.ReasonTooLarge},
		{"1,000,001 bytes of which the header is sent", func(w *siotest.WebSocket, _ *siotest.Peer) {
			w.WriteRaw(append(binary.BigEndian.AppendUint64([]byte{0x82, 0xff}, 1_000_001), 1, 2, 3, 4))
		}, ws.StatusMessageTooBig, engineio.ReasonTooLarge},
		{"1,000,001 bytes in two frames", func(w *siotest.WebSocket, _ *siotest.Peer) {
			w.Write(ws.NewFrame(ws.OpText, false, []byte("4"+strings.Repeat("x", 999_999))), ws.NewFrame(ws.OpContinuation, true, []byte("x")))
		}, ws.StatusMessageTooBig, engineio.ReasonTooLarge},
		{"Conn.RejectTooLarge", func(_ *siotest.WebSocket, p *siotest.Peer) { p.Conn.RejectTooLarge() }, ws.StatusNormalClosure, engineio.ReasonTooLarge},
		{"fragments without an end", func(w *siotest.WebSocket, _ *siotest.Peer) {
			w.Write(ws.NewFrame(ws.OpText, false, []byte("4")))
			for range 4096 {
				w.Write(ws.NewFrame(ws.OpContinuation, false, nil))
			}
		}, ws.StatusPolicyViolation, engineio.ReasonTransportError},
		{"invalid UTF-8", func(w *siotest.WebSocket, _ *siotest.Peer) { w.Send("4\xff") }, ws.StatusInvalidFramePayloadData, engineio.ReasonTransportError},
		{"no mask", func(w *siotest.WebSocket, _ *siotest.Peer) { w.WriteRaw([]byte{0x81, 2, '4', 'x'}) }, ws.StatusProtocolError, engineio.ReasonTransportError},
		{"a reserved bit", func(w *siotest.WebSocket, _ *siotest.Peer) { w.WriteRaw([]byte{0xc1, 0x80, 0, 0, 0, 0}) }, ws.StatusProtocolError, engineio.ReasonTransportError},
		{"a bad close code", func(w *siotest.WebSocket, _ *siotest.Peer) {
			w.Write(ws.NewCloseFrame([]byte{0x03, 0xed}))
		}, ws.StatusProtocolError, engineio.ReasonTransportError},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := siotest.Serve(t, engineio.Config{}, nil)
			w, p := f.WebSocket()
			tt.do(w, p)
			if tt.code != 0 {
				w.WantClose(tt.code)
			}
			p.WantClosed(t, tt.reason)
			siotest.Eventually(t, func() bool { return f.Server.Len() == 0 })
		})
	}
}

func TestWebSocket_accepts_a_million_bytes(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	w, p := f.WebSocket()
	body := strings.Repeat("x", 999_999)
	w.Send("4" + body)
	p.WantMessage(t, body)
	w.Write(ws.NewFrame(ws.OpText, false, []byte("4"+body[:500_000])), ws.NewFrame(ws.OpContinuation, true, []byte(body[500_000:])))
	p.WantMessage(t, body)
}

func TestWebSocket_answers_pings(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	w, p := f.WebSocket()
	w.Write(ws.NewPingFrame([]byte("are you there")))
	if fr := w.Next(); fr.Header.OpCode != ws.OpPong || string(fr.Payload) != "are you there" {
		t.Errorf("frame: got %v %q, want a pong", fr.Header, fr.Payload)
	}
	w.Write(ws.NewPongFrame([]byte("unsolicited")), ws.NewFrame(ws.OpText, false, []byte("4a")), ws.NewPingFrame(nil), ws.NewFrame(ws.OpContinuation, true, []byte("b")))
	if fr := w.Next(); fr.Header.OpCode != ws.OpPong {
		t.Errorf("frame: got %v, want a pong", fr.Header)
	}
	p.WantMessage(t, "ab")
}

// Queued packets are written before the close frame, as far as the socket accepts them.
func TestClose_writes_queued_packets_before_the_close_frame(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	w, p := f.WebSocket()
	p.Conn.Queue(engineio.Prepare([]byte("one")))
	p.Conn.Queue(engineio.Prepare([]byte("two")))
	p.Conn.Close()
	w.WantText("4one")
	w.WantText("4two")
	w.WantClose(ws.StatusNormalClosure)
}

// A slow Message delays only the reading of that client.
func TestWebSocket_reads_nothing_until_Message_returns(t *testing.T) {
	hold := make(chan struct{})
	entered := make(chan string, 100)
	f := siotest.Serve(t, engineio.Config{}, func(_ *siotest.Peer, data []byte, _ bool) {
		entered <- string(data)
		<-hold
	})
	w, p := f.WebSocket()
	w.Send("4one")
	w.Send("4two")
	if got := siotest.Receive(t, entered); got != "one" {
		t.Errorf("first message: got %q, want one", got)
	}
	p.Send(t, "the other way is free")
	w.WantText("4the other way is free")
	if len(entered) != 0 {
		t.Error("got a second message before Message has returned, want none")
	}
	close(hold)
	if got := siotest.Receive(t, entered); got != "two" {
		t.Errorf("second message: got %q, want two", got)
	}
}

func TestReceiver_may_change_the_data(t *testing.T) {
	var kept [][]byte
	done := make(chan struct{}, 100)
	f := siotest.Serve(t, engineio.Config{}, func(_ *siotest.Peer, data []byte, _ bool) {
		kept = append(kept, bytes.Clone(data))
		clear(data) // the receiver may change data
		done <- struct{}{}
	})
	w, _ := f.WebSocket()
	for i := range 20 {
		w.Send(fmt.Sprintf("4%d", i))
	}
	for range 20 {
		siotest.Receive(t, done)
	}
	for i, b := range kept {
		if string(b) != fmt.Sprint(i) {
			t.Errorf("message %d: got %q, want %d", i, b, i)
		}
	}
}

func TestWebSocket_does_not_negotiate_compression(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	conn, err := net.Dial("tcp", f.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n")
	_ = conn.SetReadDeadline(time.Now().Add(siotest.Patience))
	b := make([]byte, 4096)
	n, err := conn.Read(b)
	if err != nil || strings.Contains(strings.ToLower(string(b[:n])), "extensions") {
		t.Errorf("response: got %q, %v, want no extensions", b[:n], err)
	}
}
