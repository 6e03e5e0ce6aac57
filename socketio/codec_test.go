package socketio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/rawjson"
)

func testLimits() *Limits {
	cfg := Config{}.withDefaults()
	return &cfg.Limits
}

func TestParsePacket(t *testing.T) {
	name := func(n int) string { return "/" + strings.Repeat("n", n-1) }
	for _, tt := range []struct {
		in   string
		want packet
		err  error
	}{
		{`0`, packet{typ: packetConnect, namespace: "/"}, nil},
		{`0{"token":"x"}`, packet{typ: packetConnect, namespace: "/", data: []byte(`{"token":"x"}`)}, nil},
		{`0/admin`, packet{typ: packetConnect, namespace: "/admin"}, nil},
		{`0/admin,`, packet{typ: packetConnect, namespace: "/admin"}, nil},
		{`0/admin,{}`, packet{typ: packetConnect, namespace: "/admin", data: []byte(`{}`)}, nil},
		{`0/admin?token=1,{}`, packet{typ: packetConnect, namespace: "/admin", query: "token=1", data: []byte(`{}`)}, nil},
		{`0/?a=1?b=2,`, packet{typ: packetConnect, namespace: "/", query: "a=1?b=2"}, nil},
		{`0/,`, packet{typ: packetConnect, namespace: "/"}, nil},
		{`1`, packet{typ: packetDisconnect, namespace: "/"}, nil},
		{`1/admin,`, packet{typ: packetDisconnect, namespace: "/admin"}, nil},
		{`2["a",1]`, packet{typ: packetEvent, namespace: "/", data: []byte(`["a",1]`)}, nil},
		{`2/admin,["a"]`, packet{typ: packetEvent, namespace: "/admin", data: []byte(`["a"]`)}, nil},
		{`212["a"]`, packet{typ: packetEvent, namespace: "/", id: 12, hasID: true, data: []byte(`["a"]`)}, nil},
		{`2/admin,456["a"]`, packet{typ: packetEvent, namespace: "/admin", id: 456, hasID: true, data: []byte(`["a"]`)}, nil},
		{`20["a"]`, packet{typ: packetEvent, namespace: "/", id: 0, hasID: true, data: []byte(`["a"]`)}, nil},
		{`29007199254740991["a"]`, packet{typ: packetEvent, namespace: "/", id: maxAckID, hasID: true, data: []byte(`["a"]`)}, nil},
		{`29007199254740992["a"]`, packet{}, errAckID},
		{`39007199254740992[]`, packet{typ: packetAck, namespace: "/", id: maxAckID + 1, hasID: true, data: []byte(`[]`)}, nil},
		{`218446744073709551616["a"]`, packet{}, errAckID},
		{`2` + strings.Repeat("9", 1000) + `["a"]`, packet{}, errAckID},
		{`2-1["a"]`, packet{typ: packetEvent, namespace: "/", data: []byte(`-1["a"]`)}, nil}, // not JSON, which decode refuses
		{`21.5["a"]`, packet{typ: packetEvent, namespace: "/", id: 1, hasID: true, data: []byte(`.5["a"]`)}, nil},
		{`2`, packet{typ: packetEvent, namespace: "/"}, nil},
		{`312[]`, packet{typ: packetAck, namespace: "/", id: 12, hasID: true, data: []byte(`[]`)}, nil},
		{`4{"message":"no"}`, packet{typ: packetConnectError, namespace: "/", data: []byte(`{"message":"no"}`)}, nil},
		{`51-["a",{"_placeholder":true,"num":0}]`, packet{typ: packetBinaryEvent, namespace: "/", attachments: 1, data: []byte(`["a",{"_placeholder":true,"num":0}]`)}, nil},
		{`50-["a"]`, packet{}, errPacket},
		{`510-/x,3["a"]`, packet{typ: packetBinaryEvent, namespace: "/x", attachments: 10, id: 3, hasID: true, data: []byte(`["a"]`)}, nil},
		{`61-/x,3[]`, packet{typ: packetBinaryAck, namespace: "/x", attachments: 1, id: 3, hasID: true, data: []byte(`[]`)}, nil},
		{`511-["a"]`, packet{}, errAttachments},
		{`51000000-["a"]`, packet{}, errAttachments},
		{`518446744073709551615-["a"]`, packet{}, errAttachments},
		{`5100000000000000000000-["a"]`, packet{}, errAttachments},
		{`5` + strings.Repeat("0", 1000) + `1-["a"]`, packet{typ: packetBinaryEvent, namespace: "/", attachments: 1, data: []byte(`["a"]`)}, nil},
		{`5-["a"]`, packet{}, errPacket},
		{`51["a"]`, packet{}, errPacket},
		{`51`, packet{}, errPacket},
		{`5`, packet{}, errPacket},
		{`5-1-["a"]`, packet{}, errPacket},
		{``, packet{}, errPacket},
		{`7["a"]`, packet{}, errPacket},
		{`9`, packet{}, errPacket},
		{`/`, packet{}, errPacket},
		{"\x00", packet{}, errPacket},
		{`0` + name(256), packet{typ: packetConnect, namespace: name(256)}, nil},
		{`0` + name(257), packet{}, errNamespace},
		{`0` + name(100_000) + `,`, packet{}, errNamespace},
		{`0/x?` + strings.Repeat("q", 300) + `,`, packet{}, errNamespace},
	} {
		got, err := parsePacket([]byte(tt.in), testLimits())
		if !errors.Is(err, tt.err) || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%.60q: got %+v %v, want %+v %v", tt.in, got, err, tt.want, tt.err)
		}
	}
}

