package socketio

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// msgpackReader converts MessagePack to JSON and binary parts
// (https://github.com/msgpack/msgpack/blob/master/spec.md). Binary data becomes
// the placeholder of a part, a date becomes a string as JSON.stringify writes
// it, and undefined, NaN and infinity become null.
type msgpackReader struct {
	limits *Limits
	rest   []byte // not read yet
	json   []byte // the values that have been read
	parts  [][]byte
	bytes  int  // the size of parts
	forged bool // a map contains the member name of placeholders
}

// maxMsgpackDepth bounds the nesting of values, because the reader recurses.
const maxMsgpackDepth = 512

// msgpackUndefined is the parser's encoding of undefined, for which MessagePack
// has no type.
const msgpackUndefined = "\xd4\x00\x00"

type msgpackKind byte

const (
	msgpackNil msgpackKind = iota
	msgpackFalse
	msgpackTrue
	msgpackUint
	msgpackInt    // can be negative; n is its two's complement
	msgpackFloat  // n is the bits of a float64
	msgpackString // n is a length, as in the next kinds
	msgpackBinary
	msgpackArray
	msgpackMap
	msgpackExt
	msgpackFixExt
)

// msgpackToken is the head of a value.
type msgpackToken struct {
	kind msgpackKind
	n    uint64
}

// token reads the head of a value. The length in it is not checked yet.
func (r *msgpackReader) token() (msgpackToken, error) {
	c, err := r.uint(1)
	if err != nil {
		return msgpackToken{}, err
	}
	switch {
	case c <= 0x7f:
		return msgpackToken{msgpackUint, c}, nil
	case c <= 0x8f:
		return msgpackToken{msgpackMap, c & 0x0f}, nil
	case c <= 0x9f:
		return msgpackToken{msgpackArray, c & 0x0f}, nil
	case c <= 0xbf:
		return msgpackToken{msgpackString, c & 0x1f}, nil
	case c == 0xc0:
		return msgpackToken{kind: msgpackNil}, nil
	case c == 0xc1:
		return msgpackToken{}, errMsgpack
	case c <= 0xc3:
		return msgpackToken{kind: msgpackFalse + msgpackKind(c-0xc2)}, nil
	case c <= 0xc6:
		return r.sized(msgpackBinary, c-0xc4)
	case c <= 0xc9:
		return r.sized(msgpackExt, c-0xc7)
	case c <= 0xcb:
		return r.sized(msgpackFloat, c-0xca+2)
	case c <= 0xcf:
		return r.sized(msgpackUint, c-0xcc)
	case c <= 0xd3:
		return r.sized(msgpackInt, c-0xd0)
	case c <= 0xd8:
		return msgpackToken{msgpackFixExt, 1 << (c - 0xd4)}, nil
	case c <= 0xdb:
		return r.sized(msgpackString, c-0xd9)
	case c <= 0xdd:
		return r.sized(msgpackArray, c-0xdc+1)
	case c <= 0xdf:
		return r.sized(msgpackMap, c-0xde+1)
	default:
		return msgpackToken{msgpackInt, c | ^uint64(0xff)}, nil
	}
}

// sized reads the number in a head, which has 2 to the power of log bytes.
func (r *msgpackReader) sized(kind msgpackKind, log uint64) (msgpackToken, error) {
	width := 1 << log
	n, err := r.uint(width)
	switch {
	case kind == msgpackInt:
		shift := 64 - 8*width
		n = uint64(int64(n<<shift) >> shift) //nolint:gosec // extends the sign
	case kind == msgpackFloat && width == 4:
		n = math.Float64bits(float64(math.Float32frombits(uint32(n)))) //nolint:gosec // four bytes
	}
	return msgpackToken{kind, n}, err
}

// uint reads a number of width bytes, at most 8.
func (r *msgpackReader) uint(width int) (uint64, error) {
	b, err := r.take(uint64(width)) //nolint:gosec // at most 8
	if err != nil {
		return 0, err
	}
	var full [8]byte
	copy(full[8-width:], b)
	return binary.BigEndian.Uint64(full[:]), nil
}

