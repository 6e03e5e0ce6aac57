// Package wire is the part of WebSocket, Engine.IO 4 and Socket.IO 5 that the
// bare floors need to serve the benchmark's contract. It owns no connection. It
// leaves out checks on purpose, because a floor is the minimum cost.
package wire

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // required by RFC 6455, and no protection
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"strconv"
	"time"
)

// Opcodes of RFC 6455 that the floors use.
const (
	OpText   = 1
	OpBinary = 2
	OpClose  = 8
)

var (
	errFrame  = errors.New("unexpected frame")
	errPacket = errors.New("unexpected packet")
)

// Switching returns the response to an upgrade request with the given key.
func Switching(key string) []byte {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // as above
	return []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n")
}

// Key returns the WebSocket key of a raw request; ok is false while the request
// is incomplete.
func Key(request []byte) (key string, ok bool) {
	if !bytes.Contains(request, []byte("\r\n\r\n")) {
		return "", false
	}
	_, rest, found := bytes.Cut(request, []byte("Sec-WebSocket-Key: "))
	value, _, ended := bytes.Cut(rest, []byte("\r\n"))
	return string(value), found && ended
}

// AppendFrame appends an unmasked frame, as servers send it.
func AppendFrame(dst []byte, op byte, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	switch {
	case n < 126:
		dst = append(dst, 0x80|op, byte(n))
	case n < 1<<16:
		dst = append(dst, 0x80|op, 126)
		dst = binary.BigEndian.AppendUint16(dst, uint16(n))
	default:
		dst = append(dst, 0x80|op, 127)
		dst = binary.BigEndian.AppendUint64(dst, uint64(n))
	}
	for _, p := range parts {
		dst = append(dst, p...)
	}
	return dst
}

// Next parses one client frame at the start of b and unmasks it in place. n is
// its size in bytes, or 0 while the frame is incomplete.
func Next(b []byte) (op byte, payload []byte, n int, err error) {
	if len(b) < 2 {
		return 0, nil, 0, nil
	}
	if b[0]&0xf0 != 0x80 || b[1]&0x80 == 0 {
		return 0, nil, 0, errFrame
	}
	size, head := int(b[1]&0x7f), 2
	switch size {
	case 126:
		if len(b) < 4 {
			return 0, nil, 0, nil
		}
		size, head = int(binary.BigEndian.Uint16(b[2:])), 4
	case 127:
		return 0, nil, 0, errFrame // more than the generator ever sends
	}
	if len(b) < head+4+size {
		return 0, nil, 0, nil
	}
	mask := b[head : head+4]
	payload = b[head+4 : head+4+size]
	twice := uint64(binary.LittleEndian.Uint32(mask)) * (1<<32 + 1)
	i := 0
	for ; i+8 <= size; i += 8 {
		binary.LittleEndian.PutUint64(payload[i:], binary.LittleEndian.Uint64(payload[i:])^twice)
	}
	for ; i < size; i++ {
		payload[i] ^= mask[i&3]
	}
	return b[0] & 0xf, payload, head + 4 + size, nil
}

// Peer is the connection on which Handle executes a message.
type Peer interface {
	Reply(frames []byte) // must not keep the bytes
	Join(room string)
	Broadcast(frames []byte) // to the joined room
}

// Open returns the first frame of a connection.
func Open() []byte {
	return AppendFrame(nil, OpText, []byte(`0{"sid":"floor","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`))
}

// Ping returns Engine.IO's ping as a frame.
func Ping() []byte { return AppendFrame(nil, OpText, []byte("2")) }

// Handle executes one message of p by the contract. It fails if the message is
// malformed or not in the contract.
func Handle(p Peer, message []byte) error {
	switch {
	case len(message) > 0 && message[0] == '3': // pong
		return nil
	case len(message) < 2 || message[0] != '4':
		return errPacket
	case message[1] == '0':
		p.Reply(AppendFrame(nil, OpText, []byte(`40{"sid":"floor"}`)))
		return nil
	case message[1] != '2':
		return errPacket
	}
	event := bytes.TrimLeft(message[2:], "0123456789")
	id := message[2 : len(message)-len(event)]
	if !json.Valid(event) {
		return errPacket
	}
	name, arg, ok := bytes.Cut(event, []byte(`",`))
	if !ok {
		return errPacket
	}
	return handleEvent(p, string(name), id, bytes.TrimSuffix(arg, []byte("]")))
}

// handleEvent executes one event. name has the prefix `["`, and arg is the only
// argument as JSON.
func handleEvent(p Peer, name string, id, arg []byte) error {
	switch name {
	case `["join`:
		p.Join(string(arg))
		p.Reply(AppendFrame(nil, OpText, []byte("43"), id, []byte("[]")))
	case `["chat`:
		p.Broadcast(Chat(arg))
	case `["gif`:
		p.Broadcast(GIF(arg))
	case `["echo`:
		p.Reply(AppendFrame(nil, OpText, []byte("43"), id, []byte("["), arg, []byte("]")))
	default:
		return errPacket
	}
	return nil
}

// Chat returns the frame of a chat event, for every member of a room.
func Chat(text []byte) []byte {
	ts := strconv.AppendInt(nil, time.Now().UnixMilli(), 10)
	return AppendFrame(nil, OpText, []byte(`42["chat",{"user":"u1","chat":`), text, []byte(`,"ts":`), ts, []byte(`}]`))
}

// GIFBytes is the size of the attachment of a gif event.
const GIFBytes = 32 << 10

// GIF returns the frames of a gif event, for every member of a room.
func GIF(text []byte) []byte {
	frames := AppendFrame(nil, OpText, []byte(`451-["gif",{"user":"u1","chat":`), text, []byte(`,"gif":{"_placeholder":true,"num":0}}]`))
	return AppendFrame(frames, OpBinary, make([]byte, GIFBytes))
}