// receiveAll passes text and attachments to a decoder.
func receiveAll(text string, parts ...[]byte) (out decoded, ok bool, err error) {
	d := decoder{limits: testLimits()}
	out, ok, err = d.text([]byte(text))
	for _, p := range parts {
		if err != nil {
			return out, ok, err
		}
		out, ok, err = d.binary(p)
	}
	return out, ok, err
}

func TestDecode_accepts(t *testing.T) {
	for _, tt := range []struct {
		in, name string
		args     []string
	}{
		{`2["a"]`, "a", nil},
		{`2["a",1,"b",null,{"c":[1,2]},[],true]`, "a", []string{"1", `"b"`, "null", `{"c":[1,2]}`, "[]", "true"}},
		{"2 [ \"a\" , \t1 ,\n{ } ] ", "a", []string{"1", "{ }"}},
		{`2["a","]","\"]","\\"]`, "a", []string{`"]"`, `"\"]"`, `"\\"`}},
		{`2["a\u0062\n€"]`, "ab\n€", nil},
		{`2["\ud800"]`, "\ufffd", nil},
		{`2[""]`, "", nil},
		{`2[1,2]`, "1", []string{"2"}},
		{`2[-1.5e3]`, "-1.5e3", nil},
		{`2["error"]`, "error", nil},
		{`2["__proto__"]`, "__proto__", nil},
		{`2["constructor"]`, "constructor", nil},
		{`2["message"]`, "message", nil},
		{`2["a",{"_placeholder":true,"num":7}]`, "a", []string{`{"_placeholder":true,"num":7}`}}, // not a binary packet
		{`2`, "", nil},
		{`3`, "", nil},
		{`31`, "", nil},
		{`31[]`, "", []string{}},
		{`31["x"]`, "", []string{`"x"`}},
		{`1`, "", nil},
		{`0`, "", nil},
		{`0{}`, "", nil},
		{`2["a",` + strings.Repeat("[", 3000) + strings.Repeat("]", 3000) + `]`, "a", []string{strings.Repeat("[", 3000) + strings.Repeat("]", 3000)}},
	} {
		got, ok, err := receiveAll(tt.in)
		if err != nil || !ok {
			t.Errorf("%.60q: got %v, %v, want ok", tt.in, ok, err)
			continue
		}
		var args []string
		for _, a := range got.args {
			args = append(args, string(a.JSON()))
		}
		if got.name != tt.name || fmt.Sprint(args) != fmt.Sprint(tt.args) {
			t.Errorf("%.60q: got %q %q, want %q %q", tt.in, got.name, args, tt.name, tt.args)
		}
	}
}

