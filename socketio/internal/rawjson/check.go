package rawjson

// The functions in this file check JSON from a client. They accept the same
// texts as json.Valid; a fuzz test compares them. They also find the end of each
// value, so that an array is checked and split in one pass. json.Valid runs a
// state machine for each byte, which was the most expensive part of a client's
// event.
//
// Each function returns the index after the value that begins at i, or -1 if
// the value is malformed.

// MaxDepth bounds the nesting of values, like encoding/json.
const MaxDepth = 10000

// CheckValue checks the value that begins at i. depth is the depth of the array
// or object that contains it.
func CheckValue(b []byte, i, depth int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"':
		return checkString(b, i)
	case '[':
		return checkArray(b, i, depth+1)
	case '{':
		return checkObject(b, i, depth+1)
	case 't':
		return checkWord(b, i, "true")
	case 'f':
		return checkWord(b, i, "false")
	case 'n':
		return checkWord(b, i, "null")
	default:
		return checkNumber(b, i)
	}
}

func checkArray(b []byte, i, depth int) int {
	if depth > MaxDepth {
		return -1
	}
	if i = SkipSpace(b, i+1); i < len(b) && b[i] == ']' {
		return i + 1
	}
	for {
		end := CheckValue(b, i, depth)
		if end < 0 {
			return -1
		}
		next, more := CheckComma(b, end, ']')
		if !more {
			return next
		}
		i = next
	}
}

func checkObject(b []byte, i, depth int) int {
	if depth > MaxDepth {
		return -1
	}
	if i = SkipSpace(b, i+1); i < len(b) && b[i] == '}' {
		return i + 1
	}
	for {
		if i >= len(b) || b[i] != '"' {
			return -1
		}
		colon := checkString(b, i)
		if colon < 0 {
			return -1
		}
		if colon = SkipSpace(b, colon); colon >= len(b) || b[colon] != ':' {
			return -1
		}
		end := CheckValue(b, SkipSpace(b, colon+1), depth)
		if end < 0 {
			return -1
		}
		next, more := CheckComma(b, end, '}')
		if !more {
			return next
		}
		i = next
	}
}

// CheckComma reads what follows an element. next is the index of the next
// element, or if more is false the index after the closing bracket, or -1.
func CheckComma(b []byte, i int, closing byte) (next int, more bool) {
	i = SkipSpace(b, i)
	switch {
	case i >= len(b):
		return -1, false
	case b[i] == ',':
		return SkipSpace(b, i+1), true
	case b[i] == closing:
		return i + 1, false
	default:
		return -1, false
	}
}

func checkString(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			return i + 1
		case c < ' ':
			return -1
		case c == '\\':
			if i = checkEscape(b, i+1); i < 0 {
				return -1
			}
		}
	}
	return -1
}

// checkEscape checks the escape whose backslash is before i, and returns the
// index of its last byte, or -1.
func checkEscape(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i
	case 'u':
		if len(b)-i <= 4 {
			return -1
		}
		for _, c := range b[i+1 : i+5] {
			if !IsDigit(c) && (c|0x20 < 'a' || c|0x20 > 'f') {
				return -1
			}
		}
		return i + 4
	default:
		return -1
	}
}

func checkWord(b []byte, i int, word string) int {
	if end := i + len(word); end <= len(b) && string(b[i:end]) == word {
		return end
	}
	return -1
}

func checkNumber(b []byte, i int) int {
	if b[i] == '-' {
		i++
	}
	first := i
	if i = skipDigits(b, i); i == first || b[first] == '0' && i > first+1 {
		return -1
	}
	if i < len(b) && b[i] == '.' {
		point := i
		if i = skipDigits(b, i+1); i == point+1 {
			return -1
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		exponent := i
		if i = skipDigits(b, i); i == exponent {
			return -1
		}
	}
	return i
}

func skipDigits(b []byte, i int) int {
	for i < len(b) && IsDigit(b[i]) {
		i++
	}
	return i
}

// IsDigit reports whether c is an ASCII digit.
func IsDigit(c byte) bool { return c >= '0' && c <= '9' }
