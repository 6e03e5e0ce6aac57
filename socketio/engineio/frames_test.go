package engineio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// client returns the bytes of frames as a client sends them, masked.
func client(frames ...ws.Frame) []byte {
	var b bytes.Buffer
	for i, f := range frames {
		ws.MustWriteFrame(&b, ws.MaskFrameWith(f, [4]byte{byte(i + 1), 0x5a, 0xff, 0}))
	}
	return b.Bytes()
}

func text(s string) ws.Frame          { return ws.NewTextFrame([]byte(s)) }
func begin(s string) ws.Frame         { return ws.NewFrame(ws.OpText, false, []byte(s)) }
func more(s string) ws.Frame          { return ws.NewFrame(ws.OpContinuation, false, []byte(s)) }
func last(s string) ws.Frame          { return ws.NewFrame(ws.OpContinuation, true, []byte(s)) }
func closing(body ...byte) ws.Frame   { return ws.NewCloseFrame(body) }
func closeCode2(code uint16) []byte   { return binary.BigEndian.AppendUint16(nil, code) }
func rsv(f ws.Frame, b byte) ws.Frame { f.Header.Rsv = b; return f }

// read passes a stream to a WebSocket in chunks of n bytes, the first one with the
// handshake, and returns the messages.
func read(f *frameReader, stream []byte, n int) (got []string, err error) {
	each := func(m message) error {
		got = append(got, fmt.Sprintf("%d:%s", m.op, m.data))
		return nil
	}
	stream = bytes.Clone(stream)
	early := stream[:min(n, len(stream)):min(n, len(stream))]
	s := &webSocket{conn: new(Conn), frames: *f, stream: &chunkStream{rest: stream[len(early):], n: n}}
	err = s.frames.feed(early, each)
	for err == nil {
		err = s.readSome(each)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	*f = s.frames
	return got, err
}

// chunkStream is a stream that delivers n bytes at a time.
type chunkStream struct {
	blockingStream
	rest []byte
	n    int
}

func (s *chunkStream) read() (*buffer, int, error) {
	b := getBuffer()
	n, err := s.readInto(b[:])
	if err != nil {
		putBuffer(b)
		return nil, 0, err
	}
	return b, n, nil
}

func (s *chunkStream) readInto(b []byte) (int, error) {
	if len(s.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b, s.rest[:min(s.n, len(s.rest))])
	s.rest = s.rest[n:]
	return n, nil
}

func TestFrameReader(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	for _, tt := range []struct {
		name   string
		stream []byte
		want   []string
		code   ws.StatusCode // of the error, or 0
	}{
		{"a text message", client(text("hello")), []string{"1:hello"}, 0},
		{"an empty text message", client(text("")), []string{"1:"}, 0},
		{"a binary message is not checked for UTF-8", client(ws.NewBinaryFrame([]byte{0xff})), []string{"2:\xff"}, 0},
		{"two messages", client(text("a"), text("b")), []string{"1:a", "1:b"}, 0},
		{"length 125", client(text(long[:125])), []string{"1:" + long[:125]}, 0},
		{"length 126, in 16 bits", client(text(long[:126])), []string{"1:" + long[:126]}, 0},
		{"length 65,535", client(text(long[:65_535])), []string{"1:" + long[:65_535]}, 0},
		{"length 65,536, in 64 bits", client(text(long[:65_536])), []string{"1:" + long[:65_536]}, 0},
		{"a length that could be shorter", []byte{0x81, 0xfe, 0, 1, 0, 0, 0, 0, 'a'}, []string{"1:a"}, 0},
		{"a length with its top bit set", []byte{0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}, nil, ws.StatusProtocolError},
		{"the largest length", []byte{0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}, nil, ws.StatusMessageTooBig},
		{"no mask", []byte{0x81, 1, 'a'}, nil, ws.StatusProtocolError},
		{"no mask, empty", []byte{0x81, 0}, nil, ws.StatusProtocolError},
		{"RSV1", client(rsv(text("a"), 4)), nil, ws.StatusProtocolError},
		{"RSV2", client(rsv(text("a"), 2)), nil, ws.StatusProtocolError},
		{"RSV3 on a ping", client(rsv(ws.NewPingFrame(nil), 1)), nil, ws.StatusProtocolError},
		{"opcode 3", client(ws.NewFrame(3, true, nil)), nil, ws.StatusProtocolError},
		{"opcode 7", client(ws.NewFrame(7, true, nil)), nil, ws.StatusProtocolError},
		{"opcode 11", client(ws.NewFrame(11, true, nil)), nil, ws.StatusProtocolError},
		{"opcode 15", client(ws.NewFrame(15, true, nil)), nil, ws.StatusProtocolError},
		{"a ping", client(ws.NewPingFrame([]byte("p"))), []string{"9:p"}, 0},
		{"a pong", client(ws.NewPongFrame([]byte("p"))), []string{"10:p"}, 0},
		{"a ping of 125 bytes", client(ws.NewPingFrame([]byte(long[:125]))), []string{"9:" + long[:125]}, 0},
		{"a ping of 126 bytes", client(ws.NewPingFrame([]byte(long[:126]))), nil, ws.StatusProtocolError},
		{"a ping in fragments", client(ws.NewFrame(ws.OpPing, false, nil)), nil, ws.StatusProtocolError},
		{"a close in fragments", client(ws.NewFrame(ws.OpClose, false, nil)), nil, ws.StatusProtocolError},
		{"fragments", client(begin("a"), more("b"), last("c")), []string{"1:abc"}, 0},
		{"empty fragments", client(begin(""), more(""), last("")), []string{"1:"}, 0},
		{"fragments, then a whole message", client(begin("a"), last("b"), text("c")), []string{"1:ab", "1:c"}, 0},
		{"a ping between fragments", client(begin("a"), ws.NewPingFrame([]byte("p")), last("b")), []string{"9:p", "1:ab"}, 0},
		{"a close between fragments", client(begin("a"), closing(closeCode2(1000)...)), []string{"8:\x03\xe8"}, 0},
		{"a continuation of nothing", client(last("a")), nil, ws.StatusProtocolError},
		{"a continuation after a complete message", client(begin("a"), last("b"), last("c")), []string{"1:ab"}, ws.StatusProtocolError},
		{"a message within a message", client(begin("a"), text("b")), nil, ws.StatusProtocolError},
		{"a beginning within a message", client(begin("a"), begin("b")), nil, ws.StatusProtocolError},
		{"a code point over two fragments", client(begin("\xe2\x82"), last("\xac")), []string{"1:€"}, 0},
		{"invalid UTF-8", client(text("a\xff")), nil, ws.StatusInvalidFramePayloadData},
		{"half a code point", client(text("\xe2\x82")), nil, ws.StatusInvalidFramePayloadData},
		{"an overlong encoding", client(text("\xc0\xaf")), nil, ws.StatusInvalidFramePayloadData},
		{"a surrogate", client(text("\xed\xa0\x80")), nil, ws.StatusInvalidFramePayloadData},
		{"beyond Unicode", client(text("\xf4\x90\x80\x80")), nil, ws.StatusInvalidFramePayloadData},
		{"invalid UTF-8 over fragments", client(begin("\xe2\x82"), last("x")), nil, ws.StatusInvalidFramePayloadData},
		{"U+0000", client(text("\x00")), []string{"1:\x00"}, 0},
		{"a close without a code", client(closing()), []string{"8:"}, 0},
		{"a close with half a code", client(closing(3)), nil, ws.StatusProtocolError},
		{"a close with a reason", client(closing(append(closeCode2(1000), "bye €"...)...)), []string{"8:\x03\xe8bye €"}, 0},
		{"a close with an invalid reason", client(closing(append(closeCode2(1000), 0xff)...)), nil, ws.StatusProtocolError},
		{"what follows an error is not read", client(text("\xff"), text("a")), nil, ws.StatusInvalidFramePayloadData},
		{"half a header", client(text("hello"))[:1], nil, 0},
		{"a header without a payload", client(text("hello"))[:6], nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, n := range []int{1, 2, 7, 1 << 20} {
				f := &frameReader{maxPayload: 1_000_000, maxFragments: 10}
				got, err := read(f, tt.stream, n)
				if code := codeOf(err); code != tt.code {
					t.Errorf("in chunks of %d: got error %v, want code %d", n, err, tt.code)
				}
				if fmt.Sprint(got) != fmt.Sprint(tt.want) {
					t.Errorf("in chunks of %d: got %.60q, want %.60q", n, got, tt.want)
				}
			}
		})
	}
}