// The reference server closes the connection for these packets.
func TestDecode_refuses(t *testing.T) {
	for _, in := range []string{
		`2[]`, `2{}`, `2{"a":1}`, `2"a"`, `2null`, `2[null]`, `2[{}]`, `2[[]]`, `2[true]`, `2[false,"a"]`,
		`2["a"`, `2["a",]`, `2[,"a"]`, `2["a"]]`, `2["a"]x`, `2[`, `2]`, `2-1["a"]`, `21.5["a"]`, `2["a",01]`, "2[\"a\n\"]",
		`2["a"` + strings.Repeat(",0", 4096) + `]`, `2["connect"]`, `2["connect_error"]`, `2["disconnect"]`, `2["disconnecting"]`, `2["newListener"]`, `2["removeListener"]`, `2["\u0063onnect"]`,
		`0[]`, `0"x"`, `0null`, `0{`, `0{]`, `0 {}`, `1{}`, `1["a"]`, `4{}`, `4`, `3{}`, `3"x"`, `3[`, `50-[]`,
		`2["a",` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `]`,
	} {
		if got, ok, err := receiveAll(in); err == nil {
			t.Errorf("%.60q: got %+v, %v, want an error", in, got, ok)
		}
	}
}

func TestDecodeBinary(t *testing.T) {
	one, two := []byte{1}, []byte{2, 2}
	for _, tt := range []struct {
		name, in string
		parts    [][]byte
		ok       bool
	}{
		{"one", `51-["a",{"_placeholder":true,"num":0}]`, [][]byte{one}, true},
		{"keys in another order", `51-["a",{"num":0,"_placeholder":true}]`, [][]byte{one}, true},
		{"with spaces", `51-["a",{ "_placeholder" : true , "num" : 0 }]`, [][]byte{one}, true},
		{"nested", `52-["a",{"b":[{"_placeholder":true,"num":1}],"c":{"_placeholder":true,"num":0}}]`, [][]byte{one, two}, true},
		{"one twice", `51-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]`, [][]byte{one}, true},
		{"none used", `51-["a"]`, [][]byte{one}, true},
		{"not true", `51-["a",{"_placeholder":false,"num":9}]`, [][]byte{one}, true},
		{"a string that contains one", `51-["a","{\"_placeholder\":true,\"num\":9}"]`, [][]byte{one}, true},
		{"as a value", `51-["a",{"x":"_placeholder","num":9}]`, [][]byte{one}, true},
		{"the last of two keys counts", `51-["a",{"_placeholder":true,"_placeholder":1,"num":9}]`, [][]byte{one}, true},
		{"a placeholder within one", `51-["a",{"_placeholder":true,"num":0,"x":{"_placeholder":true,"num":0}}]`, [][]byte{one}, true},
		{"an impossible placeholder within one", `51-["a",{"_placeholder":true,"num":0,"x":[{"_placeholder":true,"num":7}]}]`, [][]byte{one}, true},
		{"num too large", `51-["a",{"_placeholder":true,"num":1}]`, [][]byte{one}, false},
		{"num 2^53", `51-["a",{"_placeholder":true,"num":9007199254740992}]`, [][]byte{one}, false},
		{"num 10^30", `51-["a",{"_placeholder":true,"num":1000000000000000000000000000000}]`, [][]byte{one}, false},
		{"num negative", `51-["a",{"_placeholder":true,"num":-1}]`, [][]byte{one}, false},
		{"num a word", `51-["a",{"_placeholder":true,"num":"splice"}]`, [][]byte{one}, false},
		{"num a string", `51-["a",{"_placeholder":true,"num":"0"}]`, [][]byte{one}, false},
		{"num a fraction", `51-["a",{"_placeholder":true,"num":0.5}]`, [][]byte{one}, false},
		{"num null", `51-["a",{"_placeholder":true,"num":null}]`, [][]byte{one}, false},
		{"num an object", `51-["a",{"_placeholder":true,"num":{"x":0}}]`, [][]byte{one}, false},
		{"no num", `51-["a",{"_placeholder":true}]`, [][]byte{one}, false},
		{"an escaped key", `51-["a",{"_\u0070laceholder":true,"num":7}]`, [][]byte{one}, false},
		{"an escaped num", `51-["a",{"_placeholder":true,"n\u0075m":7}]`, [][]byte{one}, false},
		{"an escaped key with its attachment", `51-["a",{"\u005fplaceholder":true,"num":0}]`, [][]byte{one}, true},
		{"too many attachments", `51-["a"]`, [][]byte{one, two}, false},
		{"attachments without a packet", `2["a"]`, [][]byte{one}, false},
		{"a count of zero", `50-["a"]`, [][]byte{one}, false},
		{"a count of zero with a placeholder", `50-["a",{"_placeholder":true,"num":0}]`, nil, false},
		{"a placeholder as the name", `51-[{"_placeholder":true,"num":0}]`, [][]byte{one}, false},
		{"not an array", `51-{"_placeholder":true,"num":0}`, [][]byte{one}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok, err := receiveAll(tt.in, tt.parts...)
			if (err == nil && ok) != tt.ok {
				t.Fatalf("got %+v, %v %v, want ok %v", got, ok, err, tt.ok)
			}
			if !tt.ok {
				return
			}
			for _, a := range got.args {
				var v any
				if err := a.Bind(&v); err != nil {
					t.Errorf("bind: %v", err)
				}
			}
			relay(t, got)
		})
	}
}

