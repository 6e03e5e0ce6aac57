package rawjson

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// Placeholder is the object that stands for an attachment in JSON:
// {"_placeholder":true,"num":0}.
type Placeholder struct {
	Start, End int    // of the object
	Num        []byte // the JSON of "num"
}

// FindPlaceholders returns the placeholders of a valid JSON text, in order. Only
// the members of an object itself decide whether it is a placeholder. Objects
// inside a placeholder are ignored, as in the reference parser.
func FindPlaceholders(b []byte) []Placeholder {
	if !bytes.Contains(b, []byte(`"_placeholder"`)) && !bytes.Contains(b, []byte(escapedASCII)) {
		return nil
	}
	var found []Placeholder
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
				for len(found) > 0 && found[len(found)-1].Start > last.start {
					found = found[:len(found)-1]
				}
				found = append(found, Placeholder{last.start, i + 1, last.num})
			}
		case '"':
			end := SkipString(b, i)
			colon := SkipSpace(b, end)
			if colon < len(b) && b[colon] == ':' { // the string is a member's name
				value := SkipSpace(b, colon+1)
				member := &open[len(open)-1]
				switch memberName(b[i:end]) {
				case `"_placeholder"`:
					member.is = bytes.HasPrefix(b[value:], []byte("true"))
				case `"num"`:
					member.num = b[value:SkipValue(b, value)]
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

// AppendPlaceholder appends the JSON placeholder of attachment n.
func AppendPlaceholder(dst []byte, n int) []byte {
	dst = append(dst, `{"_placeholder":true,"num":`...)
	return append(strconv.AppendInt(dst, int64(n), 10), '}')
}

// Index returns the number of the attachment, or -1 if it is malformed.
func (p Placeholder) Index() int {
	n, err := strconv.Atoi(string(p.Num))
	if err != nil {
		return -1
	}
	return n
}
