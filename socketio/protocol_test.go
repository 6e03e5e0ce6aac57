package socketio_test

import (
	"errors"
	"strings"
	"testing"

	"gifchat/socketio"
)

// The rules of the protocol document, revision 5, for a server, by its
// sections:
// https://github.com/socketio/socket.io/blob/main/docs/socket.io-protocol/v5-current.md
//
// Each is tested here once, as a stranger would read it; the other tests of
// the package go on from there.

// rule is one sentence of a section.
type rule struct {
	says string
	test func(t *testing.T, f *fixture)
}

func checkRules(t *testing.T, sections map[string][]rule) {
	t.Helper()
	for section, rules := range sections {
		t.Run(section, func(t *testing.T) {
			for _, r := range rules {
				t.Run(r.says, func(t *testing.T) {
					f := serve(t, socketio.Config{})
					for _, name := range []string{"/", "/admin"} {
						n := f.Of(name)
						n.On("foo", func(e *socketio.Event) { _ = e.Ack(e.Args.Any()...) })
						n.On("silent", func(e *socketio.Event) { _ = e.Ack() })
						n.On("back", func(e *socketio.Event) { _ = e.Socket.Emit("bar", e.Args.Any()...) })
					}
					r.test(t, f)
				})
			}
		})
	}
}

