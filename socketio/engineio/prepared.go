package engineio

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
)

// Prepared is a text message packet and its binary message packets, encoded once for
// any number of sends. It is immutable, so connections share it and a broadcast
// encodes once.
type Prepared struct {
	frames []byte   // the WebSocket frames of all packets, in order
	text   []byte   // the text packet with its type, or nil; aliases frames
	binary [][]byte // the data of the binary packets; alias frames

	blockedQueues atomic.Int32 // number of blocked queues that contain p, see backlog

	variants atomic.Pointer[frameVariants] // nil until p is sent to a client that needs other frames
}

// Prepare encodes a message packet with text and one binary message packet for each
// attachment. The packets stay together and in order on every connection. The
// arguments are copied.
func Prepare(text []byte, attachments ...[]byte) *Prepared {
	return prepare(PacketMessage, text, attachments)
}

// PrepareBinary encodes one binary message packet. data is copied.
func PrepareBinary(data []byte) *Prepared { return prepareBinary(data) }

// prepareBinary encodes binary message packets without text.
func prepareBinary(packets ...[]byte) *Prepared {
	size := 0
	for _, data := range packets {
		size += maxFrameHeader + len(data)
	}
	p := &Prepared{}
	b := make([]byte, 0, size)
	for _, data := range packets {
		b = p.appendBinary(b, data)
	}
	p.frames = b
	return p
}

// Text returns the text of Prepare, and nil for PrepareBinary. Callers must not change
// it.
func (p *Prepared) Text() []byte {
	if p.text == nil {
		return nil
	}
	return p.text[1:]
}

// Attachments returns the binary data of Prepare or PrepareBinary. Callers must not
// change it.
func (p *Prepared) Attachments() [][]byte { return p.binary }

// prepareControl encodes a packet that is not a message.
func prepareControl(t PacketType, data string) *Prepared {
	return prepare(t, []byte(data), nil)
}

// prepareFrame wraps a WebSocket control frame, which is never sent over polling.
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

// appendBinary appends the frame of a binary packet to b, which must have capacity
// for it, and records the data in p.binary.
func (p *Prepared) appendBinary(b, data []byte) []byte {
	b = appendFrameHeader(b, frameBinary, len(data))
	start := len(b)
	b = append(b, data...)
	p.binary = append(p.binary, b[start:len(b):len(b)])
	return b
}

// size returns the number of bytes that p counts in a queue.
func (p *Prepared) size() int { return len(p.frames) }

// frameVariants are the frames of packets with binary data for codecs other than
// revision4. Each variant is encoded once, when it is first needed.
type frameVariants [codecCount]struct {
	once   sync.Once
	frames []byte
}

// framesAs returns the frames of p for a codec that encodes binary differently.
func (p *Prepared) framesAs(k codec) []byte {
	variants := p.variants.Load()
	if variants == nil {
		p.variants.CompareAndSwap(nil, new(frameVariants))
		variants = p.variants.Load()
	}
	variant := &variants[k]
	variant.once.Do(func() { variant.frames = p.encodeFrames(k) })
	return variant.frames
}

func (p *Prepared) encodeFrames(k codec) []byte {
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
	maxFrameHeader = 10 // without the mask, which frames of a server do not have
)

// appendFrameHeader appends the header of a server's frame. Frames are built in
// place, once for all receivers, so no library function fits.
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
