// Package rawjson reads and writes JSON as bytes, without decoding it: it checks
// a text, finds the ends of its values, and finds the placeholders of binary
// attachments.
//
// The Check functions accept any bytes. All other functions that read require
// valid JSON, and handle no errors.
package rawjson

import "unicode/utf8"

// PlainString returns the text of a JSON string that is ASCII without escapes,
// as nearly every string is. ok is false for any other value.
func PlainString(b []byte) (text string, ok bool) {
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

// SkipSpace returns the index of the first byte from i on that is not white
// space.
func SkipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r') {
		i++
	}
	return i
}

// SkipString returns the index after the string that begins at i.
func SkipString(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// SkipValue returns the index after the value that begins at i.
func SkipValue(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			i = SkipString(b, i)
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
