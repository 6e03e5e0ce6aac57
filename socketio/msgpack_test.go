package socketio_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"gifchat/socketio"
)

// Packets in MessagePack as the stock client encodes them.
const (
	packedConnect    = "\x83\xa4type\x00\xa4data\xd4\x00\x00\xa3nsp\xa1/"
	packedDisconnect = "\x82\xa4type\x01\xa3nsp\xa1/"
)

func packed(data, end string) string {
	return "\x83\xa4type\x02\xa4data" + data + "\xa3nsp\xa1/" + end
}

// pack sends a packet in MessagePack.
func (c *client) pack(packet string) { c.write(ws.NewBinaryFrame([]byte(packet))) }

func (c *client) wantPacked(packets ...string) {
	c.t.Helper()
	for _, p := range packets {
		c.want("binary " + p)
	}
}

// connectPacked opens a WebSocket and connects it with a CONNECT in MessagePack.
func (f *fixture) connectPacked() (*client, *socketio.Socket) {
	f.t.Helper()
	c := f.dial()
	c.pack(packedConnect)
	answer := c.receive()
	sid, ok := strings.CutPrefix(answer, "binary \x83\xa4type\x00\xa4data\x81\xa3sid\xb4")
	sid, end, _ := strings.Cut(sid, "\xa3nsp")
	if !ok || end != "\xa1/" {
		f.t.Fatalf("got %q, want a CONNECT", answer)
	}
	var s *socketio.Socket
	eventually(f.t, func() bool { s, ok = f.Of("/").Socket(socketio.SocketID(sid)); return ok })
	return c, s
}

func TestMsgpack_events_and_acknowledgements(t *testing.T) {
	f := serveTranscripts(t)
	c, s := f.connectPacked()
	c.pack(packed("\x93\xa4echo\xa3가\xc4\x02\x00\xff", ""))
	c.wantPacked(packed("\x93\xa4echo\xa3가\xc4\x02\x00\xff", ""))
	c.pack("\x84\xa4type\x02\xa4data\x92\xa3ack\xc4\x01\x07\xa2id\x07\xa3nsp\xa1/")
	c.wantPacked("\x84\xa4type\x03\xa4data\x91\xc4\x01\x07\xa3nsp\xa1/\xa2id\x07")
	c.pack("\x84\xa4type\x02\xa4data\x91\xa6ask me\xa2id\x08\xa3nsp\xa1/")
	c.wantPacked("\x84\xa4type\x02\xa4data\x92\xa8question\x2a\xa3nsp\xa1/\xa2id\x01")
	c.pack("\x84\xa4type\x03\xa2id\x01\xa4data\x92\xa3yes\xc4\x01\x01\xa3nsp\xa1/")
	c.wantPacked("\x84\xa4type\x03\xa4data\x92\xa3yes\xc4\x01\x01\xa3nsp\xa1/\xa2id\x08")
	if err := s.Volatile().Emit("maybe"); err != nil {
		t.Fatal(err)
	}
	c.wantPacked(packed("\x91\xa5maybe", ""))
	c.pack(packed("\x91\xa7kick me", ""))
	c.wantPacked(packedDisconnect)
}

func TestMsgpack_auth_and_refusals(t *testing.T) {
	f := serveTranscripts(t)
	c := f.dial()
	c.pack("\x83\xa4type\x00\xa4data\xc0\xa3nsp\xa8/private")
	c.wantPacked("\x83\xa4type\x04\xa4data\x82\xa7message\xa7not you\xa4data\x81\xa4code\x07\xa3nsp\xa8/private")
	tokens := make(chan string, 1)
	f.Of("/chat").OnConnect(func(s *socketio.Socket) { tokens <- string(s.Handshake().Auth.JSON()) })
	c.pack("\x83\xa4type\x00\xa4data\x81\xa5token\xa3가\xa3nsp\xa5/chat")
	if got := receive(t, tokens); got != `{"token":"가"}` {
		t.Errorf("auth: got %s, want the token", got)
	}
	c.pack("\x82\xa4type\x00\xa3nsp\xa8/nowhere")
	c.receive() // the answer of /chat
	c.wantPacked("\x83\xa4type\x04\xa4data\x81\xa7message\xb1Invalid namespace\xa3nsp\xa8/nowhere")
}

func TestMsgpack_and_text_clients_share_a_room(t *testing.T) {
	for _, size := range []int{2, 20} { // delivered in one round and in two
		f := serveTranscripts(t)
		f.Of("/").On("say", func(e *socketio.Event) { _ = e.Socket.To("room").Emit("said", e.Args.Any()...) })
		var text, binary []*client
		for range size {
			c, s := f.connect("/")
			s.Join("room")
			text = append(text, c)
			c, s = f.connectPacked()
			s.Join("room")
			binary = append(binary, c)
		}
		text[0].send(`451-["say",{"b":{"_placeholder":true,"num":0}}]`, []byte("from text"))
		for _, c := range text[1:] {
			c.want(`451-["said",{"b":{"_placeholder":true,"num":0}}]`, "binary from text")
		}
		for _, c := range binary {
			c.wantPacked(packed("\x92\xa4said\x81\xa1b\xc4\x09from text", ""))
		}
		binary[0].pack(packed("\x93\xa3say\x81\xa1b\xc4\x0bfrom binary\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00", ""))
		for _, c := range text {
			c.want(`451-["said",{"b":{"_placeholder":true,"num":0}},1.5]`, "binary from binary")
		}
		for _, c := range binary[1:] {
			c.wantPacked(packed("\x93\xa4said\x81\xa1b\xc4\x0bfrom binary\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00", ""))
		}
		if err := f.Of("/").To("room").Volatile().Emit("now"); err != nil {
			t.Fatal(err)
		}
		text[0].want(`42["now"]`)
		binary[0].wantPacked(packed("\x91\xa3now", ""))
	}
}

