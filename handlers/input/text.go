// Package input reads and checks what clients send: bodies, forms, JSON and text.
package input

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// ErrNotUnicode reports text that encoding/json would replace in part.
var ErrNotUnicode = errors.New("text is not valid Unicode")

// decodeJSON decodes a JSON document into v. It fails where encoding/json would
// replace text with U+FFFD without an error: at invalid UTF-8 and at an escape of
// an unpaired surrogate. U+FFFD itself is valid text.
func decodeJSON(data []byte, v any) error {
	if !utf8.Valid(data) {
		return ErrNotUnicode
	}
	if err := json.Unmarshal(data, v); err != nil {
		return err
	}
	if UnpairedSurrogate(data) {
		return ErrNotUnicode
	}
	return nil
}

// UnpairedSurrogate reports whether a valid JSON document escapes one half of a
// surrogate pair without the other half. UTF-8 cannot express such a text.
func UnpairedSurrogate(data []byte) bool {
	for {
		i := bytes.IndexByte(data, '\\') // only in strings, and never the last byte
		if i < 0 {
			return false
		}
		data = data[i:]
		unit, ok := escapedUnit(data)
		switch {
		case !ok:
			data = data[len(`\n`):]
			continue
		case utf16.IsSurrogate(unit):
			second, _ := escapedUnit(data[len(`\ud800`):])
			if utf16.DecodeRune(unit, second) == utf8.RuneError {
				return true
			}
			data = data[len(`\ud800`):]
		}
		data = data[len(`\ud800`):]
	}
}

// escapedUnit returns the UTF-16 code unit of the escape at the beginning of data,
// or false without one.
func escapedUnit(data []byte) (unit rune, ok bool) {
	if len(data) < len(`\ud800`) || data[0] != '\\' || data[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(data[2:6]), 16, 16)
	return rune(n), err == nil
}

// validText reports whether every name and value of a form is valid UTF-8.
func validText(form url.Values) bool {
	for name, values := range form {
		if !utf8.ValidString(name) {
			return false
		}
		for _, value := range values {
			if !utf8.ValidString(value) {
				return false
			}
		}
	}
	return true
}