func codeOf(err error) ws.StatusCode {
	if err == nil {
		return 0
	}
	var wsErr *wsError
	if errors.As(err, &wsErr) {
		return wsErr.code
	}
	return 1
}

func TestFrameReader_checks_close_codes(t *testing.T) {
	for code, ok := range map[uint16]bool{
		0: false, 999: false, 1000: true, 1001: true, 1002: true, 1003: true, 1004: false, 1005: false, 1006: false,
		1007: true, 1008: true, 1009: true, 1010: true, 1011: true, 1015: false, 1016: false, 1100: false, 2000: false,
		2999: false, 3000: true, 3999: true, 4000: true, 4999: true,
	} {
		f := &frameReader{maxPayload: 1000, maxFragments: 10}
		_, err := read(f, client(closing(closeCode2(code)...)), 100)
		if (err == nil) != ok {
			t.Errorf("close code %d: got %v, want valid %t", code, err, ok)
		}
	}
}

func TestFrameReader_limits_messages(t *testing.T) {
	x := strings.Repeat("x", 1001)
	for _, tt := range []struct {
		name   string
		stream []byte
		code   ws.StatusCode
	}{
		{"one frame of just the limit", client(text(x[:1000])), 0},
		{"one frame above it", client(text(x)), ws.StatusMessageTooBig},
		{"only its header", client(text(x))[:8], ws.StatusMessageTooBig},
		{"fragments of just the limit", client(begin(x[:500]), last(x[:500])), 0},
		{"fragments above it", client(begin(x[:500]), last(x[:501])), ws.StatusMessageTooBig},
		{"a full fragment and an empty one", client(begin(x[:1000]), last("")), 0},
		{"a full fragment and a ping", client(begin(x[:1000]), ws.NewPingFrame([]byte("p")), last("")), 0},
		{"ten fragments", client(begin(""), more(""), more(""), more(""), more(""), more(""), more(""), more(""), more(""), last("")), 0},
		{"eleven fragments", client(begin(""), more(""), more(""), more(""), more(""), more(""), more(""), more(""), more(""), more(""), last("")), ws.StatusPolicyViolation},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := &frameReader{maxPayload: 1000, maxFragments: 10}
			if _, err := read(f, tt.stream, 3); codeOf(err) != tt.code {
				t.Errorf("got %v, want code %d", err, tt.code)
			}
		})
	}
}

