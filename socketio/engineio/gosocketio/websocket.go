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

	"gifchat/socketio/internal/carrier"
)

// errInvalid is the error of a message that violates the protocol.
var errInvalid = errors.New("gosocketio: invalid message")

// errTooLarge is the error of a message above the size limit.
var errTooLarge = errors.New("gosocketio: message too large")

// webSocketConn checks every message before the session reads it.
type webSocketConn struct {
	transport.Conn

	carrierConn   carrier.Conn
	sendBase64    bool      // the client requested binary as base64
	writeDeadline time.Time // for all announced packets; owned by the writing goroutine
}

func newWebSocketConn(conn transport.Conn, carrierConn carrier.Conn, sendBase64 bool) *webSocketConn {
	return &webSocketConn{Conn: conn, carrierConn: carrierConn, sendBase64: sendBase64}
}

// NextReader returns a complete, valid message within the size limit.
func (c *webSocketConn) NextReader() (frame.Type, packet.Type, io.ReadCloser, error) {
	kind, typ, r, err := c.Conn.NextReader()
	if err != nil {
		return 0, 0, nil, err
	}
	limit := int64(c.carrierConn.MaxPayload()) - 1 // the type has been read
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil {
		err = validate(kind, typ, data, limit)
	}
	if err != nil {
		_ = c.Conn.Close() // closed first, because closing the reader reads the rest
	}
	if closeErr := r.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return 0, 0, nil, err
	}
	if kind == frame.String && typ == base64Type {
		if kind, typ, data, err = c.parseBase64(data); err != nil {
			_ = c.Conn.Close()
			return 0, 0, nil, err
		}
	}
	if typ == packet.PING {
		c.carrierConn.Receive(carrier.Packet{Type: carrier.Ping})
	}
	return kind, typ, io.NopCloser(bytes.NewReader(data)), nil
}

// base64Type is the packet type of the library for the mark "b" of a text packet with
// binary data as base64.
const base64Type = packet.Type('b' - '0')

// parseBase64 decodes the data after the mark.
func (c *webSocketConn) parseBase64(data []byte) (frame.Type, packet.Type, []byte, error) {
	p, err := c.carrierConn.ParseText(append([]byte{'b'}, data...))
	if err != nil {
		return 0, 0, nil, fmt.Errorf("%w: %w", errInvalid, err)
	}
	kind, typ := frame.String, packet.Type(p.Type-'0')
	if p.Binary {
		kind = frame.Binary
	}
	return kind, typ, p.Data, validate(kind, typ, p.Data, int64(c.carrierConn.MaxPayload()))
}

func validate(kind frame.Type, typ packet.Type, data []byte, limit int64) error {
	switch {
	case int64(len(data)) > limit:
		return fmt.Errorf("%w: more than %d bytes", errTooLarge, limit+1)
	case typ == packet.PONG:
		return fmt.Errorf("%w: a heartbeat in the wrong direction", errInvalid)
	case kind == frame.String && typ == base64Type:
		return nil
	case typ < packet.OPEN || typ > packet.NOOP:
		return fmt.Errorf("%w: unknown packet type", errInvalid)
	case kind == frame.Binary && typ != packet.MESSAGE:
		return fmt.Errorf("%w: binary that is no message", errInvalid)
	case kind == frame.String && !utf8.Valid(data):
		return fmt.Errorf("%w: text that is not UTF-8", errInvalid)
	}
	return nil
}

// NextWriter sets the deadline for a message.
func (c *webSocketConn) NextWriter(kind frame.Type, typ packet.Type) (io.WriteCloser, error) {
	deadline := time.Now().Add(c.carrierConn.WriteTimeout(0))
	if typ == packet.MESSAGE {
		deadline = c.writeDeadline
	}
	if err := c.Conn.SetWriteDeadline(deadline); err != nil {
		return nil, err
	}
	if kind == frame.Binary && c.sendBase64 {
		return c.base64Writer(typ)
	}
	return c.Conn.NextWriter(kind, typ)
}

// base64Writer returns a writer that writes a binary packet as base64 text.
func (c *webSocketConn) base64Writer(typ packet.Type) (io.WriteCloser, error) {
	w, err := c.Conn.NextWriter(frame.String, base64Type)
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

// SetReadDeadline does nothing. Package engineio checks the heartbeat, and the session's
// deadline would leave out the ping interval.
func (c *webSocketConn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing. NextWriter sets the deadline.
func (c *webSocketConn) SetWriteDeadline(time.Time) error { return nil }

// Close returns no error, because the library would log it.
func (c *webSocketConn) Close() error {
	_ = c.Conn.Close()
	return nil
}

// announce sets one deadline for all packets. The library does not report progress
// within a message, so a client that reads a few bytes at a time needs a limit.
func (c *webSocketConn) announce(packets []carrier.Packet) {
	size := 0
	for _, p := range packets {
		size += len(p.Data)
	}
	c.writeDeadline = time.Now().Add(c.carrierConn.WriteTimeout(size))
}

func (c *webSocketConn) stopReading() { _ = c.Conn.Close() }
