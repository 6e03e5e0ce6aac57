package socketio

// The checkers here take JSON that nobody has looked at. They accept what
// json.Valid accepts (a fuzz test compares them) and know where each value
// ends, so that an array is checked and taken apart in one walk. json.Valid
// looks through a state machine at each byte: it was the dearest part of what a
// client's event cost.
//
// Each returns the index behind what begins at i, or -1 if that is none.

// maxDepth is how deep values may be nested, as encoding/json has it.
const maxDepth = 10000

// checkValue checks the value that begins at i; depth is that of what it
// stands in.
func checkValue(b []byte, i, depth int) int {
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
	if depth > maxDepth {
		return -1
	}
	if i = skipSpace(b, i+1); i < len(b) && b[i] == ']' {
		return i + 1
	}
	for {
		end := checkValue(b, i, depth)
		if end < 0 {
			return -1
		}
		next, more := checkComma(b, end, ']')
		if !more {
			return next
		}
		i = next
	}
}

func checkObject(b []byte, i, depth int) int {
	if depth > maxDepth {
		return -1
	}
	if i = skipSpace(b, i+1); i < len(b) && b[i] == '}' {
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
		if colon = skipSpace(b, colon); colon >= len(b) || b[colon] != ':' {
			return -1
		}
		end := checkValue(b, skipSpace(b, colon+1), depth)
		if end < 0 {
			return -1
		}
		next, more := checkComma(b, end, '}')
		if !more {
			return next
		}
		i = next
	}
}

// checkComma looks behind an element. If more follow, next is where; else it
// is behind the closing bracket.
func checkComma(b []byte, i int, closing byte) (next int, more bool) {
	i = skipSpace(b, i)
	switch {
	case i >= len(b):
		return -1, false
	case b[i] == ',':
		return skipSpace(b, i+1), true
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

// checkEscape checks what stands behind a backslash, and returns the index of
// its last byte.
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
			if !isDigit(c) && (c|0x20 < 'a' || c|0x20 > 'f') {
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
	for i < len(b) && isDigit(b[i]) {
		i++
	}
	return i
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
