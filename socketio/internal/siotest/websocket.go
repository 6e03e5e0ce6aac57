package siotest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// WebSocket is the client's end of a WebSocket. It writes and reads single frames.
type WebSocket struct {
	Conn     net.Conn
	Reader   *bufio.Reader // of Conn
	Patience time.Duration // timeout for each frame

	t  testing.TB
	mu sync.Mutex // serializes writes
}

// NewWebSocket returns a WebSocket on a connection whose handshake is complete.
func NewWebSocket(t testing.TB, conn net.Conn, r *bufio.Reader) *WebSocket {
	return &WebSocket{Conn: conn, Reader: r, Patience: Patience, t: t}
}

// Dial connects to address and requests a WebSocket with a query such as
// "EIO=4&transport=websocket". It returns the response instead if it is an error.
func Dial(t testing.TB, address, query string, header ...string) (*WebSocket, *http.Response) {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return Handshake(t, conn, address, query, header...)
}

// Handshake requests a WebSocket on conn. It returns the response instead if it is an
// error.
func Handshake(t testing.TB, conn net.Conn, host, query string, header ...string) (*WebSocket, *http.Response) {
	t.Helper()
	var b bytes.Buffer
	fmt.Fprintf(&b, "GET /socket.io/?%s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n", query, host)
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
		t.Errorf("Sec-WebSocket-Accept: got %q, want %q", got, want)
	}
	return NewWebSocket(t, conn, r), nil
}

// Masked returns the bytes of frames as a client sends them.
func Masked(frames ...ws.Frame) []byte {
	var b bytes.Buffer
	for _, f := range frames {
		ws.MustWriteFrame(&b, ws.MaskFrame(f))
	}
	return b.Bytes()
}

// Write sends frames.
func (w *WebSocket) Write(frames ...ws.Frame) {
	w.t.Helper()
	w.WriteRaw(Masked(frames...))
}

// WriteRaw sends bytes. It logs an error, because the server may have closed the
// connection before.
func (w *WebSocket) WriteRaw(b []byte) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := w.Conn.Write(b); err != nil && !errors.Is(err, net.ErrClosed) {
		w.t.Logf("write to the server: %v", err)
	}
}

// Send sends one text message.
func (w *WebSocket) Send(text string) {
	w.t.Helper()
	w.Write(ws.NewTextFrame([]byte(text)))
}

// Frame reads a frame.
func (w *WebSocket) Frame() (ws.Frame, error) {
	_ = w.Conn.SetReadDeadline(time.Now().Add(w.Patience))
	f, err := ws.ReadFrame(w.Reader)
	if err == nil && f.Header.Masked {
		err = errors.New("the server has masked a frame")
	}
	return f, err
}

// Next reads a frame. It ends the test after an error.
func (w *WebSocket) Next() ws.Frame {
	w.t.Helper()
	f, err := w.Frame()
	if err != nil {
		w.t.Fatalf("read a frame: %v", err)
	}
	return f
}

// Text reads a frame, which must be a whole text message.
func (w *WebSocket) Text() string {
	w.t.Helper()
	f := w.Next()
	if f.Header.OpCode != ws.OpText || !f.Header.Fin {
		w.t.Fatalf("frame: got %v %.60q, want a text message", f.Header, f.Payload)
	}
	return string(f.Payload)
}

// WantText checks the next text message.
func (w *WebSocket) WantText(want string) {
	w.t.Helper()
	if got := w.Text(); got != want {
		w.t.Errorf("text message: got %.60q, want %.60q", got, want)
	}
}

// WantClose reads frames up to a close frame, checks its code, and waits for the end of
// the connection.
func (w *WebSocket) WantClose(code ws.StatusCode) {
	w.t.Helper()
	for {
		f, err := w.Frame()
		if err != nil {
			w.t.Fatalf("read a frame: got %v, want a close frame with code %d", err, code)
		}
		if f.Header.OpCode != ws.OpClose {
			continue
		}
		if got, _ := ws.ParseCloseFrameData(f.Payload); got != code {
			w.t.Errorf("close code: got %d, want %d", got, code)
		}
		break
	}
	w.WantEnd()
}

// WantEnd reads until the server has closed the connection.
func (w *WebSocket) WantEnd() {
	w.t.Helper()
	_ = w.Conn.SetReadDeadline(time.Now().Add(w.Patience))
	_, err := io.Copy(io.Discard, w.Reader)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		w.t.Errorf("connection: still open after %v, want it closed", w.Patience)
	}
}

// Close closes the connection without a close frame.
func (w *WebSocket) Close() { _ = w.Conn.Close() }
