package engineio_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"

	"gifchat/socketio/engineio"
)

// The rules of the protocol document, revision 4, for a server, by its
// sections:
// https://github.com/socketio/socket.io/blob/main/docs/engine.io-protocol/v4-current.md
//
// Each is tested here once, as a stranger would read it; the other tests of
// the package go on from there. The section "WebTransport" is left out: it is
// not spoken.

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
				t.Run(r.says, func(t *testing.T) { r.test(t, serve(t, engineio.Config{}, nil)) })
			}
		})
	}
}

func TestProtocolTransports(t *testing.T) {
	badRequest := func(method, query string) func(*testing.T, *fixture) {
		return func(t *testing.T, f *fixture) {
			a, err := f.try(t.Context(), method, query, strings.NewReader(""))
			if err != nil || a.status != http.StatusBadRequest {
				t.Errorf("got %d %s, %v", a.status, a.body, err)
			}
		}
	}
	twoAtOnce := func(method string) func(*testing.T, *fixture) {
		return func(t *testing.T, f *fixture) {
			sid, p := f.poll()
			switch method {
			case http.MethodGet:
				f.waitingPoll(sid, p)
			case http.MethodPost:
				conn, err := net.Dial("tcp", f.address())
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				fmt.Fprintf(conn, "POST /?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: %s\r\nContent-Length: 9\r\n\r\n4half", sid, f.address())
				f.eventually(p.conn.Posting)
			}
			a := f.call(method, "&sid="+sid, "4x")
			a.want(t, http.StatusBadRequest, `{"code":3,"message":"Bad request"}`)
			p.wantClosed(t, engineio.ReasonTransportError)
			f.call("GET", "&sid="+sid, "").want(t, http.StatusBadRequest, `{"code":1,"message":"Session ID unknown"}`)
		}
	}
	checkRules(t, map[string][]rule{
		"HTTP long-polling, Query parameters": {
			{"without EIO: 400", badRequest("GET", "transport=polling")},
			{"without transport: 400", badRequest("GET", "EIO=4")},
			{"of another version: 400", badRequest("GET", "EIO=5&transport=polling")},
		},
		"HTTP long-polling, Headers": {
			{"without Content-Type, it is plaintext", func(t *testing.T, f *fixture) {
				sid, p := f.poll()
				f.call("POST", "&sid="+sid, "4안녕").want(t, http.StatusOK, "ok")
				p.wantMessage(t, "안녕")
			}},
		},
		"HTTP long-polling, Sending data": {
			{"an unknown session: 400", badRequest("POST", "EIO=4&transport=polling&sid=nobody")},
			{"success: 200 and ok", func(t *testing.T, f *fixture) {
				sid, p := f.poll()
				f.call("POST", "&sid="+sid, "4hello").want(t, http.StatusOK, "ok")
				p.wantMessage(t, "hello")
			}},
			{"a second POST at once: 400, and the session is closed", twoAtOnce(http.MethodPost)},
		},
		"HTTP long-polling, Receiving data": {
			{"an unknown session: 400", badRequest("GET", "EIO=4&transport=polling&sid=nobody")},
			{"no answer until there are packets", func(t *testing.T, f *fixture) {
				sid, p := f.poll()
				waiting := f.waitingPoll(sid, p)
				p.send(t, "hello")
				receive(t, waiting).want(t, http.StatusOK, "4hello")
			}},
			{"a second GET at once: 400, and the session is closed", twoAtOnce(http.MethodGet)},
		},
		"WebSocket": {
			{"without EIO: no connection", func(t *testing.T, f *fixture) {
				if w, _ := f.dial("transport=websocket"); w != nil {
					t.Error("it was accepted")
				}
			}},
			{"without transport: no connection", func(t *testing.T, f *fixture) {
				if w, _ := f.dial("EIO=4"); w != nil {
					t.Error("it was accepted")
				}
			}},
			{"each packet in its own frame, both ways", func(t *testing.T, f *fixture) {
				w, p := f.websocket()
				w.write(ws.NewTextFrame([]byte("4one")), ws.NewTextFrame([]byte("4two")))
				p.wantMessage(t, "one")
				p.wantMessage(t, "two")
				p.send(t, "three")
				p.send(t, "four")
				w.wantText("4three")
				w.wantText("4four")
			}},
			{"a second WebSocket of one session is closed", func(t *testing.T, f *fixture) {
				sid, p := f.poll()
				first := f.probe(sid)
				first.say("5")
				second, _ := f.dial("EIO=4&transport=websocket&sid=" + sid)
				second.wantClose(ws.StatusNormalClosure)
				p.send(t, "still here")
				first.wantText("4still here")
			}},
		},
	})
}

