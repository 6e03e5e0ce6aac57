// Package msgpack converts between MessagePack and JSON with binary attachments,
// as the parser socket.io-msgpack-parser encodes values.
package msgpack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"gifchat/socketio/internal/rawjson"
)

// Reader converts MessagePack to JSON and binary parts
// (https://github.com/msgpack/msgpack/blob/master/spec.md). Binary data becomes
// the placeholder of a part, a date becomes a string as JSON.stringify writes
// it, and undefined, NaN and infinity become null.
type Reader struct {
	MaxBytes int // of JSON and Parts; beyond it reading fails with ErrSize
	MaxParts int // beyond it reading fails with ErrParts

	Rest   []byte // not read yet
	JSON   []byte // the values that have been read
	Parts  [][]byte
	Forged bool // a map contains the member name of placeholders

	bytes int // the size of Parts
}

// The errors of a Reader.
var (
	ErrMalformed = errors.New("malformed MessagePack")
	ErrSize      = errors.New("MessagePack becomes too large as JSON")
	ErrParts     = errors.New("MessagePack with too many binary parts")
)

// maxDepth bounds the nesting of values, because the reader recurses.
const maxDepth = 512

// Undefined is the parser's encoding of undefined, for which MessagePack
// has no type.
const Undefined = "\xd4\x00\x00"

// Kind is the kind of a value.
type Kind byte

// The kinds. Token.N depends on them.
const (
	Nil Kind = iota
	False
	True
	Uint
	Int    // can be negative; N is its two's complement
	Float  // N is the bits of a float64
	String // N is a length, as in the next kinds
	Binary
	Array
	Map
	Ext
	FixExt
)

// Token is the head of a value.
type Token struct {
	Kind Kind
	N    uint64 // a number or a length
}

// Token reads the head of a value. The length in it is not checked yet.
func (r *Reader) Token() (Token, error) {
	c, err := r.uint(1)
	if err != nil {
		return Token{}, err
	}
	switch {
	case c <= 0x7f:
		return Token{Uint, c}, nil
	case c <= 0x8f:
		return Token{Map, c & 0x0f}, nil
	case c <= 0x9f:
		return Token{Array, c & 0x0f}, nil
	case c <= 0xbf:
		return Token{String, c & 0x1f}, nil
	case c == 0xc0:
		return Token{Kind: Nil}, nil
	case c == 0xc1:
		return Token{}, ErrMalformed
	case c <= 0xc3:
		return Token{Kind: False + Kind(c-0xc2)}, nil
	case c <= 0xc6:
		return r.sized(Binary, c-0xc4)
	case c <= 0xc9:
		return r.sized(Ext, c-0xc7)
	case c <= 0xcb:
		return r.sized(Float, c-0xca+2)
	case c <= 0xcf:
		return r.sized(Uint, c-0xcc)
	case c <= 0xd3:
		return r.sized(Int, c-0xd0)
	case c <= 0xd8:
		return Token{FixExt, 1 << (c - 0xd4)}, nil
	case c <= 0xdb:
		return r.sized(String, c-0xd9)
	case c <= 0xdd:
		return r.sized(Array, c-0xdc+1)
	case c <= 0xdf:
		return r.sized(Map, c-0xde+1)
	default:
		return Token{Int, c | ^uint64(0xff)}, nil
	}
}

// sized reads the number in a head, which has 2 to the power of log bytes.
func (r *Reader) sized(kind Kind, log uint64) (Token, error) {
	width := 1 << log
	n, err := r.uint(width)
	switch {
	case kind == Int:
		shift := 64 - 8*width
		n = uint64(int64(n<<shift) >> shift) //nolint:gosec // extends the sign
	case kind == Float && width == 4:
		n = math.Float64bits(float64(math.Float32frombits(uint32(n)))) //nolint:gosec // four bytes
	}
	return Token{kind, n}, err
}

// uint reads a number of width bytes, at most 8.
func (r *Reader) uint(width int) (uint64, error) {
	b, err := r.take(uint64(width)) //nolint:gosec // at most 8
	if err != nil {
		return 0, err
	}
	var full [8]byte
	copy(full[8-width:], b)
	return binary.BigEndian.Uint64(full[:]), nil
}

// take reads n bytes, which alias the message.
func (r *Reader) take(n uint64) ([]byte, error) {
	if n > uint64(len(r.Rest)) {
		return nil, ErrMalformed
	}
	b := r.Rest[:n:n]
	r.Rest = r.Rest[n:]
	return b, nil
}

// String reads a string, which aliases the message.
func (r *Reader) String() ([]byte, error) {
	t, err := r.Token()
	if err != nil || t.Kind != String {
		return nil, ErrMalformed
	}
	return r.stringOf(t.N)
}

func (r *Reader) stringOf(n uint64) ([]byte, error) {
	b, err := r.take(n)
	if err != nil || !utf8.Valid(b) {
		return nil, ErrMalformed
	}
	return b, nil
}

