package engineio

import (
	"bytes"
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

func TestCodec_parses_text_messages(t *testing.T) {
	message := func(data string) Packet { return Packet{Type: PacketMessage, Binary: true, Data: []byte(data)} }
	for _, tt := range []struct {
		k    codec
		in   string
		want Packet
		err  error
	}{
		{revision4, "4text", textPacket("4text"), nil},
		{revision4, "bAQID", message("\x01\x02\x03"), nil},
		{revision4, "b", message(""), nil},
		{revision4, "b4AQI", message("\xe0\x04\x08"), nil}, // in revision 4 the data has no type
		{revision4, "bA", Packet{}, errBase64},
		{revision4, "cAQID", Packet{}, errPacketType},
		{revision4, "", Packet{}, errEmptyPacket},
		{revision3, "4text", textPacket("4text"), nil},
		{revision3, "b4AQID", message("\x01\x02\x03"), nil},
		{revision3, "b4", message(""), nil},
		{revision3, "b4A", Packet{}, errBase64},
		{revision3, "b", Packet{}, errEmptyPacket},
		{revision3, "bAQID", Packet{}, errPacketType},
		{revision3, "b7AQID", Packet{}, errPacketType},
		{revision3, "b2AQID", Packet{Type: PacketPing}, nil},
		{revision3, "b1!", Packet{Type: PacketClose}, nil},
		{codecExternal, "b4AQID", message("\x01\x02\x03"), nil},
	} {
		got, err := tt.k.parseText([]byte(tt.in))
		same := got.Type == tt.want.Type && got.Binary == tt.want.Binary && bytes.Equal(got.Data, tt.want.Data)
		if !errors.Is(err, tt.err) || err == nil && !same {
			t.Errorf("parseText of revision %d, %q: got %v, %v, want %v, %v", tt.k.revision(), tt.in, got, err, tt.want, tt.err)
		}
	}
}

func TestCodec_selects_frames_for_each_transport(t *testing.T) {
	for _, tt := range []struct {
		polling      codec
		wantsBase64  bool
		want         codec
		wantsPrepare string // the frames of Prepare("two", {1, 2}, {})
	}{
		{revision4, false, revision4, "\x81\x044two\x82\x02\x01\x02\x82\x00"},
		{revision4, true, revision4Base64, "\x81\x044two\x81\x05bAQI=\x81\x01b"},
		{revision3, false, revision3, "\x81\x044two\x82\x03\x04\x01\x02\x82\x01\x04"},
		{revision3, true, revision3Base64, "\x81\x044two\x81\x06b4AQI=\x81\x02b4"},
		{revision3Base64, false, revision3, "\x81\x044two\x82\x03\x04\x01\x02\x82\x01\x04"},
	} {
		p := Prepare([]byte("two"), []byte{1, 2}, nil)
		k := tt.polling.webSocket(tt.wantsBase64)
		if k != tt.want || string(k.frames(p)) != tt.wantsPrepare {
			t.Errorf("codec %d, base64 %t: got codec %d, frames %q, want %d, %q",
				tt.polling, tt.wantsBase64, k, k.frames(p), tt.want, tt.wantsPrepare)
		}
		if first, again := k.frames(p), k.frames(p); &first[0] != &again[0] {
			t.Errorf("codec %d: got frames encoded twice, want them encoded once", k)
		}
		large := PrepareBinary(make([]byte, 70_000))
		if h, size, err := parseHeader(k.frames(large)); err != nil || int(h.Length)+size != len(k.frames(large)) {
			t.Errorf("codec %d: got length %d, %v for a frame of %d bytes, want the payload's length", k, h.Length, err, len(k.frames(large)))
		}
	}
}

// FuzzParseText checks that the server decodes what a client with forceBase64 encodes.
func FuzzParseText(f *testing.F) {
	for _, s := range []string{"", "b", "b4", "bAQID", "b4AQID", "bAQ==", "b4AQ", "b-_", "b A Q", "b2", "b1x", "b7", "4text", "9", "bA", "b=", "b안"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, k := range []codec{revision4Base64, revision3Base64} {
			p, err := k.parseText(text)
			if err != nil {
				continue
			}
			if len(p.Data) > len(text) {
				t.Fatalf("%q: got %d bytes of data, want at most %d", text, len(p.Data), len(text))
			}
			if !p.Binary {
				continue
			}
			frame := k.frames(PrepareBinary(p.Data))
			_, size, err := parseHeader(frame)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := k.parseText(frame[size:]); err != nil || !again.Binary || !bytes.Equal(again.Data, p.Data) {
				t.Errorf("%q: got %v, %v from frame %q, want %q", text, again, err, frame, p.Data)
			}
		}
	})
}
