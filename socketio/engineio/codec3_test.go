package engineio

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func decodeAll(k codec, body []byte, binary bool) (packets []Packet, err error) {
	err = k.decode(body, binary, func(p Packet) error {
		p.Data = append([]byte{}, p.Data...)
		packets = append(packets, p)
		return nil
	})
	return packets, err
}

func textPacket(text string) Packet {
	return Packet{Type: PacketType(text[0]), Data: []byte(text[1:])}
}

func binaryPacket(data ...byte) Packet {
	return Packet{Type: PacketMessage, Binary: true, Data: append([]byte{}, data...)}
}

func TestDecodeText3(t *testing.T) {
	for _, tt := range []struct {
		body string
		want []Packet // nil for an error
	}{
		{"6:4hello", []Packet{textPacket("4hello")}},
		{"6:4hello1:2", []Packet{textPacket("4hello"), textPacket("2")}},
		{"2:4가2:4é3:4😀", []Packet{textPacket("4가"), textPacket("4é"), textPacket("4😀")}}, // lengths count UTF-16 code units
		{"10:b4AQIDBA==", []Packet{binaryPacket(1, 2, 3, 4)}},
		{"0:1:2", []Packet{textPacket("2")}},
		{"3:4\u00c3\u00a9", []Packet{textPacket("4é")}},    // encoded twice, as clients 1.x do
		{"3:4\u00e9\u00e9", []Packet{textPacket("4éé")}},   // encoded once, as clients 2.x do
		{"4:4\u00c3\u00a9가", []Packet{textPacket("4Ã©가")}}, // encoded once: one character is above U+00FF
		{"", nil},
		{"6", nil},
		{":4", nil},
		{"abc", nil},
		{"7:4hello", nil},
		{"2:4😀", nil}, // half of a surrogate pair
		{"-1:4", nil},
		{"99999999999999999999:4", nil},
		{"0000000000001:2", nil},
		{"4:b1AA2:b2", []Packet{{Type: PacketClose, Data: []byte{}}, {Type: PacketPing, Data: []byte{}}}}, // the data of other types is ignored
		{"4:b7AA", nil},
		{"4:b4A*", nil},
		{"1:9", nil},
		{"2:4\xff", nil},
	} {
		got, err := decodeAll(revision3, []byte(tt.body), false)
		if tt.want == nil {
			if err == nil {
				t.Errorf("%q: got %v, want an error", tt.body, got)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%q: got %v, %v, want %v", tt.body, got, err, tt.want)
		}
	}
}

func TestDecodeBinary3(t *testing.T) {
	for _, tt := range []struct {
		body string
		want []Packet // nil for an error
	}{
		{"\x00\x06\xff4hello", []Packet{textPacket("4hello")}},
		{"\x00\x04\xff4가\x01\x03\xff\x04\x01\x02", []Packet{textPacket("4가"), binaryPacket(1, 2)}},
		{"\x01\x01\x02\xff\x04" + strings.Repeat("x", 11), []Packet{binaryPacket([]byte(strings.Repeat("x", 11))...)}},
		{"", nil},
		{"\x00", nil},
		{"\x00\xff4", nil},
		{"\x02\x01\xff4", nil},
		{"\x00\x02\xff4", nil},
		{"\x00\x0a\xff4", nil}, // no digit
		{"\x00\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\xff4", nil},
		{"\x01\x01\xff\x01", nil}, // only messages are binary
		{"\x01\x00\xff", nil},
		{"\x00\x02\xff4\xff", nil},
	} {
		got, err := decodeAll(revision3, []byte(tt.body), true)
		if tt.want == nil {
			if err == nil {
				t.Errorf("%q: got %v, want an error", tt.body, got)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%q: got %v, %v, want %v", tt.body, got, err, tt.want)
		}
	}
}

func TestEncodePayload3(t *testing.T) {
	ascii := func(text []byte) []byte { return []byte(strings.ReplaceAll(string(text), "가", `\uac00`)) }
	mixed := Prepare([]byte("two"), []byte{1, 2})
	for _, tt := range []struct {
		name   string
		k      codec
		items  []*Prepared
		body   string
		binary bool
	}{
		{"text", revision3, []*Prepared{Prepare([]byte("one")), pongPacket}, "4:4one1:3", false},
		{"binary", revision3, []*Prepared{mixed}, "\x00\x04\xff4two\x01\x03\xff\x04\x01\x02", true},
		{"Korean with binary support", revision3, []*Prepared{Prepare([]byte("가"))}, "\x00\x04\xff4가", true},
		{"base64", revision3Base64, []*Prepared{mixed}, "4:4two6:b4AQI=", false},
		{"Korean without binary support", revision3Base64, []*Prepared{Prepare([]byte("가"))}, `7:4\uac00`, false},
		{"revision 4", revision4, []*Prepared{mixed, noopPacket}, "4two\x1ebAQI=\x1e6", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.k.encodePayload(ascii, tt.items...)
			if string(got.body) != tt.body || got.binary != tt.binary {
				t.Errorf("got %q, binary %t, want %q, binary %t", got.body, got.binary, tt.body, tt.binary)
			}
		})
	}
}

func TestFrames3(t *testing.T) {
	p := Prepare([]byte("two"), []byte{1, 2}, nil)
	want := "\x81\x044two\x82\x03\x04\x01\x02\x82\x01\x04"
	if got := revision3.frames(p); string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if text := Prepare([]byte("text")); &revision3.frames(text)[0] != &text.frames[0] {
		t.Error("frames of text: got a copy for revision 3, want the frames of revision 4")
	}
}

// FuzzPayload3 checks that decoding, encoding and decoding again returns the same.
func FuzzPayload3(f *testing.F) {
	for _, s := range []string{"6:4hello1:2", "2:4가3:4😀", "10:b4AQIDBA==", "3:4\u00c3\u00a9", "\x00\x04\xff4가\x01\x03\xff\x04\x01\x02"} {
		f.Add([]byte(s), false)
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, body []byte, binary bool) {
		packets, err := decodeAll(revision3, body, binary)
		if err != nil {
			return
		}
		var text, bin []byte
		doubled := false
		for _, p := range packets {
			if !p.Binary && !utf8.Valid(p.Data) {
				t.Fatalf("%q: got text %q, want valid UTF-8", body, p.Data)
			}
			doubled = doubled || !p.Binary && len(decodeUTF8Twice(p.Data)) != len(p.Data)
			text, bin = appendText3(text, p), appendBinary3(bin, p)
		}
		if again, err := decodeAll(revision3, bin, true); len(packets) > 0 && (err != nil || !reflect.DeepEqual(packets, again)) {
			t.Errorf("binary payload %q: got %v, %v, want %v", bin, again, err, packets)
		}
		if again, err := decodeAll(revision3, text, false); len(packets) > 0 && !doubled && (err != nil || !reflect.DeepEqual(packets, again)) {
			t.Errorf("text payload %q: got %v, %v, want %v", text, again, err, packets)
		}
	})
}

func TestDecode3_stops_at_the_first_error(t *testing.T) {
	stop := errors.New("stop")
	for _, binary := range []bool{false, true} {
		body := "1:21:2"
		if binary {
			body = "\x00\x01\xff2\x00\x01\xff2"
		}
		calls := 0
		err := revision3.decode([]byte(body), binary, func(Packet) error { calls++; return stop })
		if !errors.Is(err, stop) || calls != 1 {
			t.Errorf("got %v after %d calls, want %v after 1", err, calls, stop)
		}
	}
}