// relay encodes a decoded event and decodes it again.
func relay(t *testing.T, d decoded) {
	t.Helper()
	text, parts, err := encodeParts(d.name, d.args.Any()...)
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	again, ok, err := receiveAll(text, parts...)
	if err != nil || !ok || again.name != d.name || len(again.args) != len(d.args) {
		t.Fatalf("relayed as %q %x: got %+v, %v, %v, want %+v", text, parts, again, ok, err, d)
	}
	for i := range d.args {
		var was, is any
		if err := d.args[i].Bind(&was); err != nil {
			t.Fatal(err)
		}
		if err := again.args[i].Bind(&is); err != nil || !reflect.DeepEqual(was, is) {
			t.Errorf("argument %d: got %#v, %v, want %#v", i, is, err, was)
		}
	}
}

// encodeParts encodes an event and returns its text and its attachments.
func encodeParts(name string, args ...any) (text string, parts [][]byte, err error) {
	p := packet{typ: packetEvent, namespace: "/"}
	prepared, err := encode(p, append([]any{name}, args...))
	if err != nil {
		return "", nil, err
	}
	r := sharedRecorder()
	if err := r.conn.Send(prepared); err != nil {
		return "", nil, err
	}
	w := httptest.NewRecorder()
	r.server.ServeHTTP(w, httptest.NewRequest("GET", "/?EIO=4&transport=polling&sid="+r.sid, nil))
	err = engineio.DecodePayload(w.Body.Bytes(), func(p engineio.Packet) error {
		if p.Binary {
			parts = append(parts, p.Data)
		} else {
			text = string(p.Data)
		}
		return nil
	})
	return text, parts, err
}

// recorder is a polling connection that shows what is sent over it.
type recorder struct {
	server *engineio.Server
	conn   *engineio.Conn
	sid    string
}

// ignore is a receiver that does nothing.
type ignore struct{}

func (ignore) Message([]byte, bool)   {}
func (ignore) Opened()                {}
func (ignore) Closed(engineio.Reason) {}