func TestProtocolExchange(t *testing.T) {
	closes := func(packet string) func(*testing.T, *fixture) {
		return func(_ *testing.T, f *fixture) {
			c, _ := f.connect("/")
			c.say(packet)
			c.wantEnd()
		}
	}
	checkRules(t, map[string][]rule{
		"Connection to a namespace": {
			{"CONNECT is answered with a CONNECT that has the session id", func(t *testing.T, f *fixture) {
				c := f.dial()
				c.say("40")
				if got := c.hear(); !strings.HasPrefix(got, `40{"sid":"`) {
					t.Errorf("got %q", got)
				}
			}},
			{"with the name of a custom namespace", func(t *testing.T, f *fixture) {
				c := f.dial()
				c.say("40/admin,")
				if got := c.hear(); !strings.HasPrefix(got, `40/admin,{"sid":"`) {
					t.Errorf("got %q", got)
				}
			}},
			{"the payload of CONNECT is for authorization", func(t *testing.T, f *fixture) {
				f.Of("/admin").Use(func(s *socketio.Socket) error {
					var auth struct{ Token string }
					if err := s.Handshake().Auth.Bind(&auth); err != nil || auth.Token != "123" {
						return errors.New("Not authorized")
					}
					return nil
				})
				c := f.dial()
				c.say(`40/admin,{"token":"123"}`)
				if got := c.hear(); !strings.HasPrefix(got, `40/admin,{"sid":"`) {
					t.Errorf("got %q", got)
				}
				c = f.dial()
				c.say(`40/admin,{"token":"1"}`)
				c.want(`44/admin,{"message":"Not authorized"}`)
			}},
			{"what is not allowed is answered with CONNECT_ERROR", func(_ *testing.T, f *fixture) {
				c := f.dial()
				c.say("40/random")
				c.want(`44/random,{"message":"Invalid namespace"}`)
			}},
			{"the session id is not that of the connection below", func(t *testing.T, f *fixture) {
				_, s := f.connect("/")
				_, other := f.connect("/")
				if s.ID() == other.ID() || s.ID() == "" {
					t.Errorf("%q and %q", s.ID(), other.ID())
				}
			}},
		},
		"Sending and receiving data": {
			{"events, both ways", func(_ *testing.T, f *fixture) {
				c, _ := f.connect("/")
				c.say(`42["back",1,"2",{"3":[true]}]`)
				c.want(`42["bar",1,"2",{"3":[true]}]`)
			}},
			{"in a custom namespace", func(_ *testing.T, f *fixture) {
				c, _ := f.connect("/admin")
				c.say(`42/admin,["back"]`)
				c.want(`42/admin,["bar"]`)
			}},
			{"with binary data", func(_ *testing.T, f *fixture) {
				c, _ := f.connect("/")
				c.say(`451-["back",{"_placeholder":true,"num":0}]`, []byte("\x01\x02\x03\x04"))
				c.want(`451-["bar",{"_placeholder":true,"num":0}]`, "binary \x01\x02\x03\x04")
			}},
			{"a payload that is no array closes the connection", closes(`42{"foo":1}`)},
			{"an empty array closes the connection", closes(`42[]`)},
			{"so does a payload that is malformed", closes(`42["foo"`)},
			{"so does an event before CONNECT", func(_ *testing.T, f *fixture) {
				c := f.dial()
				c.say(`42["foo"]`)
				c.wantEnd()
			}},
			{"so does an event for a namespace that is not joined", closes(`42/admin,["foo"]`)},
		},
		"Acknowledgement": {
			{"the receiver answers with the same id", func(_ *testing.T, f *fixture) {
				c, _ := f.connect("/")
				c.say(`4212["foo","bar"]`)
				c.want(`4312["bar"]`)
			}},
			{"with an array that may be empty", func(_ *testing.T, f *fixture) {
				c, _ := f.connect("/")
				c.say(`4212["silent"]`)
				c.want(`4312[]`)
			}},
			{"in a custom namespace", func(_ *testing.T, f *fixture) {
				c, _ := f.connect("/admin")
				c.say(`42/admin,13["foo","bar"]`)
				c.want(`43/admin,13["bar"]`)
			}},
			{"with binary data in it", func(_ *testing.T, f *fixture) {
				c, _ := f.connect("/")
				c.say(`451-15["foo","bar",{"_placeholder":true,"num":0}]`, []byte("\x01\x02\x03\x04"))
				c.want(`461-15["bar",{"_placeholder":true,"num":0}]`, "binary \x01\x02\x03\x04")
			}},
			{"of the server's events by the client", func(t *testing.T, f *fixture) {
				for _, answer := range []struct {
					packet string
					parts  [][]byte
				}{{`43/admin,1["bar"]`, nil}, {`461-/admin,2[{"_placeholder":true,"num":0}]`, [][]byte{{1}}}} {
					c, s := f.connect("/admin")
					answers := make(chan socketio.Args, 1)
					go func() {
						args, _ := s.EmitWithAck(ctx(t), "foo")
						answers <- args
					}()
					if got := c.hear(); !strings.HasPrefix(got, "42/admin,") || !strings.HasSuffix(got, `["foo"]`) {
						t.Errorf("got %q", got)
					}
					c.say(answer.packet, answer.parts...)
					if got := receive(t, answers); len(got) != 1 {
						t.Errorf("got %v", got)
					}
				}
			}},
		},
		"Disconnection from a namespace": {
			{"by the client, without an answer, and others stay", func(_ *testing.T, f *fixture) {
				c, _ := f.connect("/")
				admin := f.join(c, "/admin")
				c.say("41/admin,")
				eventually(f.t, func() bool { return !admin.Connected() })
				c.say(`421["foo"]`)
				c.want(`431[]`)
			}},
			{"by the server", func(_ *testing.T, f *fixture) {
				c, s := f.connect("/admin")
				s.Disconnect()
				c.want("41/admin,")
			}},
		},
	})
}

// Section "Packet encoding", "Format" and "Examples": what the server sends is
// what the examples show, character by character.
func TestProtocolPacketEncoding(t *testing.T) {
	f := serve(t, socketio.Config{})
	bytes := []byte("\x01\x02\x03\x04")
	f.Of("/admin")
	c, s := f.connect("/")
	admin := f.join(c, "/admin")
	emit := func(s *socketio.Socket, event string, args ...any) {
		if err := s.Emit(event, args...); err != nil {
			t.Fatal(err)
		}
	}
	emit(s, "foo")
	c.want(`42["foo"]`)
	emit(admin, "bar")
	c.want(`42/admin,["bar"]`)
	emit(s, "baz", bytes)
	c.want(`451-["baz",{"_placeholder":true,"num":0}]`, "binary "+string(bytes))
	emit(admin, "baz", bytes[:2], bytes[2:])
	c.want(`452-/admin,["baz",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`, "binary \x01\x02", "binary \x03\x04")
	go func() { _, _ = s.EmitWithAck(ctx(t), "foo") }()
	c.want(`421["foo"]`)
	admin.Disconnect()
	c.want("41/admin,")
	s.Disconnect()
	c.want("41")
}
