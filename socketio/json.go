package socketio

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"unicode/utf8"
)

// The functions in this file read JSON that was checked before, and handle no
// errors. The exception is splitArray, which checks.

var errJSON = errors.New("payload is not valid JSON")

// usualArgs is the initial capacity for arguments: an event's name and the one
// argument that most events have.
const usualArgs = 2

// splitArray checks a JSON array and returns its elements, which alias b. It
// fails if there are more elements than limit.
func splitArray(b []byte, limit int, attachments [][]byte) (Args, error) {
	i := skipSpace(b, 0)
	if i >= len(b) || b[i] != '[' {
		return nil, errPacket
	}
	args := make(Args, 0, usualArgs)
	i = skipSpace(b, i+1)
	more := i >= len(b) || b[i] != ']'
	if !more {
		i++
	}
	for more {
		end := checkValue(b, i, 1)
		if end < 0 {
			return nil, errJSON
		}
		if len(args) == limit {
			return nil, errPacket
		}
		args = append(args, Value{json: b[i:end:end], attachments: attachments})
		if i, more = checkComma(b, end, ']'); i < 0 {
			return nil, errJSON
		}
	}
	if skipSpace(b, i) != len(b) {
		return nil, errJSON
	}
	return args, nil
}

// plainString returns the text of a JSON string that is ASCII without escapes,
// as nearly every string is. ok is false for any other value.
func plainString(b []byte) (text string, ok bool) {
	if len(b) < 2 || b[0] != '"' {
		return "", false
	}
	b = b[1 : len(b)-1]
	for _, c := range b {
		if c == '\\' || c >= utf8.RuneSelf {
			return "", false
		}
	}
	return string(b), true
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r') {
		i++
	}
	return i
}

// skipString returns the index after the string that begins at i.
func skipString(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// skipValue returns the index after the value that begins at i.
func skipValue(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			i = skipString(b, i)
			if depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // the end of a number, true, false or null
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return i
}

// placeholder is the object that stands for an attachment in JSON:
// {"_placeholder":true,"num":0}.
type placeholder struct {
	start, end int    // of the object
	num        []byte // the JSON of "num"
}

// findPlaceholders returns the placeholders of a valid JSON text, in order. Only
// the members of an object itself decide whether it is a placeholder. Objects
// inside a placeholder are ignored, as in the reference parser.
func findPlaceholders(b []byte) []placeholder {
	if !bytes.Contains(b, []byte(`"_placeholder"`)) && !bytes.Contains(b, []byte(escapedASCII)) {
		return nil
	}
	var found []placeholder
	type object struct {
		start int
		is    bool
		num   []byte
	}
	var open []object // an array has start -1
	for i := 0; i < len(b); {
		switch b[i] {
		case '{':
			open = append(open, object{start: i})
		case '[':
			open = append(open, object{start: -1})
		case '}', ']':
			last := open[len(open)-1]
			open = open[:len(open)-1]
			if last.is {
				for len(found) > 0 && found[len(found)-1].start > last.start {
					found = found[:len(found)-1]
				}
				found = append(found, placeholder{last.start, i + 1, last.num})
			}
		case '"':
			end := skipString(b, i)
			colon := skipSpace(b, end)
			if colon < len(b) && b[colon] == ':' { // the string is a member's name
				value := skipSpace(b, colon+1)
				member := &open[len(open)-1]
				switch memberName(b[i:end]) {
				case `"_placeholder"`:
					member.is = bytes.HasPrefix(b[value:], []byte("true"))
				case `"num"`:
					member.num = b[value:skipValue(b, value)]
				}
			}
			i = end
			continue
		}
		i++
	}
	return found
}

// escapedASCII is the beginning of an escaped ASCII letter.
const escapedASCII = `\u00`

// memberName returns a member's name in quotes, with escaped letters decoded. A
// search for bytes misses a placeholder whose name has escapes, but JavaScript
// recognizes it.
func memberName(b []byte) string {
	if bytes.Contains(b, []byte(escapedASCII)) {
		var name string
		if json.Unmarshal(b, &name) == nil {
			return `"` + name + `"`
		}
	}
	return string(b)
}

// appendFloat appends a number as JSON.stringify writes it.
func appendFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	format := byte('f')
	if size := math.Abs(f); size != 0 && (size < 1e-6 || size >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, f, format, -1, 64)
}

// appendJSONString appends valid UTF-8 as a JSON string.
func appendJSONString(dst, s []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0x0f])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