var sharedRecorder = sync.OnceValue(func() *recorder {
	l := &recorder{}
	l.server = engineio.NewServer(engineio.Config{
		PingInterval: 1000 * time.Hour,
		Limits:       engineio.Limits{MaxQueueBytes: 64 << 20, MaxPayload: 64 << 20},
		Accept:       func(c *engineio.Conn) engineio.Receiver { l.conn = c; return ignore{} },
	})
	w := httptest.NewRecorder()
	l.server.ServeHTTP(w, httptest.NewRequest("GET", "/?EIO=4&transport=polling", nil))
	var open struct{ SID string }
	if err := json.Unmarshal(w.Body.Bytes()[1:], &open); err != nil {
		panic(err)
	}
	l.sid = open.SID
	return l
})

func TestDecoder_refuses_text_between_attachments(t *testing.T) {
	d := decoder{limits: testLimits()}
	if _, ok, err := d.text([]byte(`52-["a"]`)); ok || err != nil {
		t.Fatal(ok, err)
	}
	if _, ok, err := d.binary([]byte{1}); ok || err != nil {
		t.Fatal(ok, err)
	}
	if _, _, err := d.text([]byte(`2["b"]`)); err == nil {
		t.Error("text between attachments: got no error, want one")
	}
}

func TestDecoder_copies_what_the_transport_owns(t *testing.T) {
	d := decoder{limits: testLimits()}
	text, part := []byte(`51-["a",{"_placeholder":true,"num":0},"x"]`), []byte("part")
	if _, _, err := d.text(text); err != nil {
		t.Fatal(err)
	}
	clear(text)
	out, ok, err := d.binary(part)
	clear(part)
	var b []byte
	var x string
	if err != nil || !ok || out.args.Bind(&b, &x) != nil || string(b) != "part" || x != "x" {
		t.Errorf("got %q, %q, %v, %v, want part and x", b, x, ok, err)
	}
}

func TestEncode(t *testing.T) {
	type file struct {
		Name string `json:"name"`
		Body Binary `json:"body"`
	}
	for _, tt := range []struct {
		name  string
		args  []any
		want  string
		parts []string
	}{
		{"no arguments", nil, `2["e"]`, nil},
		{"JSON", []any{1, "a<b>&\u2028", nil, true, map[string]int{"x": 1}, []string{}}, `2["e",1,"a<b>&\u2028",null,true,{"x":1},[]]`, nil},
		{"bytes", []any{[]byte("raw")}, `51-["e",{"_placeholder":true,"num":0}]`, []string{"raw"}},
		{"two", []any{[]byte("a"), 1, Binary("b")}, `52-["e",{"_placeholder":true,"num":0},1,{"_placeholder":true,"num":1}]`, []string{"a", "b"}},
		{"empty bytes", []any{[]byte{}}, `51-["e",{"_placeholder":true,"num":0}]`, []string{""}},
		{"in a struct", []any{file{"f", Binary("body")}}, `51-["e",{"name":"f","body":{"_placeholder":true,"num":0}}]`, []string{"body"}},
		{"in a pointer", []any{&file{"f", Binary("body")}}, `51-["e",{"name":"f","body":{"_placeholder":true,"num":0}}]`, []string{"body"}},
		{"nil in a struct", []any{file{"f", nil}}, `2["e",{"name":"f","body":null}]`, nil},
		{"empty in a struct", []any{file{"f", Binary{}}}, `51-["e",{"name":"f","body":{"_placeholder":true,"num":0}}]`, []string{""}},
		{"in a map in a list", []any{[]any{map[string]any{"b": Binary("1")}, Binary("2")}}, `52-["e",[{"b":{"_placeholder":true,"num":0}},{"_placeholder":true,"num":1}]]`, []string{"1", "2"}},
		{"plain bytes in a struct are base64", []any{struct{ B []byte }{[]byte{1}}}, `2["e",{"B":"AQ=="}]`, nil},
		{"no value", []any{Value{}}, `2["e",null]`, nil},
		{"no value inside", []any{[]any{Value{}}}, `2["e",[null]]`, nil},
		{"raw JSON", []any{json.RawMessage(`{"a": 1}`)}, `2["e",{"a":1}]`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, parts, err := encodeParts("e", tt.args...)
			if err != nil || text != tt.want {
				t.Errorf("text: got %s, %v, want %s", text, err, tt.want)
			}
			var got []string
			for _, p := range parts {
				got = append(got, string(p))
			}
			if fmt.Sprint(got) != fmt.Sprint(tt.parts) {
				t.Errorf("attachments: got %q, want %q", got, tt.parts)
			}
		})
	}
}

