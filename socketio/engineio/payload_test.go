package engineio_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"gifchat/socketio/engineio"
)

func TestParsePacket(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want engineio.Packet
		ok   bool
	}{
		{`0{"sid":"x"}`, engineio.Packet{Type: engineio.PacketOpen, Data: []byte(`{"sid":"x"}`)}, true},
		{"1", engineio.Packet{Type: engineio.PacketClose}, true},
		{"2", engineio.Packet{Type: engineio.PacketPing}, true},
		{"2probe", engineio.Packet{Type: engineio.PacketPing, Data: []byte("probe")}, true},
		{"3", engineio.Packet{Type: engineio.PacketPong}, true},
		{"4", engineio.Packet{Type: engineio.PacketMessage}, true},
		{"4hello €", engineio.Packet{Type: engineio.PacketMessage, Data: []byte("hello €")}, true},
		{"5", engineio.Packet{Type: engineio.PacketUpgrade}, true},
		{"6", engineio.Packet{Type: engineio.PacketNoop}, true},
		{"", engineio.Packet{}, false},
		{"7", engineio.Packet{}, false},
		{"9", engineio.Packet{}, false},
		{"/", engineio.Packet{}, false},
		{"bAQID", engineio.Packet{}, false},
		{" 4", engineio.Packet{}, false},
		{"\x00", engineio.Packet{}, false},
	} {
		got, err := engineio.ParsePacket([]byte(tt.in))
		if (err == nil) != tt.ok || !equal(got, tt.want) {
			t.Errorf("%q: got %v, %v, want %v", tt.in, got, err, tt.want)
		}
		if err == nil && string(got.AppendText(nil)) != tt.in {
			t.Errorf("AppendText: got %q, want %q", got.AppendText(nil), tt.in)
		}
	}
}

func equal(a, b engineio.Packet) bool {
	return a.Type == b.Type && a.Binary == b.Binary && string(a.Data) == string(b.Data)
}

func decode(body string) (packets []engineio.Packet, err error) {
	err = engineio.DecodePayload([]byte(body), func(p engineio.Packet) error {
		packets = append(packets, p)
		return nil
	})
	return packets, err
}

func TestDecodePayload(t *testing.T) {
	message := func(s string) engineio.Packet {
		return engineio.Packet{Type: engineio.PacketMessage, Data: []byte(s)}
	}
	binary := func(s string) engineio.Packet {
		return engineio.Packet{Type: engineio.PacketMessage, Binary: true, Data: []byte(s)}
	}
	for _, tt := range []struct {
		name, in string
		want     []engineio.Packet
		ok       bool
	}{
		{"one packet", "4a", []engineio.Packet{message("a")}, true},
		{"several", "4a\x1e4€\x1e2", []engineio.Packet{message("a"), message("€"), {Type: engineio.PacketPing}}, true},
		{"binary", "bAQID\x1e4a", []engineio.Packet{binary("\x01\x02\x03"), message("a")}, true},
		{"empty binary", "b", []engineio.Packet{binary("")}, true},
		{"padding", "bAQ==", []engineio.Packet{binary("\x01")}, true},
		{"no padding", "bAQ", []engineio.Packet{binary("\x01")}, true},
		{"base64 for URLs", "b-_-_", []engineio.Packet{binary("\xfb\xff\xbf")}, true},
		{"a letter missing", "bA", nil, false},
		{"nothing", "", nil, false},
		{"only a separator", "\x1e", nil, false},
		{"a separator in front", "\x1e4a", nil, false},
		{"a separator behind", "4a\x1e", []engineio.Packet{message("a")}, false},
		{"an unknown type behind a good one", "4a\x1e8", []engineio.Packet{message("a")}, false},
		{"revision 3", "2:4a", []engineio.Packet{{Type: engineio.PacketPing, Data: []byte(":4a")}}, true},
		{"invalid UTF-8", "4a\x1e4\xff", nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decode(tt.in)
			if (err == nil) != tt.ok || !slices.EqualFunc(got, tt.want, equal) {
				t.Errorf("got %v, %v, want %v", got, err, tt.want)
			}
		})
	}
}

func TestDecodePayload_stops_at_the_first_error(t *testing.T) {
	stop := errors.New("stop")
	n := 0
	err := engineio.DecodePayload([]byte("4a\x1e4b"), func(engineio.Packet) error { n++; return stop })
	if !errors.Is(err, stop) || n != 1 {
		t.Errorf("got %v after %d packets, want %v after 1", err, n, stop)
	}
}

func TestDecodePayload_takes_linear_time(t *testing.T) {
	body := []byte(strings.Repeat("2\x1e", 500_000) + "2")
	n := 0
	allocs := testing.AllocsPerRun(1, func() {
		n = 0
		if err := engineio.DecodePayload(body, func(engineio.Packet) error { n++; return nil }); err != nil {
			t.Fatal(err)
		}
	})
	if n != 500_001 || allocs > 2 {
		t.Errorf("got %d packets with %.0f allocations, want 500001 with at most 2", n, allocs)
	}
}

func FuzzParsePacket(f *testing.F) {
	for _, s := range []string{"", "0{}", "1", "2probe", "3", "4hello", "5", "6", "7", "b"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := engineio.ParsePacket(b)
		if err == nil && string(p.AppendText(nil)) != string(b) {
			t.Errorf("AppendText: got %q, want %q", p.AppendText(nil), b)
		}
	})
}

func FuzzDecodePayload(f *testing.F) {
	for _, s := range []string{"4a", "4a\x1e4b", "bAQID\x1e4a", "b", "\x1e", "2\x1e2\x1e2", "4\xff", "bAQ", "bA\nQ=="} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		want, err := decode(string(body))
		if err != nil {
			return
		}
		var encoded []byte
		for _, p := range want {
			encoded = engineio.AppendPayload(encoded, p)
		}
		got, err := decode(string(encoded))
		if err != nil || !slices.EqualFunc(got, want, equal) {
			t.Errorf("%q, encoded again as %q: got %v, %v, want %v", body, encoded, got, err, want)
		}
	})
}

func TestParsePacket_allocates_nothing(t *testing.T) {
	packet := []byte(`42["chat","hello"]`)
	body := []byte("42[\"a\"]\x1e42[\"b\"]")
	each := func(engineio.Packet) error { return nil }
	for name, fn := range map[string]func(){
		"ParsePacket":   func() { _, _ = engineio.ParsePacket(packet) },
		"DecodePayload": func() { _ = engineio.DecodePayload(body, each) },
	} {
		if n := testing.AllocsPerRun(100, fn); n > 0 {
			t.Errorf("%s: got %.0f allocations, want 0", name, n)
		}
	}
}
