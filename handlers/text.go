package handlers

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// errAltered refuses text that encoding/json would store as something else.
var errAltered = errors.New("text is not valid Unicode")

// decodeJSON decodes a JSON document into v. It fails where encoding/json would
// replace text by U+FFFD without an error: at invalid UTF-8 and at an escape of
// an unpaired surrogate. U+FFFD itself is text like any other.
func decodeJSON(data []byte, v any) error {
	if !utf8.Valid(data) {
		return errAltered
	}
	if err := json.Unmarshal(data, v); err != nil {
		return err
	}
	if unpairedSurrogate(data) {
		return errAltered
	}
	return nil
}

// unpairedSurrogate reports whether a valid JSON document escapes one half of a
// surrogate pair without the other half, which no UTF-8 can express.
func unpairedSurrogate(data []byte) bool {
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

// escapedUnit returns the UTF-16 code unit that data begins with as an escape.
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