func TestEncode_refuses(t *testing.T) {
	for name, arg := range map[string]any{"a channel": make(chan int), "a function": func() {}, "NaN": math.NaN()} {
		if _, _, err := encodeParts("e", arg); err == nil {
			t.Errorf("encode %s: got no error, want one", name)
		}
	}
	for _, event := range []string{"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"} {
		if _, err := encodeEvent("/", 0, false, event, nil); err == nil {
			t.Errorf("event name %s: got no error, want one", event)
		}
	}
	// The pooled encoder still works.
	if text, _, err := encodeParts("e", 1); err != nil || text != `2["e",1]` {
		t.Errorf("encode after an error: got %s, %v, want a packet", text, err)
	}
}

// A binary packet with a placeholder that a client has written as JSON would make
// receivers throw "illegal attachments" and disconnect.
func TestEncode_refuses_foreign_placeholders_beside_attachments(t *testing.T) {
	fake, _, err := receiveAll(`2["a",{"_placeholder":true,"num":99}]`)
	if err != nil {
		t.Fatal(err)
	}
	escaped, _, err := receiveAll(`2["a",{"_\u0070laceholder":true,"num":99}]`)
	if err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]any{
		"a value beside bytes":   {fake.args[0], []byte("x")},
		"an escaped key":         {escaped.args[0], []byte("x")},
		"a map beside bytes":     {map[string]any{"_placeholder": true, "num": 99}, []byte("x")},
		"a map with a right num": {map[string]any{"_placeholder": true, "num": 0}, []byte("x")},
	} {
		if text, parts, err := encodeParts("e", args...); err == nil {
			t.Errorf("%s: got %s with %d attachments, want an error", name, text, len(parts))
		}
	}
	// In a packet without attachments it is ordinary JSON.
	if text, _, err := encodeParts("e", fake.args[0]); err != nil || text != `2["e",{"_placeholder":true,"num":99}]` {
		t.Errorf("without attachments: got %s, %v, want the JSON", text, err)
	}
}

func TestEncode_renumbers_the_placeholders_of_relayed_values(t *testing.T) {
	in, _, err := receiveAll(`52-["a",{"b":{"_placeholder":true,"num":1}},{"_placeholder":true,"num":0}]`, []byte("zero"), []byte("one"))
	if err != nil {
		t.Fatal(err)
	}
	text, parts, err := encodeParts("e", []byte("mine"), in.args[0], map[string]any{"deep": in.args[1]}, in.args[0])
	want := `54-["e",{"_placeholder":true,"num":0},{"b":{"_placeholder":true,"num":1}},{"deep":{"_placeholder":true,"num":2}},{"b":{"_placeholder":true,"num":3}}]`
	if err != nil || text != want {
		t.Errorf("got  %s %v\nwant %s", text, err, want)
	}
	if got := string(bytes.Join(parts, []byte(","))); got != "mine,one,zero,one" {
		t.Errorf("attachments: got %s, want mine,one,zero,one", got)
	}
}

