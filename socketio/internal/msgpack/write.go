package msgpack

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"iter"
	"math"
	"strconv"
	"unicode/utf8"

	"gifchat/socketio/internal/rawjson"
)

// Writer converts JSON and its attachments to MessagePack.
type Writer struct {
	Attachments [][]byte // of the JSON
	Out         []byte   // what has been written
}

// JSON writes a valid JSON text. Each of its placeholders must have the
// number of an attachment, in order.
func (w *Writer) JSON(text []byte) {
	var holes []rawjson.Placeholder
	if len(w.Attachments) > 0 {
		holes = rawjson.FindPlaceholders(text)
	}
	lengths := containerLengths(text, holes)
	for kind, item := range jsonItems(text, holes) {
		switch kind {
		case '{':
			w.Head(Map, lengths[0]/2)
			lengths = lengths[1:]
		case '[':
			w.Head(Array, lengths[0])
			lengths = lengths[1:]
		case '"':
			w.String(unquote(item))
		case itemHole:
			data := w.Attachments[holes[0].Index()]
			holes = holes[1:]
			w.Head(Binary, len(data))
			w.Out = append(w.Out, data...)
		case itemWord:
			w.word(item)
		}
	}
}

// containerLengths returns the number of elements of each array and object, in
// the order of their beginnings. Names and values of members count separately.
// MessagePack needs the number before the elements; counting it at the beginning
// of each container would count nested values many times.
func containerLengths(text []byte, holes []rawjson.Placeholder) []int {
	var lengths, open []int
	for kind := range jsonItems(text, holes) {
		if kind == '}' {
			open = open[:len(open)-1]
			continue
		}
		if len(open) > 0 {
			lengths[open[len(open)-1]]++
		}
		if kind == '{' || kind == '[' {
			open = append(open, len(lengths))
			lengths = append(lengths, 0)
		}
	}
	return lengths
}

// The kinds of items are '{', '[', '"', '}' for the end of an object or an array,
// and these.
const (
	itemWord = 'w' // a number, true, false or null
	itemHole = 'h' // a placeholder
)

// jsonItems yields the items of a valid text, in order.
func jsonItems(text []byte, holes []rawjson.Placeholder) iter.Seq2[byte, []byte] {
	return func(yield func(byte, []byte) bool) {
		for i := 0; i < len(text); {
			kind, end := text[i], i+1
			switch {
			case len(holes) > 0 && holes[0].Start == i:
				kind, end = itemHole, holes[0].End
				holes = holes[1:]
			case kind == '{' || kind == '[' || kind == '}':
			case kind == ']':
				kind = '}'
			case kind == '"':
				end = rawjson.SkipString(text, i)
			case kind == ',' || kind == ':' || kind == ' ' || kind == '\t' || kind == '\n' || kind == '\r':
				i++
				continue
			default:
				kind, end = itemWord, rawjson.SkipValue(text, i)
			}
			if !yield(kind, text[i:end]) {
				return
			}
			i = end
		}
	}
}

// unquote returns the value of a JSON string.
func unquote(text []byte) string {
	if bytes.IndexByte(text, '\\') < 0 && utf8.Valid(text) {
		return string(text[1 : len(text)-1])
	}
	var s string
	_ = json.Unmarshal(text, &s) // the text is valid
	return s
}

func (w *Writer) word(text []byte) {
	switch text[0] {
	case 'n':
		w.Out = append(w.Out, 0xc0)
	case 'f':
		w.Out = append(w.Out, 0xc2)
	case 't':
		w.Out = append(w.Out, 0xc3)
	default:
		w.number(string(text))
	}
}

// number writes an integer of at most 64 bits as an integer, and any other
// number as a float.
func (w *Writer) number(text string) {
	if n, err := strconv.ParseUint(text, 10, 64); err == nil {
		w.Uint(n)
		return
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n < 0 { // -0 is a float in JavaScript
		w.int(n)
		return
	}
	f, _ := strconv.ParseFloat(text, 64) // a number that is too large becomes infinite, as in JSON.parse
	w.Out = binary.BigEndian.AppendUint64(append(w.Out, 0xcb), math.Float64bits(f))
}

// Uint writes a number that is not negative.
func (w *Writer) Uint(n uint64) {
	switch {
	case n <= 0x7f:
		w.Out = append(w.Out, byte(n))
	case n <= math.MaxUint8:
		w.Out = append(w.Out, 0xcc, byte(n))
	case n <= math.MaxUint16:
		w.Out = binary.BigEndian.AppendUint16(append(w.Out, 0xcd), uint16(n))
	case n <= math.MaxUint32:
		w.Out = binary.BigEndian.AppendUint32(append(w.Out, 0xce), uint32(n))
	default:
		w.Out = binary.BigEndian.AppendUint64(append(w.Out, 0xcf), n)
	}
}

// int writes a negative number.
//
//nolint:gosec // two's complement, each case bounds the value
func (w *Writer) int(n int64) {
	switch {
	case n >= -32:
		w.Out = append(w.Out, byte(n))
	case n >= math.MinInt8:
		w.Out = append(w.Out, 0xd0, byte(n))
	case n >= math.MinInt16:
		w.Out = binary.BigEndian.AppendUint16(append(w.Out, 0xd1), uint16(n))
	case n >= math.MinInt32:
		w.Out = binary.BigEndian.AppendUint32(append(w.Out, 0xd2), uint32(n))
	default:
		w.Out = binary.BigEndian.AppendUint64(append(w.Out, 0xd3), uint64(n))
	}
}

// String writes a string.
func (w *Writer) String(s string) {
	w.Head(String, len(s))
	w.Out = append(w.Out, s...)
}

// Head writes the head of a string, of binary data, of an array or of a map.
//
//nolint:gosec // each case bounds the length; no packet has 4 GiB
func (w *Writer) Head(kind Kind, length int) {
	var fixed, wide byte // the head that contains the length, and the head before two bytes of length
	limit := 0x0f        // the largest length in fixed
	switch kind {
	case Map:
		fixed, wide = 0x80, 0xde
	case Array:
		fixed, wide = 0x90, 0xdc
	case String:
		fixed, wide, limit = 0xa0, 0xda, 0x1f
	default: // Binary
		wide, limit = 0xc5, -1
	}
	oneByte := kind == String || kind == Binary
	switch {
	case length <= limit:
		w.Out = append(w.Out, fixed|byte(length))
	case length <= math.MaxUint8 && oneByte:
		w.Out = append(w.Out, wide-1, byte(length))
	case length <= math.MaxUint16:
		w.Out = binary.BigEndian.AppendUint16(append(w.Out, wide), uint16(length))
	default:
		w.Out = binary.BigEndian.AppendUint32(append(w.Out, wide+1), uint32(length))
	}
}
