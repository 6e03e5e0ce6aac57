package engineio

import (
	"bytes"
	"errors"
	"testing"
)

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