func TestBind(t *testing.T) {
	in, _, err := receiveAll(`52-["a",{"_placeholder":true,"num":1},{"name":"n","body":{"_placeholder":true,"num":0}},"s",null,7]`, []byte("zero"), []byte("one"))
	if err != nil {
		t.Fatal(err)
	}
	var (
		raw  []byte
		file struct {
			Name string
			Body Binary
		}
		s       string
		pointer *int
		n       int
	)
	if err := in.args.Bind(&raw, &file, &s, &pointer, &n); err != nil {
		t.Fatal(err)
	}
	if string(raw) != "one" || file.Name != "n" || string(file.Body) != "zero" || s != "s" || pointer != nil || n != 7 {
		t.Errorf("got %q, %+v, %q, %v, %d, want one, n with zero, s, nil, 7", raw, file, s, pointer, n)
	}
	var v any
	if err := in.args[1].Bind(&v); err != nil || !reflect.DeepEqual(v, map[string]any{"name": "n", "body": Binary("zero")}) {
		t.Errorf("any: got %#v, %v, want a map with Binary", v, err)
	}
	var value Value
	if err := in.args[2].Bind(&value); err != nil || !value.IsString() || string(value.JSON()) != `"s"` {
		t.Errorf("Value: got %s, %v, want a string", value.JSON(), err)
	}
	var b Binary
	if in.args[0].Bind(&b) != nil || string(b) != "one" {
		t.Errorf("Binary: got %q, want one", b)
	}
	var m json.RawMessage
	if in.args[4].Bind(&m) != nil || string(m) != "7" {
		t.Errorf("RawMessage: got %s, want 7", m)
	}
	if in.args.Bind() != nil {
		t.Error("Bind without pointers: got an error, want none")
	}
	for name, err := range map[string]error{
		"too few arguments":              in.args.Bind(&v, &v, &v, &v, &v, &v),
		"a string as a number":           in.args[2].Bind(&n),
		"a string as bytes":              in.args[2].Bind(&raw),
		"a struct as bytes":              in.args[1].Bind(&raw),
		"bytes as a string":              in.args[0].Bind(&s),
		"a string as Binary":             in.args[2].Bind(&struct{ B Binary }{}),
		"no value":                       Value{}.Bind(&v),
		"not a pointer":                  in.args[4].Bind(n),
		"a placeholder in text as bytes": bindFake(&raw),
		"null as a byte string":          in.args[3].Bind(&raw),
	} {
		if err == nil {
			t.Errorf("%s: got no error, want one", name)
		}
	}
}

// bindFake binds a placeholder that came in a packet without attachments.
func bindFake(ptr any) error {
	in, _, err := receiveAll(`2["a",{"_placeholder":true,"num":0}]`)
	if err != nil {
		return nil
	}
	return in.args[0].Bind(ptr)
}

func TestSplitArray_limits_the_capacity_of_elements(t *testing.T) {
	b := []byte(`[1,2]`)
	elements, err := splitArray(b, 2, nil)
	if err != nil || len(elements) != 2 || cap(elements[0].json) != 1 {
		t.Errorf("got %q with capacity %d, %v, want a capacity that protects the next element", elements, cap(elements[0].json), err)
	}
}

func FuzzParsePacket(f *testing.F) {
	for _, s := range []string{`0`, `0/admin,{"a":1}`, `1/x,`, `2["a"]`, `2/x,12["a"]`, `51-/x,3["a"]`, `61-3[]`, `511-`, `29007199254740992[]`, `2/x?y,["a"]`, ``, `9`} {
		f.Add([]byte(s))
	}
	limits := testLimits()
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := parsePacket(b, limits)
		if err != nil {
			return
		}
		if p.data != nil && !json.Valid(p.data) {
			return // decode refuses it
		}
		p.query = "" // servers write no query
		again, err := parsePacket(append(p.appendHeader(nil), p.data...), limits)
		if err != nil || !reflect.DeepEqual(p, again) {
			t.Errorf("%q: got %+v, %v after encoding, want %+v", b, again, err, p)
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{`0{"a":1}`, `1`, `2["a",1,{"b":[]}]`, `2`, `2[1]`, `31["x"]`, `2["\ud800"]`, `50-["a"]`, "2[\"a\" , 1 ]", `2["connect"]`, `4{}`} {
		f.Add([]byte(s))
	}
	for _, s := range probes {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if !utf8.Valid(b) {
			return // the transport refuses it
		}
		d := decoder{limits: testLimits()}
		out, ok, err := d.text(b)
		if !ok || err != nil {
			return
		}
		for _, a := range out.args {
			var v any
			_ = a.Bind(&v)
			var s struct{ B Binary }
			_ = a.Bind(&s)
		}
		if out.typ == packetEvent && out.data != nil {
			relay(t, out)
		}
	})
}