func TestMsgpack_and_text_clients_acknowledge_a_broadcast(t *testing.T) {
	f := serveTranscripts(t)
	one, _ := f.connect("/")
	two, _ := f.connectPacked()
	answered := make(chan []socketio.Args, 1)
	go func() {
		answers, err := f.Of("/").EmitWithAck(ctx(t), "q", []byte("?"))
		if err != nil {
			t.Error(err)
		}
		answered <- answers
	}()
	one.want(`451-1["q",{"_placeholder":true,"num":0}]`, "binary ?")
	two.wantPacked("\x84\xa4type\x02\xa4data\x92\xa1q\xc4\x01?\xa3nsp\xa1/\xa2id\x01")
	one.send(`431["text"]`)
	two.pack("\x84\xa4type\x03\xa2id\x01\xa4data\x91\xa6packed\xa3nsp\xa1/")
	var got []string
	for _, a := range receive(t, answered) {
		got = append(got, string(a[0].JSON()))
	}
	if strings.Join(got, " ") != `"text" "packed"` && strings.Join(got, " ") != `"packed" "text"` {
		t.Errorf("acknowledgements: got %q, want text and packed", got)
	}
}

func TestMsgpack_is_chosen_by_the_first_message(t *testing.T) {
	f := serveTranscripts(t)
	for name, say := range map[string]func(*client){
		"text after MessagePack":         func(c *client) { c.pack(packedConnect); c.receive(); c.send(`42["echo"]`) },
		"MessagePack after text":         func(c *client) { c.send("40"); c.receive(); c.pack(packed("\x91\xa4echo", "")) },
		"binary that is not MessagePack": func(c *client) { c.pack("\xc1") },
		"a trailing byte":                func(c *client) { c.pack(packedConnect); c.receive(); c.pack(packed("\x91\xa4echo", "\x00")) },
		"an event before its CONNECT":    func(c *client) { c.pack(packed("\x91\xa4echo", "")) },
		"an event to another namespace":  func(c *client) { c.pack("\x83\xa4type\x02\xa4data\x91\xa1e\xa3nsp\xa2/x") },
		"a second CONNECT":               func(c *client) { c.pack(packedConnect); c.receive(); c.pack(packedConnect) },
		"nothing":                        func(c *client) { c.pack("") },
		"a CONNECT_ERROR of a client":    func(c *client) { c.pack("\x83\xa4type\x04\xa4data\x80\xa3nsp\xa1/") },
		"100,000 nested arrays":          func(c *client) { c.pack(packed(strings.Repeat("\x91", 100_000), "")) },
		"a length beyond the message":    func(c *client) { c.pack(packed("\x92\xa1e\xc6\xff\xff\xff\xff", "")) },
	} {
		t.Run(name+" ends the connection", func(t *testing.T) {
			c := f.dial()
			say(c)
			c.wantEnd()
		})
	}
	t.Run("an old client cannot use MessagePack", func(t *testing.T) {
		c := f.dialAs(3)
		c.want("40")
		c.pack("\x04" + packedConnect)
		c.wantEnd()
	})
}

// Clients of the old revision have a socket before they send a message, so a
// broadcast can be concurrent with the choice of the encoding.
func TestOldClient_gets_a_broadcast_during_its_first_message(t *testing.T) {
	f := serveTranscripts(t)
	c := f.dialAs(3)
	c.want("40")
	eventually(t, func() bool { return f.Of("/").Len() == 1 })
	c.send(`421["ack"]`)
	if err := f.Of("/").Emit("now"); err != nil {
		t.Fatal(err)
	}
	if got := []string{c.receive(), c.receive()}; !slices.Contains(got, "431[]") || !slices.Contains(got, `42["now"]`) {
		t.Errorf("got %q, want the ack and the broadcast", got)
	}
}

func TestMsgpackOverPolling(t *testing.T) {
	f := serveTranscripts(t)
	url := f.http.URL + "/socket.io/?EIO=4&transport=polling"
	get := func() string {
		t.Helper()
		resp, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatal(resp.Status, err)
		}
		return string(body)
	}
	say := func(packets ...string) {
		t.Helper()
		for i, p := range packets {
			packets[i] = "b" + base64.StdEncoding.EncodeToString([]byte(p))
		}
		resp, err := http.Post(url, "text/plain", strings.NewReader(strings.Join(packets, "\x1e")))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Fatal(resp.Status)
		}
	}
	heard := func() []byte {
		t.Helper()
		text, ok := strings.CutPrefix(get(), "b")
		b, err := base64.StdEncoding.DecodeString(text)
		if !ok || err != nil {
			t.Fatalf("got %q, %v, want a binary packet in base64", text, err)
		}
		return b
	}
	var open struct{ SID string }
	if err := json.Unmarshal([]byte(get()[1:]), &open); err != nil {
		t.Fatal(err)
	}
	url += "&sid=" + open.SID
	say(packedConnect)
	if got := heard(); !bytes.HasPrefix(got, []byte("\x83\xa4type\x00\xa4data\x81\xa3sid\xb4")) {
		t.Fatalf("got %q, want a CONNECT", got)
	}
	say(packed("\x93\xa4echo\xa3가\xc4\x02\x00\xff", ""))
	if got, want := heard(), packed("\x93\xa4echo\xa3가\xc4\x02\x00\xff", ""); string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
	say(packedDisconnect)
	eventually(t, func() bool { return f.Of("/").Len() == 0 })
}
