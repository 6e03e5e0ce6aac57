package engineio

import (
	"encoding/binary"
	"math"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// frameReader decodes the bytes of a WebSocket into messages (RFC 6455, section 5).
// It uses no connection and no clock. Between messages it holds no memory.
type frameReader struct {
	maxPayload   int
	maxFragments int

	rest      []byte // an incomplete frame
	need      int    // required length of rest, as far as it is known
	message   []byte // the fragments of an unfinished message
	fragments int
	op        ws.OpCode // of the unfinished message
}

// wsError is a violation of RFC 6455, with the code for the close frame.
type wsError struct {
	code ws.StatusCode
	text string
}

func (e *wsError) Error() string { return e.text }

var (
	errMessageTooBig = &wsError{ws.StatusMessageTooBig, "message is too large"}
	errFragments     = &wsError{ws.StatusPolicyViolation, "message has too many fragments"}
	errTextUTF8      = &wsError{ws.StatusInvalidFramePayloadData, "text is not valid UTF-8"}
	errLength        = &wsError{ws.StatusProtocolError, "the length's first bit is set"}
	errCloseBody     = &wsError{ws.StatusProtocolError, "malformed close frame"}
)

// message is one whole text or binary message, or a control frame.
type message struct {
	op   ws.OpCode
	data []byte
}

// feed decodes b and calls each for every complete message. It unmasks b in place and
// keeps no reference to it. It returns the first error of its own or of each.
func (f *frameReader) feed(b []byte, each func(message) error) error {
	if len(f.rest) > 0 {
		b = append(f.rest, b...)
		f.rest = nil
	}
	return f.parse(b, each)
}

// parse decodes the complete frames of b and keeps a copy of the rest.
func (f *frameReader) parse(b []byte, each func(message) error) error {
	for len(b) > 0 {
		h, size, err := f.header(b)
		if err != nil {
			return err
		}
		end := size + int(h.Length)
		if size == 0 || len(b) < end {
			f.keep(b, end)
			return nil
		}
		payload := b[size:end:end]
		ws.Cipher(payload, h.Mask, 0)
		if err := f.frame(h, payload, each); err != nil {
			return err
		}
		b = b[end:]
	}
	return nil
}

// header decodes and checks the frame header at the start of b. size is 0 while the
// header is incomplete.
func (f *frameReader) header(b []byte) (h ws.Header, size int, err error) {
	h, size, err = parseHeader(b)
	if size == 0 || err != nil {
		return ws.Header{}, 0, err
	}
	state := ws.StateServerSide
	if f.fragments > 0 {
		state = state.Set(ws.StateFragmented)
	}
	if err := ws.CheckHeader(h, state); err != nil {
		return h, 0, &wsError{ws.StatusProtocolError, err.Error()}
	}
	if h.Length > int64(f.maxPayload-len(f.message)) && !h.OpCode.IsControl() {
		return h, 0, errMessageTooBig
	}
	return h, size, nil
}

// parseHeader decodes a frame header (RFC 6455, section 5.2). It does the same as
// ws.ReadHeader, without an io.Reader and so without allocating. Those two
// allocations were a thirtieth of the cost of a packet from a client.
func parseHeader(b []byte) (h ws.Header, size int, err error) {
	if len(b) < 2 {
		return h, 0, nil
	}
	h.Fin = b[0]&0x80 != 0
	h.Rsv = b[0] & 0x70 >> 4
	h.OpCode = ws.OpCode(b[0] & 0x0f)
	h.Masked = b[1]&0x80 != 0
	h.Length = int64(b[1] & 0x7f)
	size = 2
	switch h.Length {
	case 126:
		if size += 2; len(b) < size {
			return h, 0, nil
		}
		h.Length = int64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		if size += 8; len(b) < size {
			return h, 0, nil
		}
		length := binary.BigEndian.Uint64(b[2:])
		if length > math.MaxInt64 {
			return h, 0, errLength
		}
		h.Length = int64(length)
	}
	if h.Masked {
		if size += len(h.Mask); len(b) < size {
			return h, 0, nil
		}
		copy(h.Mask[:], b[size-len(h.Mask):])
	}
	return h, size, nil
}

// keep copies an incomplete frame. The copy grows with the received bytes and not to
// the announced length, because a client can announce any length at no cost.
func (f *frameReader) keep(b []byte, need int) {
	f.rest = append(make([]byte, 0, max(64, min(need, 2*len(b)))), b...)
	f.need = need
}

// frame handles one complete, unmasked frame.
func (f *frameReader) frame(h ws.Header, payload []byte, each func(message) error) error {
	switch {
	case h.OpCode.IsControl():
		return f.control(h.OpCode, payload, each)
	case h.Fin && f.fragments == 0:
		return f.whole(h.OpCode, payload, each)
	}
	if f.fragments == 0 {
		f.op = h.OpCode
	}
	if f.fragments++; f.fragments > f.maxFragments {
		return errFragments
	}
	f.message = append(f.message, payload...)
	if !h.Fin {
		return nil
	}
	data := f.message
	f.message, f.fragments = nil, 0
	return f.whole(f.op, data, each)
}

func (f *frameReader) whole(op ws.OpCode, data []byte, each func(message) error) error {
	if op == ws.OpText && !utf8.Valid(data) {
		return errTextUTF8
	}
	return each(message{op, data})
}

func (f *frameReader) control(op ws.OpCode, payload []byte, each func(message) error) error {
	if op == ws.OpClose && len(payload) > 0 {
		if len(payload) < 2 {
			return errCloseBody
		}
		code, reason := ws.ParseCloseFrameData(payload)
		if err := ws.CheckCloseFrameData(code, reason); err != nil {
			return &wsError{ws.StatusProtocolError, err.Error()}
		}
	}
	return each(message{op, payload})
}