// take reads n bytes, which alias the message.
func (r *msgpackReader) take(n uint64) ([]byte, error) {
	if n > uint64(len(r.rest)) {
		return nil, errMsgpack
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b, nil
}

// string reads a string, which aliases the message.
func (r *msgpackReader) string() ([]byte, error) {
	t, err := r.token()
	if err != nil || t.kind != msgpackString {
		return nil, errMsgpack
	}
	return r.stringOf(t.n)
}

func (r *msgpackReader) stringOf(n uint64) ([]byte, error) {
	b, err := r.take(n)
	if err != nil || !utf8.Valid(b) {
		return nil, errMsgpack
	}
	return b, nil
}

// value reads a value of any kind and appends it to r.json. The JSON can be
// several times longer than the MessagePack, so value checks its size.
func (r *msgpackReader) value(depth int) error {
	if depth > maxMsgpackDepth {
		return errMsgpack
	}
	if len(r.json)+r.bytes > r.limits.MaxPacketBytes {
		return errPacketSize
	}
	t, err := r.token()
	if err != nil {
		return err
	}
	switch t.kind {
	case msgpackFalse:
		r.json = append(r.json, "false"...)
	case msgpackTrue:
		r.json = append(r.json, "true"...)
	case msgpackUint:
		r.json = strconv.AppendUint(r.json, t.n, 10)
	case msgpackInt:
		r.json = strconv.AppendInt(r.json, int64(t.n), 10) //nolint:gosec // two's complement
	case msgpackFloat:
		r.json = appendFloat(r.json, math.Float64frombits(t.n))
	case msgpackString:
		var s []byte
		s, err = r.stringOf(t.n)
		r.json = appendJSONString(r.json, s)
	case msgpackBinary:
		err = r.binary(t.n)
	case msgpackArray:
		err = r.array(t.n, depth)
	case msgpackMap:
		err = r.object(t.n, depth)
	case msgpackExt, msgpackFixExt:
		err = r.extension(t)
	default: // msgpackNil
		r.json = append(r.json, "null"...)
	}
	return err
}

// array reads n values. A false n fails at the end of the message, before much
// memory is used, because each value has at least one byte.
func (r *msgpackReader) array(n uint64, depth int) error {
	r.json = append(r.json, '[')
	for i := range n {
		if i > 0 {
			r.json = append(r.json, ',')
		}
		if err := r.value(depth + 1); err != nil {
			return err
		}
	}
	r.json = append(r.json, ']')
	return nil
}

func (r *msgpackReader) object(n uint64, depth int) error {
	r.json = append(r.json, '{')
	for i := range n {
		if i > 0 {
			r.json = append(r.json, ',')
		}
		key, err := r.string()
		if err != nil {
			return err
		}
		r.forged = r.forged || string(key) == "_placeholder"
		r.json = append(appendJSONString(r.json, key), ':')
		if err := r.value(depth + 1); err != nil {
			return err
		}
	}
	r.json = append(r.json, '}')
	return nil
}

// binary reads a binary part. A packet can have as many of them as a text packet
// has attachments: an application may relay the packet, and stock clients close
// their connection if a text packet has more.
func (r *msgpackReader) binary(n uint64) error {
	b, err := r.take(n)
	if err != nil {
		return err
	}
	if len(r.parts) == r.limits.MaxAttachments {
		return errAttachments
	}
	r.json = appendPlaceholder(r.json, len(r.parts))
	r.parts = append(r.parts, bytes.Clone(b)) // the transport reuses b
	r.bytes += len(b)
	return nil
}

// extension reads an application-defined type. The parser's library uses type 0
// for three kinds of values, which differ in their length and head. Other
// libraries send dates as type -1.
func (r *msgpackReader) extension(t msgpackToken) error {
	c, err := r.uint(1)
	if err != nil {
		return err
	}
	kind := int8(c) //nolint:gosec // a signed byte
	if kind == 0 && t.kind == msgpackExt {
		return r.binary(t.n) // an ArrayBuffer
	}
	b, err := r.take(t.n)
	if err != nil {
		return err
	}
	switch {
	case kind == 0 && len(b) == 1: // undefined
		r.json = append(r.json, "null"...)
	case kind == 0 && len(b) == 8: // a Date: milliseconds
		r.date(int64(binary.BigEndian.Uint64(b))) //nolint:gosec // two's complement
	case kind == -1 && len(b) == 4: // seconds
		r.date(1000 * int64(binary.BigEndian.Uint32(b)))
	case kind == -1 && len(b) == 8: // 30 bits of nanoseconds, 34 of seconds
		n := binary.BigEndian.Uint64(b)
		r.date(int64(n&(1<<34-1)*1000 + n>>34/1e6))
	case kind == -1 && len(b) == 12: // nanoseconds, seconds
		seconds := int64(binary.BigEndian.Uint64(b[4:])) //nolint:gosec // two's complement
		if seconds > maxDate/1000 || seconds < -maxDate/1000 {
			seconds = maxDate // too large for a date in milliseconds
		}
		r.date(1000*seconds + int64(binary.BigEndian.Uint32(b)/1e6))
	default:
		return errMsgpack
	}
	return nil
}

// maxDate is the largest date of JavaScript, in milliseconds since 1970.
const maxDate = 864e13

// date appends a date as Date.prototype.toJSON writes it.
func (r *msgpackReader) date(milliseconds int64) {
	if milliseconds > maxDate || milliseconds < -maxDate {
		r.json = append(r.json, "null"...)
		return
	}
	t := time.UnixMilli(milliseconds).UTC()
	year := "%04d"
	if t.Year() < 0 || t.Year() > 9999 {
		year = "%+07d"
	}
	r.json = fmt.Appendf(r.json, `"`+year+`%s"`, t.Year(), t.Format("-01-02T15:04:05.000Z"))
}
