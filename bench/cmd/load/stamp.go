package main

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// A message's text begins with a stamp: '@' and the time of sending in 16
// hexadecimal digits. A delivery thus contains the start of its latency. No
// other part of a packet contains an '@'.
const stampSize = 17

func now() int64 { return time.Now().UnixNano() }

// stamped returns a text of about size bytes that begins with a stamp.
func stamped(at int64, size int) string {
	digits := strconv.FormatInt(at, 16)
	return "@" + strings.Repeat("0", 16-len(digits)) + digits + strings.Repeat("x", max(0, size-stampSize))
}

// nextStamp returns the time of the first stamp in b, in nanoseconds, and the
// bytes after it.
func nextStamp(b []byte) (at int64, rest []byte, ok bool) {
	i := bytes.IndexByte(b, '@')
	if i < 0 || len(b) < i+stampSize {
		return 0, nil, false
	}
	for _, d := range b[i+1 : i+stampSize] {
		if d >= 'a' {
			d -= 'a' - '9' - 1
		}
		at = at<<4 | int64(d-'0')
	}
	return at, b[i+stampSize:], true
}
