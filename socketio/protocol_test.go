package socketio_test

import (
	"strings"
	"testing"

	"gifchat/socketio"
)

// The rules of the protocol document, revision 5, for a server, by its
// sections:
// https://github.com/socketio/socket.io/blob/main/docs/socket.io-protocol/v5-current.md
//
// Each rule has one test here. The other tests of the package cover details.

// rule is one sentence of a section.
type rule struct {
	text string
	test func(t *testing.T, f *fixture)
}

func checkRules(t *testing.T, sections map[string][]rule) {
	t.Helper()
	for section, rules := range sections {
		t.Run(section, func(t *testing.T) {
			for _, r := range rules {
				t.Run(r.text, func(t *testing.T) {
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

func TestProtocol_exchange(t *testing.T) {
	closes := func(packet string) func(*testing.T, *fixture) {
		return func(_ *testing.T, f *fixture) {
			c, _ := f.connect("/")
			c.send(packet)
			c.wantEnd()
		}
	}
	checkRules(t, map[string][]rule{
		"Connection to a namespace": {
			{"the server answers CONNECT with a CONNECT that has the session id", func(t *testing.T, f *fixture) {
				c := f.dial()
				c.send("40")
				if got := c.receive(); !strings.HasPrefix(got, `40{"sid":"`) {
					t.Errorf("got %q, want a CONNECT with a sid", got)
				}
			}},
			{"the answer has the name of a custom namespace", func(t *testing.T, f *fixture) {
				c := f.dial()
				c.send("40/admin,")
				if got := c.receive(); !strings.HasPrefix(got, `40/admin,{"sid":"`) {
					t.Errorf("got %q, want a CONNECT of /admin", got)
				}
			}},
			{"the payload of CONNECT is for authorization", func(t *testing.T, f *fixture) {
				f.Of("/admin").Use(func(s *socketio.Socket) error {
					var auth struct{ Token string }
					if err := s.Handshake().Auth.Bind(&auth); err != nil || auth.Token != "123" {
						return &socketio.Error{Message: "Not authorized"}
					}
					return nil
				})
				c := f.dial()
				c.send(`40/admin,{"token":"123"}`)
				if got := c.receive(); !strings.HasPrefix(got, `40/admin,{"sid":"`) {
					t.Errorf("got %q, want a CONNECT of /admin", got)
				}
				c = f.dial()
				c.send(`40/admin,{"token":"1"}`)
				c.want(`44/admin,{"message":"Not authorized"}`)
			}},
			{"the server answers CONNECT_ERROR if it refuses the client", func(_ *testing.T, f *fixture) {
				c := f.dial()
				c.send("40/random")
				c.want(`44/random,{"message":"Invalid namespace"}`)
			}},
			{"the session id differs from the sid of the connection", func(t *testing.T, f *fixture) {
				_, s := f.connect("/")
				_, other := f.connect("/")
				if s.ID() == other.ID() || s.ID() == "" {
					t.Errorf("ids: got %q and %q, want different ones", s.ID(), other.ID())
				}
			}},
		},
		"Sending and receiving data": {
			{"events go in both directions", func(_ *testing.T, f *fixture) {
				c, _ := f.connect("/")
				c.send(`42["back",1,"2",{"3":[true]}]`)
				c.want(`42["bar",1,"2",{"3":[true]}]`)
			}},
			{"in a custom namespace", func(_ *testing.T, f *fixture) {
				c, _ := f.connect("/admin")
				c.send(`42/admin,["back"]`)
				c.want(`42/admin,["bar"]`)
			}},
			{"with binary data", func(_ *testing.T, f *fixture) {
				c, _ := f.connect("/")
				c.send(`451-["back",{"_placeholder":true,"num":0}]`, []byte("\x01\x02\x03\x04"))
				c.want(`451-["bar",{"_placeholder":true,"num":0}]`, "binary \x01\x02\x03\x04")
			}},
			{"a payload that is not an array closes the connection", closes(`42{"foo":1}`)},
			{"an empty array closes the connection", closes(`42[]`)},
			{"a malformed payload closes the connection", closes(`42["foo"`)},
			{"an event before CONNECT closes the connection", func(_ *testing.T, f *fixture) {
				c := f.dial()
				c.send(`42["foo"]`)
				c.wantEnd()
			}},
			{"an event for a namespace without a CONNECT closes the connection", closes(`42/admin,["foo"]`)},
		},
		"Acknowledgement": {
			{"the receiver answers with the same id", func(_ *testing.T, f *fixture) {
				c, _ := f.connect("/")
				c.send(`4212["foo","bar"]`)
				c.want(`4312["bar"]`)
			}},
			{"with an array that can be empty", func(_ *testing.T, f *fixture) {
				c, _ := f.connect("/")
				c.send(`4212["silent"]`)
				c.want(`4312[]`)
			}},
			{"in a custom namespace", func(_ *testing.T, f *fixture) {
				c, _ := f.connect("/admin")
				c.send(`42/admin,13["foo","bar"]`)
				c.want(`43/admin,13["bar"]`)
			}},
			{"with binary data in it", func(_ *testing.T, f *fixture) {
				c, _ := f.connect("/")
				c.send(`451-15["foo","bar",{"_placeholder":true,"num":0}]`, []byte("\x01\x02\x03\x04"))
				c.want(`461-15["bar",{"_placeholder":true,"num":0}]`, "binary \x01\x02\x03\x04")
			}},
			{"the client acknowledges events of the server", func(t *testing.T, f *fixture) {
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
					if got := c.receive(); !strings.HasPrefix(got, "42/admin,") || !strings.HasSuffix(got, `["foo"]`) {
						t.Errorf("got %q, want the event foo", got)
					}
					c.send(answer.packet, answer.parts...)
					if got := receive(t, answers); len(got) != 1 {
						t.Errorf("acknowledgement: got %v, want one argument", got)
					}
				}
			}},
		},
		"Disconnection from a namespace": {
			{"by the client, without an answer; other namespaces stay connected", func(_ *testing.T, f *fixture) {
				c, _ := f.connect("/")
				admin := f.join(c, "/admin")
				c.send("41/admin,")
				eventually(f.t, func() bool { return !admin.Connected() })
				c.send(`421["foo"]`)
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

// Section "Packet encoding", "Format" and "Examples": the server sends exactly
// the packets of the examples.
func TestProtocol_packet_encoding(t *testing.T) {
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