// Value reads a value of any kind and appends it to r.JSON. The JSON can be
// several times longer than the MessagePack, so Value checks its size.
func (r *Reader) Value(depth int) error {
	if depth > maxDepth {
		return ErrMalformed
	}
	if len(r.JSON)+r.bytes > r.MaxBytes {
		return ErrSize
	}
	t, err := r.Token()
	if err != nil {
		return err
	}
	switch t.Kind {
	case False:
		r.JSON = append(r.JSON, "false"...)
	case True:
		r.JSON = append(r.JSON, "true"...)
	case Uint:
		r.JSON = strconv.AppendUint(r.JSON, t.N, 10)
	case Int:
		r.JSON = strconv.AppendInt(r.JSON, int64(t.N), 10) //nolint:gosec // two's complement
	case Float:
		r.JSON = rawjson.AppendFloat(r.JSON, math.Float64frombits(t.N))
	case String:
		var s []byte
		s, err = r.stringOf(t.N)
		r.JSON = rawjson.AppendString(r.JSON, s)
	case Binary:
		err = r.binary(t.N)
	case Array:
		err = r.array(t.N, depth)
	case Map:
		err = r.object(t.N, depth)
	case Ext, FixExt:
		err = r.extension(t)
	default: // Nil
		r.JSON = append(r.JSON, "null"...)
	}
	return err
}

// array reads n values. A false n fails at the end of the message, before much
// memory is used, because each value has at least one byte.
func (r *Reader) array(n uint64, depth int) error {
	r.JSON = append(r.JSON, '[')
	for i := range n {
		if i > 0 {
			r.JSON = append(r.JSON, ',')
		}
		if err := r.Value(depth + 1); err != nil {
			return err
		}
	}
	r.JSON = append(r.JSON, ']')
	return nil
}

func (r *Reader) object(n uint64, depth int) error {
	r.JSON = append(r.JSON, '{')
	for i := range n {
		if i > 0 {
			r.JSON = append(r.JSON, ',')
		}
		key, err := r.String()
		if err != nil {
			return err
		}
		r.Forged = r.Forged || string(key) == "_placeholder"
		r.JSON = append(rawjson.AppendString(r.JSON, key), ':')
		if err := r.Value(depth + 1); err != nil {
			return err
		}
	}
	r.JSON = append(r.JSON, '}')
	return nil
}

// binary reads a binary part. A packet can have as many of them as a text packet
// has attachments: an application may relay the packet, and stock clients close
// their connection if a text packet has more.
func (r *Reader) binary(n uint64) error {
	b, err := r.take(n)
	if err != nil {
		return err
	}
	if len(r.Parts) == r.MaxParts {
		return ErrParts
	}
	r.JSON = rawjson.AppendPlaceholder(r.JSON, len(r.Parts))
	r.Parts = append(r.Parts, bytes.Clone(b)) // the transport reuses b
	r.bytes += len(b)
	return nil
}

// extension reads an application-defined type. The parser's library uses type 0
// for three kinds of values, which differ in their length and head. Other
// libraries send dates as type -1.
func (r *Reader) extension(t Token) error {
	c, err := r.uint(1)
	if err != nil {
		return err
	}
	kind := int8(c) //nolint:gosec // a signed byte
	if kind == 0 && t.Kind == Ext {
		return r.binary(t.N) // an ArrayBuffer
	}
	b, err := r.take(t.N)
	if err != nil {
		return err
	}
	switch {
	case kind == 0 && len(b) == 1: // undefined
		r.JSON = append(r.JSON, "null"...)
	case kind == 0 && len(b) == 8: // a Date: milliseconds
		r.date(int64(binary.BigEndian.Uint64(b))) //nolint:gosec // two's complement
	case kind == -1 && len(b) == 4: // seconds
		r.date(1000 * int64(binary.BigEndian.Uint32(b)))
	case kind == -1 && len(b) == 8: // 30 bits of nanoseconds, 34 of seconds
		n := binary.BigEndian.Uint64(b)
		r.date(int64((n&(1<<34-1))*1000 + (n>>34)/1e6))
	case kind == -1 && len(b) == 12: // nanoseconds, seconds
		seconds := int64(binary.BigEndian.Uint64(b[4:])) //nolint:gosec // two's complement
		if seconds > maxDate/1000 || seconds < -maxDate/1000 {
			seconds = maxDate // too large for a date in milliseconds
		}
		r.date(1000*seconds + int64(binary.BigEndian.Uint32(b)/1e6))
	default:
		return ErrMalformed
	}
	return nil
}

// maxDate is the largest date of JavaScript, in milliseconds since 1970.
const maxDate = 864e13

// date appends a date as Date.prototype.toJSON writes it.
func (r *Reader) date(milliseconds int64) {
	if milliseconds > maxDate || milliseconds < -maxDate {
		r.JSON = append(r.JSON, "null"...)
		return
	}
	t := time.UnixMilli(milliseconds).UTC()
	year := "%04d"
	if t.Year() < 0 || t.Year() > 9999 {
		year = "%+07d"
	}
	r.JSON = fmt.Appendf(r.JSON, `"`+year+`%s"`, t.Year(), t.Format("-01-02T15:04:05.000Z"))
}