// A header that announces a large frame allocates nothing for it.
func TestFrameReader_allocates_received_bytes_only(t *testing.T) {
	f := &frameReader{maxPayload: 1 << 30, maxFragments: 10}
	header := []byte{0x82, 0xff, 0, 0, 0, 0, 0x3f, 0, 0, 0, 1, 2, 3, 4}
	if _, err := read(f, header, 100); err != nil {
		t.Fatal(err)
	}
	if cap(f.rest) > 1024 {
		t.Errorf("after a header: got %d bytes held, want at most the received bytes", cap(f.rest))
	}
}

func TestFrameReader_holds_nothing_between_messages(t *testing.T) {
	f := &frameReader{maxPayload: 1_000_000, maxFragments: 10}
	if _, err := read(f, client(begin(strings.Repeat("x", 100_000)), last("y"), text("z")), 1000); err != nil {
		t.Fatal(err)
	}
	if f.rest != nil || f.message != nil || f.fragments != 0 {
		t.Errorf("between messages: got %d and %d bytes held, want none", cap(f.rest), cap(f.message))
	}
}

func TestFrameReader_stops_at_an_error_of_the_callback(t *testing.T) {
	f := &frameReader{maxPayload: 1000, maxFragments: 10}
	n := 0
	err := f.feed(client(text("a"), text("b")), func(message) error { n++; return io.ErrClosedPipe })
	if !errors.Is(err, io.ErrClosedPipe) || n != 1 {
		t.Errorf("got %v after %d messages, want %v after 1", err, n, io.ErrClosedPipe)
	}
}

