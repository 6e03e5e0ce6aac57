package engineio

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
)

// Prepared is what one Send puts on the wire: a text message packet and the
// binary message packets that belong to it, encoded once. It never changes, so
// any number of connections may share it; that is what makes a broadcast cheap.
type Prepared struct {
	frames []byte   // the WebSocket frames of all packets, one behind the other
	text   []byte   // the text packet with its type, if there is one; aliases frames
	binary [][]byte // the data of the binary packets; alias frames

	queues atomic.Int32 // blocked queues that it waits in, see backlog

	others atomic.Pointer[otherFrames] // nil until a client that needs other frames is sent p
}

// Prepare encodes a message packet that carries text and one binary message
// packet for each attachment. They stay together and in order on every
// connection. The arguments are copied.
func Prepare(text []byte, attachments ...[]byte) *Prepared {
	return prepare(PacketMessage, text, attachments)
}

// PrepareBinary encodes one binary message packet. data is copied.
func PrepareBinary(data []byte) *Prepared {
	p := &Prepared{}
	p.frames = p.appendBinary(make([]byte, 0, maxFrameHeader+len(data)), data)
	return p
}

// Text returns the text that Prepare was given. It must not be changed.
func (p *Prepared) Text() []byte { return p.text[1:] }

// Attachments returns the binary data that Prepare was given. It must not be
// changed.
func (p *Prepared) Attachments() [][]byte { return p.binary }

// prepareControl encodes a packet that is not a message.
func prepareControl(t PacketType, data string) *Prepared {
	return prepare(t, []byte(data), nil)
}

// prepareFrame wraps a WebSocket control frame, which polling never carries.
func prepareFrame(frame []byte) *Prepared { return &Prepared{frames: frame} }

func prepare(t PacketType, text []byte, attachments [][]byte) *Prepared {
	size := maxFrameHeader + 1 + len(text)
	for _, a := range attachments {
		size += maxFrameHeader + len(a)
	}
	p := &Prepared{}
	b := appendFrameHeader(make([]byte, 0, size), frameText, 1+len(text))
	start := len(b)
	b = append(b, byte(t))
	b = append(b, text...)
	p.text = b[start:len(b):len(b)]
	for _, a := range attachments {
		b = p.appendBinary(b, a)
	}
	p.frames = b
	return p
}

// appendBinary appends the frame of a binary packet to b, which must have room
// for it, and remembers where its data is.
func (p *Prepared) appendBinary(b, data []byte) []byte {
	b = appendFrameHeader(b, frameBinary, len(data))
	start := len(b)
	b = append(b, data...)
	p.binary = append(p.binary, b[start:len(b):len(b)])
	return b
}

// size is what p costs a queue, in bytes.
func (p *Prepared) size() int { return len(p.frames) }

// otherFrames are the frames of packets with binary, for clients that do not
// take Prepared.frames: of revision 3, or with base64. Each is made once.
type otherFrames [codecs]struct {
	once   sync.Once
	frames []byte
}

// framesFor returns the frames for a codec that encodes binary differently.
func (p *Prepared) framesFor(k codec) []byte {
	others := p.others.Load()
	if others == nil {
		p.others.CompareAndSwap(nil, new(otherFrames))
		others = p.others.Load()
	}
	other := &others[k]
	other.once.Do(func() { other.frames = p.makeFrames(k) })
	return other.frames
}

func (p *Prepared) makeFrames(k codec) []byte {
	size := maxFrameHeader + len(p.text)
	for _, data := range p.binary {
		size += maxFrameHeader + k.binarySize(len(data))
	}
	b := make([]byte, 0, size)
	if p.text != nil {
		b = appendFrameHeader(b, frameText, len(p.text))
		b = append(b, p.text...)
	}
	for _, data := range p.binary {
		b = k.appendBinary(b, data)
	}
	return b
}

// The first byte of a whole, unfragmented frame (RFC 6455, section 5.2).
const (
	frameText      = 0x81
	frameBinary    = 0x82
	maxFrameHeader = 10 // of a frame from a server, which is not masked
)

// appendFrameHeader appends a server's frame header. It is written by hand
// because the frame is built in place, once for a whole room.
func appendFrameHeader(b []byte, first byte, length int) []byte {
	switch {
	case length < 126:
		return append(b, first, byte(length)) //nolint:gosec // bounded by the case
	case length <= 0xffff:
		return binary.BigEndian.AppendUint16(append(b, first, 126), uint16(length))
	default:
		return binary.BigEndian.AppendUint64(append(b, first, 127), uint64(length))
	}
}