func FuzzDecodeBinary(f *testing.F) {
	for _, s := range []string{
		`51-["a",{"_placeholder":true,"num":0}]`, `52-["a",{"b":[{"num":1,"_placeholder":true}]},{"_placeholder":true,"num":0}]`,
		`51-["a",{"_placeholder":true,"num":0,"x":{"_placeholder":true,"num":0}}]`, `51-["a",{"_\u0070laceholder":true,"num":0}]`,
		`51-["a",{"_placeholder":true,"num":-0}]`, `62-1[{"_placeholder":true,"num":1}]`, `51-["a",{"_placeholder":true,"_placeholder":false,"num":0}]`,
	} {
		f.Add([]byte(s), []byte("one"), []byte("two"))
	}
	for _, s := range probes {
		f.Add([]byte(s), []byte{1, 2, 3}, []byte(nil))
	}
	f.Fuzz(func(t *testing.T, text, one, two []byte) {
		if !utf8.Valid(text) {
			return
		}
		d := decoder{limits: testLimits()}
		out, ok, err := d.text(text)
		for i := 0; i < 10 && err == nil && !ok; i++ {
			out, ok, err = d.binary([][]byte{one, two}[i%2])
		}
		if err != nil || !ok || !out.binary() || out.data == nil {
			return
		}
		for _, a := range out.args {
			var v any
			_ = a.Bind(&v)
			var raw []byte
			_ = a.Bind(&raw)
			var s struct{ B Binary }
			_ = a.Bind(&s)
			if _, err := json.Marshal(a); err != nil {
				t.Errorf("marshal: %v", err)
			}
		}
		if out.typ == packetBinaryEvent {
			relay(t, out)
		}
	})
}

func TestSplitArray_limits_the_depth(t *testing.T) {
	for _, level := range []struct {
		open, end string
		depth     int
	}{{"[", "]", 1}, {`[{"a":`, "}]", 2}} {
		for _, depth := range []int{rawjson.MaxDepth / 2, rawjson.MaxDepth, rawjson.MaxDepth + 2} {
			n := depth / level.depth
			b := []byte(strings.Repeat(level.open, n) + "1" + strings.Repeat(level.end, n))
			_, err := splitArray(b, 1, nil)
			if valid := json.Valid(b); valid != (err == nil) || valid != (depth <= rawjson.MaxDepth) {
				t.Errorf("%d levels of %s: got %v, json.Valid returns %v", depth, level.open, err, valid)
			}
		}
	}
}

func FuzzSplitArray(f *testing.F) {
	for _, s := range []string{`[]`, `[1]`, ` [ 1 , "a]" , {"b":[1,2]} ] `, `["\\","\""]`, `[[[]]]`, `{}`, `[1,]`, `[true,false,null,-1.5e-3]`, `["\u00e9\/",01,1.,1e+9,tru]`, "[\"\n\"]", `[{"a" : {}, "b":[]}]x`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var want []json.RawMessage
		wantErr := json.Unmarshal(b, &want)
		got, err := splitArray(b, math.MaxInt, nil)
		if string(bytes.TrimSpace(b)) == "null" {
			wantErr = errPacket // encoding/json decodes it as an empty list
		}
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: got %v, want %v as from encoding/json", b, err, wantErr)
		}
		if err != nil {
			return
		}
		if len(got) != len(want) {
			t.Fatalf("%q: got %q, want %q", b, got, want)
		}
		for i := range got {
			if !bytes.Equal(got[i].json, want[i]) {
				t.Errorf("%q: element %d: got %q, want %q", b, i, got[i].json, want[i])
			}
		}
	})
}
