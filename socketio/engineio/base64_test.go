package engineio

import (
	"encoding/base64"
	"errors"
	"runtime"
	"strings"
	"testing"
)

func TestDecodeBase64(t *testing.T) {
	for _, tt := range []struct {
		name, in, want string
		rejected       bool
	}{
		{name: "whole groups", in: "AQID", want: "\x01\x02\x03"},
		{name: "nothing", in: "", want: ""},
		{name: "padding of two", in: "AQ==", want: "\x01"},
		{name: "padding of one", in: "AQI=", want: "\x01\x02"},
		{name: "missing padding", in: "AQ", want: "\x01"},
		{name: "half of the padding", in: "AQ=", want: "\x01"},
		{name: "padding after whole groups", in: "AQID====", want: "\x01\x02\x03"},
		{name: "only padding", in: "=", want: ""},
		{name: "bits after the last byte", in: "AR==", want: "\x01"},
		{name: "URL alphabet", in: "-_-_", want: "\xfb\xff\xbf"},
		{name: "both alphabets", in: "-/+_", want: "\xfb\xff\xbf"},
		{name: "line breaks", in: "AQ\r\nID\n", want: "\x01\x02\x03"},
		{name: "white space", in: " A\tQ\vI\fD ", want: "\x01\x02\x03"},
		{name: "white space in the padding", in: "AQ= =\n", want: "\x01"},
		{name: "a character of neither alphabet", in: "AQ!D", rejected: true},
		{name: "a character of neither alphabet at the end", in: "AQID!", rejected: true},
		{name: "Korean", in: "안AQID", rejected: true},
		{name: "U+0000", in: "AQI\x00", rejected: true},
		{name: "a group of one character", in: "A", rejected: true},
		{name: "a last group of one character", in: "AQIDA", rejected: true},
		{name: "data after the padding", in: "AQ==AQID", rejected: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decodeBase64([]byte(tt.in))
			if tt.rejected != errors.Is(err, errBase64) || string(got) != tt.want {
				t.Errorf("decodeBase64(%q): got %q, %v, want %q, rejected %t", tt.in, got, err, tt.want, tt.rejected)
			}
		})
	}
}

func TestDecodeBase64_allocates_in_proportion_to_1_MB_of_input(t *testing.T) {
	whole := base64.StdEncoding.EncodeToString(make([]byte, 750_000))
	for name, text := range map[string]string{
		"standard":    whole,
		"no padding":  strings.TrimRight(whole, "="),
		"URL":         strings.Repeat("-_", 500_000),
		"white space": strings.Repeat(" A", 500_000),
		"only spaces": strings.Repeat(" ", 1_000_000),
		"malformed":   whole[:len(whole)-2] + "!!",
	} {
		in := []byte(text)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = decodeBase64(in)
		runtime.ReadMemStats(&after)
		if got, limit := after.TotalAlloc-before.TotalAlloc, uint64(3*len(in)); got > limit {
			t.Errorf("%s: got %d bytes allocated for %d bytes of input, want at most %d", name, got, len(in), limit)
		}
	}
}
