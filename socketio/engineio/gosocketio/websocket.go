package gosocketio

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/googollee/go-socket.io/engineio/frame"
	"github.com/googollee/go-socket.io/engineio/packet"
	"github.com/googollee/go-socket.io/engineio/transport"

	"gifchat/socketio/engineio"
)

// errRefused ends a client that sent what does not pass the fence.
var errRefused = errors.New("gosocketio: refused")

// errTooLarge ends a client that sent a message above the limit.
var errTooLarge = errors.New("gosocketio: message too large")

// webSocketConn looks at every message before the session does.
type webSocketConn struct {
	transport.Conn

	carried *engineio.Carried
	limits  engineio.Limits
	base64  bool      // the client asks for binary as base64
	until   time.Time // owned by the writing goroutine: for the messages at hand to be taken
}

func newWebSocketConn(conn transport.Conn, carried *engineio.Carried, asBase64 bool) *webSocketConn {
	return &webSocketConn{Conn: conn, carried: carried, limits: carried.Limits(), base64: asBase64}
}

// NextReader returns a message that is whole, bounded and in order.
func (g *webSocketConn) NextReader() (frame.Type, packet.Type, io.ReadCloser, error) {
	kind, typ, r, err := g.Conn.NextReader()
	if err != nil {
		return 0, 0, nil, err
	}
	most := int64(g.limits.MaxPayload) - 1 // the type is read already
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil {
		err = check(kind, typ, data, most)
	}
	if err != nil {
		_ = g.Conn.Close() // first: closing the reader reads what is left
	}
	if closed := r.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return 0, 0, nil, err
	}
	if kind == frame.String && typ == base64Type {
		if kind, typ, data, err = g.parseBase64(data); err != nil {
			_ = g.Conn.Close()
			return 0, 0, nil, err
		}
	}
	if typ == packet.PING {
		g.carried.Receive(engineio.Packet{Type: engineio.PacketPing})
	}
	return kind, typ, io.NopCloser(bytes.NewReader(data)), nil
}

// base64Type is the type that the library reads and writes for the mark "b" of a
// text that carries a binary packet as base64.
const base64Type = packet.Type('b' - '0')

// parseBase64 decodes what follows the mark.
func (g *webSocketConn) parseBase64(data []byte) (frame.Type, packet.Type, []byte, error) {
	p, err := g.carried.ParseText(append([]byte{'b'}, data...))
	if err != nil {
		return 0, 0, nil, fmt.Errorf("%w: %w", errRefused, err)
	}
	kind, typ := frame.String, packet.Type(p.Type-engineio.PacketOpen)
	if p.Binary {
		kind = frame.Binary
	}
	return kind, typ, p.Data, check(kind, typ, p.Data, int64(g.limits.MaxPayload))
}

func check(kind frame.Type, typ packet.Type, data []byte, most int64) error {
	switch {
	case int64(len(data)) > most:
		return fmt.Errorf("%w: more than %d bytes", errTooLarge, most+1)
	case typ == packet.PONG:
		return fmt.Errorf("%w: a heartbeat in the wrong direction", errRefused)
	case kind == frame.String && typ == base64Type:
		return nil
	case typ < packet.OPEN || typ > packet.NOOP:
		return fmt.Errorf("%w: unknown packet type", errRefused)
	case kind == frame.Binary && typ != packet.MESSAGE:
		return fmt.Errorf("%w: binary that is no message", errRefused)
	case kind == frame.String && !utf8.Valid(data):
		return fmt.Errorf("%w: text that is not UTF-8", errRefused)
	}
	return nil
}

// NextWriter bounds how long the client may take for a message.
func (g *webSocketConn) NextWriter(kind frame.Type, typ packet.Type) (io.WriteCloser, error) {
	deadline := time.Now().Add(g.limits.StallTimeout)
	if typ == packet.MESSAGE {
		deadline = g.until
	}
	if err := g.Conn.SetWriteDeadline(deadline); err != nil {
		return nil, err
	}
	if kind == frame.Binary && g.base64 {
		return g.base64Writer(typ)
	}
	return g.Conn.NextWriter(kind, typ)
}

// base64Writer writes a binary packet as text.
func (g *webSocketConn) base64Writer(typ packet.Type) (io.WriteCloser, error) {
	w, err := g.Conn.NextWriter(frame.String, base64Type)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write([]byte{typ.StringByte()}); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return &base64Writer{WriteCloser: base64.NewEncoder(base64.StdEncoding, w), message: w}, nil
}

type base64Writer struct {
	io.WriteCloser

	message io.Closer
}

// Close writes the last group of base64, and then ends the message.
func (w *base64Writer) Close() error { return errors.Join(w.WriteCloser.Close(), w.message.Close()) }

// SetReadDeadline does nothing: engineio knows when a client is late, and the
// session would count from the ping without the interval.
func (g *webSocketConn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing, see NextWriter.
func (g *webSocketConn) SetWriteDeadline(time.Time) error { return nil }

// Close forgets the error: the library would log it.
func (g *webSocketConn) Close() error {
	_ = g.Conn.Close()
	return nil
}

// expect keeps a client that takes a little now and then from taking for ever. The
// library tells nothing of a message that is being written, so the messages at hand
// have a time as a whole.
func (g *webSocketConn) expect(packets []engineio.Packet) {
	size := 0
	for _, p := range packets {
		size += len(p.Data)
	}
	g.until = time.Now().Add(g.limits.TimeFor(size))
}

func (g *webSocketConn) finish() { _ = g.Conn.Close() }