func TestProtocolPackets(t *testing.T) {
	checkRules(t, map[string][]rule{
		"Handshake": {
			{"polling: 200 and an open packet, with the upgrade", func(t *testing.T, f *fixture) {
				o := parseOpen(t, f.call("GET", "", "").body)
				want := open{o.SID, []string{"websocket"}, 25000, 20000, 1000000}
				if o.SID == "" || len(o.Upgrades) != 1 || o.Upgrades[0] != "websocket" ||
					o.PingInterval != want.PingInterval || o.PingTimeout != want.PingTimeout || o.MaxPayload != want.MaxPayload {
					t.Errorf("got %+v, want %+v", o, want)
				}
			}},
			{"WebSocket only: 101 and an open packet, without", func(t *testing.T, f *fixture) {
				w, resp := f.dial("EIO=4&transport=websocket")
				if w == nil {
					t.Fatalf("got %d", resp.StatusCode)
				}
				if o := parseOpen(t, w.text()); o.SID == "" || o.Upgrades == nil || len(o.Upgrades) != 0 || o.MaxPayload != 1000000 {
					t.Errorf("got %+v", o)
				}
			}},
		},
		"Upgrade": {
			{"a waiting GET gets a noop, the probe a pong, and the upgrade packet completes it", func(t *testing.T, f *fixture) {
				sid, p := f.poll()
				waiting := f.waitingPoll(sid, p)
				w := f.probe(sid) // 2probe, 3probe
				receive(t, waiting).want(t, http.StatusOK, "6")
				w.say("5")
				w.say("4hello")
				p.wantMessage(t, "hello")
				p.send(t, "welcome")
				w.wantText("4welcome")
				if got := p.conn.Transport(); got != "websocket" {
					t.Errorf("the transport is %q", got)
				}
			}},
			{"no packet gets lost", func(t *testing.T, f *fixture) {
				sid, p := f.poll()
				p.send(t, "before the probe")
				w := f.probe(sid)
				p.send(t, "after the probe")
				w.say("5")
				w.wantText("4before the probe")
				w.wantText("4after the probe")
			}},
		},
		"Message": {
			{"any data, both ways", func(t *testing.T, f *fixture) {
				w, p := f.websocket()
				w.say("4")
				p.wantMessage(t, "")
				w.say("4é😀\u0000")
				p.wantMessage(t, "é😀\u0000")
				p.send(t, "é😀\u0000")
				w.wantText("4é😀\u0000")
			}},
		},
	})
}

func TestProtocolPacketEncoding(t *testing.T) {
	checkRules(t, map[string][]rule{
		"Packet encoding, HTTP long-polling": {
			{"packets of a payload are parted by the record separator", func(t *testing.T, f *fixture) {
				sid, p := f.poll()
				f.call("POST", "&sid="+sid, "4hello\x1e3\x1e4world").want(t, http.StatusOK, "ok")
				p.wantMessage(t, "hello")
				p.wantMessage(t, "world")
				p.send(t, "one")
				p.send(t, "two")
				f.call("GET", "&sid="+sid, "").want(t, http.StatusOK, "4one\x1e4two")
			}},
			{"binary is base64 behind a b", func(t *testing.T, f *fixture) {
				sid, p := f.poll()
				f.call("POST", "&sid="+sid, "4hello\x1ebAQIDBA==").want(t, http.StatusOK, "ok")
				p.wantMessage(t, "hello")
				if got := receive(t, p.messages); got != (heard{"\x01\x02\x03\x04", true}) {
					t.Errorf("got %v", got)
				}
				p.send(t, "hello", []byte{1, 2, 3, 4})
				f.call("GET", "&sid="+sid, "").want(t, http.StatusOK, "4hello\x1ebAQIDBA==")
			}},
		},
		"Packet encoding, WebSocket": {
			{"binary is sent as it is", func(t *testing.T, f *fixture) {
				w, p := f.websocket()
				w.write(ws.NewBinaryFrame([]byte{1, 2, 3, 4}))
				if got := receive(t, p.messages); got != (heard{"\x01\x02\x03\x04", true}) {
					t.Errorf("got %v", got)
				}
				p.send(t, "hello", []byte{1, 2, 3, 4})
				w.wantText("4hello")
				if fr := w.next(); fr.Header.OpCode != ws.OpBinary || string(fr.Payload) != "\x01\x02\x03\x04" {
					t.Errorf("got %v %q", fr.Header, fr.Payload)
				}
			}},
		},
	})
}

// Section "Heartbeat": the server pings at the interval; without a pong within
// the timeout the connection is closed.
func TestProtocolHeartbeat(t *testing.T) {
	inBubble(t, engineio.Config{PingInterval: 300 * time.Millisecond, PingTimeout: 200 * time.Millisecond}, func(b *bubble) {
		w := b.dial("")
		parseOpen(t, w.text())
		p := <-b.peers
		for i := range 3 {
			w.wantText("2")
			if got, want := time.Since(b.began), time.Duration(i+1)*300*time.Millisecond; got != want {
				t.Errorf("ping %d came after %v, want %v", i, got, want)
			}
			w.say("3")
			synctest.Wait()
		}
		b.at(1400*time.Millisecond - time.Nanosecond)
		p.wantOpen(t)
		b.at(1400 * time.Millisecond)
		p.wantClosed(t, engineio.ReasonPingTimeout)
	})
}
