package socketio

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"gifchat/socketio/engineio"
)

// msgpackEvent returns a packet of type 2 for "/" with the data ["e", value].
func msgpackEvent(value string) []byte {
	return []byte("\x83\xa4type\x02\xa4data\x92\xa1e" + value + "\xa3nsp\xa1/")
}

func TestMsgpack_values(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"nil", "\xc0", "null"},
		{"undefined", "\xd4\x00\x00", "null"},
		{"booleans", "\x92\xc2\xc3", "[false,true]"},
		{"small numbers", "\x93\x00\x7f\xe0", "[0,127,-32]"},
		{"unsigned", "\x94\xcc\xff\xcd\xff\xff\xce\xff\xff\xff\xff\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "[255,65535,4294967295,18446744073709551615]"},
		{"signed", "\x94\xd0\x80\xd1\x80\x00\xd2\x80\x00\x00\x00\xd3\x80\x00\x00\x00\x00\x00\x00\x00", "[-128,-32768,-2147483648,-9223372036854775808]"},
		{"signed but positive", "\xd0\x7f", "127"},
		{"a float", "\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00", "1.5"},
		{"a short float", "\xca\x3f\xc0\x00\x00", "1.5"},
		{"a large float", "\xcb\x7e\x37\xe4\x3c\x88\x00\x75\x9c", "1e+300"},
		{"a small float", "\xcb\x3e\x7a\xd7\xf2\x9a\xbc\xaf\x48", "1e-7"},
		{"a smaller float", "\xcb\x3d\xdb\x7c\xdf\xd9\xd7\xbd\xbb", "1e-10"},
		{"a whole float", "\xcb\x41\x2e\x84\x80\x00\x00\x00\x00", "1000000"},
		{"minus zero", "\xcb\x80\x00\x00\x00\x00\x00\x00\x00", "-0"},
		{"NaN", "\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", "null"},
		{"infinity", "\xca\xff\x80\x00\x00", "null"},
		{"strings", "\x94\xa0\xa3가\xd9\x04😀\xda\x00\x01x", `["","가","😀","x"]`},
		{"a long string's head", "\xdb\x00\x00\x00\x01x", `"x"`},
		{"escapes", "\xa6\"\\\n\x00</", `"\"\\\u000a\u0000</"`},
		{"arrays", "\x93\x90\xdc\x00\x01\x01\xdd\x00\x00\x00\x01\x02", "[[],[1],[2]]"},
		{"maps keep their order", "\x82\xa1b\x01\xa1a\xde\x00\x01\xa1c\xdf\x00\x00\x00\x00", `{"b":1,"a":{"c":{}}}`},
		{"a Date", "\xd7\x00\x00\x00\x01\x8b\xcf\xe5\x68\x7b", `"2023-11-14T22:13:20.123Z"`},
		{"a Date before 1970", "\xd7\x00\xff\xff\xff\xff\xff\xff\xff\xff", `"1969-12-31T23:59:59.999Z"`},
		{"a Date before Christ", "\xd7\x00\xff\xff\xc7\x71\xa4\x13\xc4\x00", `"-000001-06-19T20:48:00.000Z"`},
		{"an invalid Date", "\xd7\x00\x7f\xff\xff\xff\xff\xff\xff\xff", "null"},
		{"a timestamp", "\xd6\xff\x65\x53\xf1\x00", `"2023-11-14T22:13:20.000Z"`},
		{"a timestamp with nanoseconds", "\xd7\xff\x1d\x53\x53\x00\x65\x53\xf1\x00", `"2023-11-14T22:13:20.123Z"`},
		{"a long timestamp", "\xc7\x0c\xff\x07\x54\xd4\xc0\xff\xff\xff\xff\xff\xff\xff\xff", `"1969-12-31T23:59:59.123Z"`},
		{"an invalid long timestamp", "\xc7\x0c\xff\x00\x00\x00\x00\x80\x00\x00\x00\x00\x00\x00\x00", "null"},
		{"binary", "\x92\xc4\x02ab\x81\xa1b\xc5\x00\x00", `[{"_placeholder":true,"num":0},{"b":{"_placeholder":true,"num":1}}] "ab" ""`},
		{"long binary", "\xc6\x00\x00\x00\x01a", `{"_placeholder":true,"num":0} "a"`},
		{"an ArrayBuffer", "\xc7\x01\x00\x00", `{"_placeholder":true,"num":0} "\x00"`},
		{"a map like a placeholder", "\x82\xac_placeholder\xc3\xa3num\x00", `{"_placeholder":true,"num":0}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := decoder{limits: testLimits()}
			in := msgpackEvent(tt.in)
			out, err := d.msgpack(in)
			clear(in) // the transport reuses it
			if err != nil || out.name != "e" || len(out.args) != 1 {
				t.Fatalf("got %+v, %v, want event e with one argument", out, err)
			}
			var got strings.Builder
			got.Write(out.args[0].json)
			for _, part := range out.args[0].attachments {
				fmt.Fprintf(&got, " %q", part)
			}
			if got.String() != tt.want {
				t.Errorf("got %s, want %s", got.String(), tt.want)
			}
		})
	}
}

func TestMsgpack_refuses(t *testing.T) {
	eleven := "\x9b" + strings.Repeat("\xc4\x00", 11)
	for name, in := range map[string][]byte{
		"nothing":                      {},
		"a reserved byte":              msgpackEvent("\xc1"),
		"a string of 4 GiB":            msgpackEvent("\xdb\xff\xff\xff\xff"),
		"binary of 4 GiB":              msgpackEvent("\xc6\xff\xff\xff\xff"),
		"an array of 4 Gi":             msgpackEvent("\xdd\xff\xff\xff\xff"),
		"a map of 4 Gi":                msgpackEvent("\xdf\xff\xff\xff\xff"),
		"an extension of 4 GiB":        msgpackEvent("\xc9\xff\xff\xff\xff\x00"),
		"a number cut off":             []byte("\x83\xa4data\x92\xa1e\xcf\x00"),
		"arrays without end":           []byte("\x83\xa4type\x02\xa4data" + strings.Repeat("\x91", 1<<20)),
		"maps without end":             []byte("\x83\xa4type\x02\xa4data" + strings.Repeat("\x81\xa1a", 1<<18)),
		"514 arrays":                   msgpackEvent(strings.Repeat("\x91", 513) + "\xc0"),
		"JSON that becomes too large":  msgpackEvent("\xdd\x00\x10\x00\x00" + strings.Repeat("\xc0", 1<<20)),
		"bad UTF-8":                    msgpackEvent("\xa1\xff"),
		"bad UTF-8 in a key":           msgpackEvent("\x81\xa1\xff\xc0"),
		"a key that is a number":       msgpackEvent("\x81\x01\x01"),
		"a key that is nil":            msgpackEvent("\x81\xc0\x01"),
		"an extension of type 1":       msgpackEvent("\xd4\x01\x00"),
		"an odd extension of type 0":   msgpackEvent("\xd5\x00\x00\x00"),
		"an odd timestamp":             msgpackEvent("\xd4\xff\x00"),
		"a placeholder beside binary":  msgpackEvent("\x92\xc4\x00\x82\xac_placeholder\xc3\xa3num\x00"),
		"eleven binary parts":          msgpackEvent(eleven),
		"a byte too many":              append(msgpackEvent("\xc0"), 0xc0),
		"an array":                     []byte("\x90"),
		"no type":                      []byte("\x81\xa3nsp\xa1/"),
		"no namespace":                 []byte("\x81\xa4type\x00"),
		"type 5":                       []byte("\x83\xa4type\x05\xa3nsp\xa1/\xa4data\x91\xa1e"),
		"type 255":                     []byte("\x82\xa4type\xcc\xff\xa3nsp\xa1/"),
		"a type that is a string":      []byte("\x82\xa4type\xa10\xa3nsp\xa1/"),
		"CONNECT_ERROR":                []byte("\x83\xa4type\x04\xa3nsp\xa1/\xa4data\x80"),
		"a namespace with a comma":     []byte("\x82\xa4type\x00\xa3nsp\xa3/,a"),
		"a namespace without a slash":  []byte("\x82\xa4type\x00\xa3nsp\xa1a"),
		"a namespace that is nil":      []byte("\x82\xa4type\x00\xa3nsp\xc0"),
		"a namespace of 257 bytes":     []byte("\x82\xa4type\x00\xa3nsp\xda\x01\x01/" + strings.Repeat("n", 256)),
		"CONNECT with a string":        []byte("\x83\xa4type\x00\xa3nsp\xa1/\xa4data\xa1a"),
		"CONNECT with binary":          []byte("\x83\xa4type\x00\xa3nsp\xa1/\xa4data\x81\xa1a\xc4\x00"),
		"DISCONNECT with data":         []byte("\x83\xa4type\x01\xa3nsp\xa1/\xa4data\x80"),
		"an event without data":        []byte("\x82\xa4type\x02\xa3nsp\xa1/"),
		"an event whose data is nil":   []byte("\x83\xa4type\x02\xa3nsp\xa1/\xa4data\xc0"),
		"an event whose data is a map": []byte("\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x80"),
		"an event without a name":      []byte("\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x90"),
		"a reserved name":              []byte("\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x91\xa7connect"),
		"data twice":                   []byte("\x84\xa4type\x02\xa3nsp\xa1/\xa4data\x91\xa1e\xa4data\x91\xa1e"),
		"a negative id":                []byte("\x84\xa4type\x02\xa3nsp\xa1/\xa4data\x91\xa1e\xa2id\xff"),
		"an id of 2^53":                []byte("\x84\xa4type\x02\xa3nsp\xa1/\xa4data\x91\xa1e\xa2id\xcf\x00\x20\x00\x00\x00\x00\x00\x00"),
		"options cut off":              []byte("\x84\xa4type\x02\xa3nsp\xa1/\xa4data\x91\xa1e\xa7options\x81"),
	} {
		d := decoder{limits: testLimits()}
		if out, err := d.msgpack(in); err == nil {
			t.Errorf("%s: got %+v, want an error", name, out)
		}
	}
}

// The packets were encoded by the library of the stock client's parser.
func TestMsgpack_decodes_packets_of_the_stock_client(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"CONNECT":            {"83a47479706500a464617461d40000a36e7370a12f", `0`},
		"CONNECT with auth":  {"83a47479706500a46461746181a5746f6b656ea3eab080a36e7370a52f63686174", `0/chat,{"token":"가"}`},
		"DISCONNECT":         {"82a47479706501a36e7370a52f63686174", `1/chat,`},
		"an acknowledgement": {"84a47479706503a2696407a46461746191a26f6ba36e7370a12f", `37["ok"]`},
		"an event":           {"84a47479706502a46461746191a165a76f7074696f6e7381a8636f6d7072657373c3a36e7370a12f", `2["e"]`},
		"every kind of value": {
			"83a47479706502a4646174619ea16501ffccc8ce00011170cf0000000200000000d1ff38d3fffffffe00000000cb3ff8000000000000c0d40000c3a6c3a9f09f988081a1619180a36e7370a12f",
			`2["e",1,-1,200,70000,8589934592,-200,-8589934592,1.5,null,null,true,"é😀",{"a":[{}]}]`,
		},
		"Buffer, ArrayBuffer and Date": {
			"85a47479706502a46461746194a16581a162c4020102c7010003d7000000018bcfe5687ba76f7074696f6e7381a8636f6d7072657373c3a2696403a36e7370a12f",
			`52-3["e",{"b":{"_placeholder":true,"num":0}},{"_placeholder":true,"num":1},"2023-11-14T22:13:20.123Z"]`,
		},
		"without an id":     {"84a47479706502a46461746191a165a26964d40000a36e7370a12f", `2["e"]`},
		"an id that is nil": {"84a47479706502a46461746191a165a26964c0a36e7370a12f", `2["e"]`},
		"a query":           {"82a47479706500a36e7370a42f613f62", `0/a,`},
	} {
		in, err := hex.DecodeString(tt.in)
		if err != nil {
			t.Fatal(err)
		}
		d := decoder{limits: testLimits()}
		out, err := d.msgpack(in)
		if got := string(append(out.appendHeader(nil), out.data...)); err != nil || got != tt.want {
			t.Errorf("%s: got %s, %v, want %s", name, got, err, tt.want)
		}
	}
}

func TestToMsgpack(t *testing.T) {
	long := strings.Repeat("x", 70000)
	for _, tt := range []struct{ name, text, want string }{
		{"CONNECT", `0/chat,{"sid":"a"}`, "\x83\xa4type\x00\xa4data\x81\xa3sid\xa1a\xa3nsp\xa5/chat"},
		{"DISCONNECT", `1`, "\x82\xa4type\x01\xa3nsp\xa1/"},
		{"CONNECT_ERROR", `4{"message":"no"}`, "\x83\xa4type\x04\xa4data\x81\xa7message\xa2no\xa3nsp\xa1/"},
		{"an acknowledgement", `3300[]`, "\x84\xa4type\x03\xa4data\x90\xa3nsp\xa1/\xa2id\xcd\x01\x2c"},
		{"words", `2["e",null,true,false]`, string(msgpackData("\x94\xa1e\xc0\xc3\xc2"))},
		{"white space", "2[ \"e\" ,\t{ \"a\" : [ ] , \"b\":1 } ]", string(msgpackData("\x92\xa1e\x82\xa1a\x90\xa1b\x01"))},
		{"nested", `2[[[],[{}],[[1],2]],{"a":{"b":[3]},"c":4}]`, string(msgpackData("\x92\x93\x90\x91\x80\x92\x91\x01\x02\x82\xa1a\x81\xa1b\x91\x03\xa1c\x04"))},
		{"numbers", `2[127,128,256,65536,4294967296,18446744073709551615]`, string(msgpackData("\x96\x7f\xcc\x80\xcd\x01\x00\xce\x00\x01\x00\x00\xcf\x00\x00\x00\x01\x00\x00\x00\x00\xcf\xff\xff\xff\xff\xff\xff\xff\xff"))},
		{"negative numbers", `2[-1,-32,-33,-129,-32769,-2147483649]`, string(msgpackData("\x96\xff\xe0\xd0\xdf\xd1\xff\x7f\xd2\xff\xff\x7f\xff\xd3\xff\xff\xff\xff\x7f\xff\xff\xff"))},
		{"floats", `2[1.5,1e2,-0,18446744073709551616]`, string(msgpackData("\x94\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00\xcb\x40\x59\x00\x00\x00\x00\x00\x00\xcb\x80\x00\x00\x00\x00\x00\x00\x00\xcb\x43\xf0\x00\x00\x00\x00\x00\x00"))},
		{"a number beyond float64", `2[1e999]`, string(msgpackData("\x91\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00"))},
		{"escapes", `2["\u0041\ud83d\ude00\n","\ud800"]`, string(msgpackData("\x92\xa6A😀\n\xa3\ufffd"))},
		{"bad UTF-8", "2[\"\xff\"]", string(msgpackData("\x91\xa3\ufffd"))},
		{"long", `2["` + long + `","` + long[:256] + `","` + long[:32] + `"]`, string(msgpackData("\x93\xdb\x00\x01\x11\x70" + long + "\xda\x01\x00" + long[:256] + "\xd9\x20" + long[:32]))},
		{"wide", `2[` + strings.Repeat("1,", 65535) + `1]`, string(msgpackData("\xdd\x00\x01\x00\x00" + strings.Repeat("\x01", 65536)))},
		{"less wide", `2[` + strings.Repeat("1,", 15) + `1]`, string(msgpackData("\xdc\x00\x10" + strings.Repeat("\x01", 16)))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := inMsgpack(tt.text); got != tt.want {
				t.Errorf("got %.200q, want %.200q", got, tt.want)
			}
		})
	}
	if got, want := inMsgpack(`52-/a,7["e",{"_placeholder":true,"num":0},[{"_placeholder":true,"num":1}]]`, []byte("a"), make([]byte, 256)),
		"\x84\xa4type\x02\xa4data\x93\xa1e\xc4\x01a\x91\xc5\x01\x00"+string(make([]byte, 256))+"\xa3nsp\xa2/a\xa2id\x07"; got != want {
		t.Errorf("with attachments: got %q, want %q", got, want)
	}
}

// Counting the elements of each container again would make the time grow with
// the square of the depth.
func TestToMsgpack_of_deep_nesting_is_fast(t *testing.T) {
	const depth = 9000
	got := inMsgpack("2" + strings.Repeat("[", depth) + `"` + strings.Repeat("x", 1<<20) + `"` + strings.Repeat("]", depth))
	if want := string(msgpackData(strings.Repeat("\x91", depth) + "\xdb\x00\x10\x00\x00" + strings.Repeat("x", 1<<20))); got != want {
		t.Error("nested arrays: got another value after the conversion")
	}
}

// msgpackData returns a packet of type 2 for "/".
func msgpackData(data string) []byte {
	return []byte("\x83\xa4type\x02\xa4data" + data + "\xa3nsp\xa1/")
}

func inMsgpack(text string, attachments ...[]byte) string {
	return string(toMsgpack(engineio.Prepare([]byte(text), attachments...)).Attachments()[0])
}

func FuzzMsgpack(f *testing.F) {
	for _, s := range []string{
		"\xc0", "\xd4\x00\x00", "\x93\x00\x7f\xe0", "\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00", "\xcb\x80\x00\x00\x00\x00\x00\x00\x00",
		"\xa6\"\\\n\x00</", "\x82\xa1b\x01\xa1a\xde\x00\x01\xa1c\xc4\x02ab", "\xd7\x00\x00\x00\x01\x8b\xcf\xe5\x68\x7b", "\xc7\x01\x00\x00", "\xdd\xff\xff\xff\xff",
	} {
		f.Add(msgpackEvent(s))
	}
	for _, s := range probes {
		f.Add([]byte(s)) // text instead of MessagePack
	}
	f.Add([]byte("\x84\xa4type\x03\xa2id\x07\xa4data\x91\xa2ok\xa3nsp\xa1/"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d := decoder{limits: testLimits()}
		d.limits.MaxPacketBytes = math.MaxInt
		in, err := d.msgpack(b)
		if err != nil || in.typ == packetConnect || in.typ == packetDisconnect {
			return
		}
		p, err := encodeAck(in.namespace, in.id, in.args.Any())
		if in.typ == packetEvent || in.typ == packetBinaryEvent {
			p, err = encodeEvent(in.namespace, in.id, in.hasID, in.name, in.args.Any())
		}
		if err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		packed := toMsgpack(p).Attachments()[0]
		again, err := d.msgpack(packed)
		if in.typ == packetAck || in.typ == packetBinaryAck {
			in.hasID = true
		}
		if err != nil || !sameArgs(in.args, again.args) || in.name != again.name || in.typ != again.typ || in.id != again.id || in.hasID != again.hasID || in.namespace != again.namespace {
			t.Errorf("%q: got %q after encoding, %v, want the same packet", b, packed, err)
		}
	})
}

func sameArgs(a, b Args) bool {
	same := len(a) == len(b)
	for i := 0; same && i < len(a); i++ {
		same = bytes.Equal(a[i].json, b[i].json) && reflect.DeepEqual(a[i].attachments, b[i].attachments)
	}
	return same
}

func BenchmarkToMsgpack(b *testing.B) {
	p, err := encodeEvent("/chat", 0, false, "message", []any{map[string]string{"user": "ann", "chat": "hello, world"}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		toMsgpack(p)
	}
}

func BenchmarkFromMsgpack(b *testing.B) {
	in := []byte(inMsgpack(`2/chat,12["message",{"room":"r1","text":"hello, world"},"x"]`))
	d := decoder{limits: testLimits()}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.msgpack(in); err != nil {
			b.Fatal(err)
		}
	}
}