// FuzzFrames passes a stream in one piece, byte by byte and in chunks of the fuzzer's
// choice, and compares the results. If there is no error, another implementation must
// read the same messages.
func FuzzFrames(f *testing.F) {
	for _, stream := range [][]byte{
		client(text("hello")), client(begin("a"), ws.NewPingFrame([]byte("p")), last("b")),
		client(begin("\xe2\x82"), last("\xac")), client(text("\xff")), client(closing(closeCode2(1000)...)),
		client(ws.NewBinaryFrame(make([]byte, 300)), text("x")),
		{0x81, 1, 'a'},
		{0x82, 0xff, 0x80},
		{0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0},
	} {
		f.Add(stream, uint8(3))
	}
	f.Fuzz(func(t *testing.T, stream []byte, chunk uint8) {
		fresh := func() *frameReader { return &frameReader{maxPayload: 4096, maxFragments: 16} }
		want, wantErr := read(fresh(), stream, 1<<20)
		for _, n := range []int{1, int(chunk) + 1} {
			got, err := read(fresh(), stream, n)
			if codeOf(err) != codeOf(wantErr) || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("in chunks of %d: %q %v, in one piece: %q %v", n, got, err, want, wantErr)
			}
		}
		if wantErr == nil {
			comparePeer(t, stream, want)
		}
	})
}

// comparePeer compares the data messages with those of gobwas' own reader.
func comparePeer(t *testing.T, stream []byte, want []string) {
	r := &wsutil.Reader{
		Source: bytes.NewReader(stream), State: ws.StateServerSide, CheckUTF8: false, SkipHeaderCheck: false,
		OnIntermediate: func(_ ws.Header, r io.Reader) error { _, err := io.Copy(io.Discard, r); return err },
	}
	var data []string
	for _, m := range want {
		if m[0] == '1' && m[1] == ':' || m[0] == '2' {
			data = append(data, m)
		}
	}
	for i := 0; ; {
		h, err := r.NextFrame()
		if err != nil {
			if i != len(data) {
				t.Fatalf("other reader: got %v after %d messages, want %q", err, i, data)
			}
			return
		}
		body, err := io.ReadAll(r)
		if err != nil || h.OpCode.IsControl() {
			if err != nil && i != len(data) {
				t.Fatalf("other reader: got %v after %d messages, want %q", err, i, data)
			}
			continue
		}
		if got := fmt.Sprintf("%d:%s", h.OpCode, body); i >= len(data) || got != data[i] {
			t.Fatalf("other reader, message %d: got %q, want that of %q", i, got, data)
		}
		i++
	}
}

func TestAppendFrameHeader(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 127, 65_535, 65_536, 1_000_000} {
		h, err := ws.ReadHeader(bytes.NewReader(appendFrameHeader(nil, frameText, n)))
		if err != nil || h.Length != int64(n) || h.OpCode != ws.OpText || !h.Fin || h.Masked || h.Rsv != 0 {
			t.Errorf("length %d: got header %+v, %v, want a whole text frame of that length", n, h, err)
		}
	}
}
