package sockettest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gobwas/ws"

	"gifchat/socketio"
)

// ConnectError is the refusal of a client.
type ConnectError struct {
	// Status is the HTTP status of a refused handshake, for example 403 after an
	// error of Config.Identify. It is 0 if middleware refused the socket.
	Status int

	Message string         // of the connect_error, or of the answer to the handshake
	Data    socketio.Value // of the connect_error; zero without data
}

func (e *ConnectError) Error() string {
	switch {
	case e.Status != 0:
		return fmt.Sprintf("handshake refused with status %d: %s", e.Status, e.Message)
	case !e.Data.IsZero():
		return fmt.Sprintf("connect_error: %s %s", e.Message, e.Data.JSON())
	default:
		return "connect_error: " + e.Message
	}
}

// connectErrorOf returns nil if the server has accepted the client, and a
// *ConnectError if it has refused it.
func connectErrorOf(answer *packet) error {
	if answer.typ == packetConnect {
		return nil
	}
	refused, err := newConnectError(answer.data)
	if err != nil {
		return err
	}
	return refused
}

// newConnectError decodes the payload of CONNECT_ERROR.
func newConnectError(payload string) (*ConnectError, error) {
	var body struct {
		Message string
		Data    json.RawMessage
	}
	if err := json.Unmarshal([]byte(payload), &body); err != nil {
		return nil, err
	}
	refused := &ConnectError{Message: body.Message}
	if body.Data != nil {
		data, err := socketio.NewArgs(body.Data)
		if err != nil {
			return nil, err
		}
		refused.Data = data[0]
	}
	return refused, nil
}

// listener accepts one connection.
type listener struct {
	conn net.Conn // nil after it was accepted
}

func (l *listener) Accept() (net.Conn, error) {
	if l.conn == nil {
		return nil, net.ErrClosed // ends http.Server.Serve; the connection stays
	}
	conn := l.conn
	l.conn = nil
	return conn, nil
}

func (*listener) Close() error   { return nil }
func (*listener) Addr() net.Addr { return addr("memory") }

// open connects to a server over a connection in memory. A refusal of the
// handshake is a *ConnectError.
func open(server http.Handler, s *settings) (*link, error) {
	conn, remote := newPipe(s.address)
	web := &http.Server{Handler: server, ConnContext: socketio.ConnContext, ReadHeaderTimeout: s.timeout}
	go func() { _ = web.Serve(&listener{remote}) }() // returns when it has started the connection's goroutine
	_ = conn.SetReadDeadline(time.Now().Add(s.timeout))
	reader, err := handshake(conn, s)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	_ = conn.SetReadDeadline(time.Time{})
	return newLink(conn, remote.closed, reader), nil
}

// handshake requests a WebSocket and reads the open packet.
func handshake(conn net.Conn, s *settings) (*bufio.Reader, error) {
	r, err := http.NewRequest(http.MethodGet, "http://example.com"+s.path, nil) //nolint:noctx // the connection has a deadline
	if err != nil {
		return nil, err
	}
	r.URL.RawQuery = s.query.Encode()
	r.Header = s.header.Clone()
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket",
		"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
	} {
		r.Header.Set(name, value)
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	if err := r.Write(conn); err != nil {
		return nil, err
	}
	reader := bufio.NewReader(conn)
	resp, err := http.ReadResponse(reader, r)
	if err != nil {
		return nil, fmt.Errorf("handshake: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return nil, refusal(resp)
	}
	frame, err := ws.ReadFrame(reader)
	if err == nil && !strings.HasPrefix(string(frame.Payload), "0{") {
		err = errPacket
	}
	return reader, err
}

// maxRefusal is how much of an answer is read, in bytes.
const maxRefusal = 64 << 10

// refusal returns the error for an answer that is no WebSocket.
func refusal(resp *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	if err != nil {
		return err
	}
	var body struct{ Message string }
	if json.Unmarshal(text, &body) != nil || body.Message == "" {
		body.Message = strings.TrimSpace(string(text))
	}
	return &ConnectError{Status: resp.StatusCode, Message: body.Message}
}
