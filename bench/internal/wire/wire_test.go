package wire

import (
	"bytes"
	"strings"
	"testing"
)

func masked(payload string) []byte {
	key := [4]byte{1, 2, 3, 4}
	b := []byte{0x81, 0x80 | byte(len(payload)), key[0], key[1], key[2], key[3]}
	for i := range len(payload) {
		b = append(b, payload[i]^key[i&3])
	}
	return b
}

func TestNext_parses_one_frame(t *testing.T) {
	b := append(masked("hello, world"), masked("more")...)
	op, payload, n, err := Next(b)
	if err != nil || op != OpText || string(payload) != "hello, world" || n != 18 {
		t.Errorf("got opcode %d, payload %q, %d bytes, error %v, want a text frame with hello, world in 18 bytes", op, payload, n, err)
	}
	if _, _, n, err := Next(masked("cut short")[:10]); n != 0 || err != nil {
		t.Errorf("incomplete frame: got %d bytes, error %v, want 0 and none", n, err)
	}
	if _, _, _, err := Next([]byte{0x81, 5, 'p', 'l', 'a', 'i', 'n'}); err == nil {
		t.Error("unmasked frame: got no error, want one")
	}
}

type recorder struct{ got []string }

func (r *recorder) Reply(b []byte)     { r.got = append(r.got, "reply "+string(b[2:])) }
func (r *recorder) Join(room string)   { r.got = append(r.got, "join "+room) }
func (r *recorder) Broadcast(b []byte) { r.got = append(r.got, "broadcast "+string(b[2:])) }

func TestHandle_executes_the_contract(t *testing.T) {
	for _, tt := range []struct{ message, want string }{
		{`3`, ``},
		{`40`, `reply 40{"sid":"floor"}`},
		{`427["join","r1"]`, `join "r1"|reply 437[]`},
		{`421["echo","x, y"]`, `reply 431["x, y"]`},
		{`42["chat","x"]`, `broadcast 42["chat",{"user":"u1","chat":"x","ts":`},
		{`42["gif","x"]`, `broadcast 451-["gif",{"user":"u1","chat":"x","gif":{"_placeholder":true,"num":0}}]`},
	} {
		var r recorder
		if err := Handle(&r, []byte(tt.message)); err != nil {
			t.Errorf("%s: got error %v, want none", tt.message, err)
		}
		if got := strings.Join(r.got, "|"); !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
			t.Errorf("%s: got %q, want %q", tt.message, got, tt.want)
		}
	}
	for _, bad := range []string{"", "4", "9", "42[", `42["dance","x"]`, `41`} {
		if err := Handle(&recorder{}, []byte(bad)); err == nil {
			t.Errorf("%q: got no error, want one", bad)
		}
	}
}

func TestSwitching_answers_the_key_of_a_request(t *testing.T) {
	request := "GET /ws HTTP/1.1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	if _, ok := Key([]byte(request)); ok {
		t.Error("incomplete request: got a key, want none")
	}
	key, ok := Key([]byte(request + "\r\n"))
	if !ok || !bytes.Contains(Switching(key), []byte("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")) {
		t.Errorf("key %q, %v: got response %q, want the example of RFC 6455", key, ok, Switching(key))
	}
}
