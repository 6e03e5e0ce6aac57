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
	"gifchat/socketio/internal/siotest"
)

// The rules for a server in the protocol document, revision 4, by its sections:
// https://github.com/socketio/socket.io/blob/main/docs/engine.io-protocol/v4-current.md
//
// Each rule has one test here. The other tests of the package check the details. The
// section "WebTransport" is left out, because the server does not implement it.

// rule is one rule of a section, and its test.
type rule struct {
	name string
	test func(t *testing.T, f *siotest.Engine)
}

func checkRules(t *testing.T, sections map[string][]rule) {
	t.Helper()
	for section, rules := range sections {
		t.Run(section, func(t *testing.T) {
			for _, r := range rules {
				t.Run(r.name, func(t *testing.T) { r.test(t, siotest.Serve(t, engineio.Config{}, nil)) })
			}
		})
	}
}

func TestProtocol_transports(t *testing.T) {
	badRequest := func(method, query string) func(*testing.T, *siotest.Engine) {
		return func(t *testing.T, f *siotest.Engine) {
			a, err := f.Try(t.Context(), method, query, strings.NewReader(""))
			if err != nil || a.Status != http.StatusBadRequest {
				t.Errorf("got %d %s, %v, want 400", a.Status, a.Body, err)
			}
		}
	}
	concurrent := func(method string) func(*testing.T, *siotest.Engine) {
		return func(t *testing.T, f *siotest.Engine) {
			sid, p := f.Open()
			switch method {
			case http.MethodGet:
				waitingPoll(t, f, sid, p)
			case http.MethodPost:
				conn, err := net.Dial("tcp", f.Address())
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				fmt.Fprintf(conn, "POST /?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: %s\r\nContent-Length: 9\r\n\r\n4half", sid, f.Address())
				siotest.Eventually(t, p.Conn.Posting)
			}
			a := f.Call(method, "&sid="+sid, "4x")
			a.Want(t, http.StatusBadRequest, `{"code":3,"message":"Bad request"}`)
			p.WantClosed(t, engineio.ReasonTransportError)
			f.Call("GET", "&sid="+sid, "").Want(t, http.StatusBadRequest, `{"code":1,"message":"Session ID unknown"}`)
		}
	}
	checkRules(t, map[string][]rule{
		"HTTP long-polling, Query parameters": {
			{"without EIO: 400", badRequest("GET", "transport=polling")},
			{"without transport: 400", badRequest("GET", "EIO=4")},
			{"of another version: 400", badRequest("GET", "EIO=5&transport=polling")},
		},
		"HTTP long-polling, Headers": {
			{"without Content-Type, it is plaintext", func(t *testing.T, f *siotest.Engine) {
				sid, p := f.Open()
				f.Call("POST", "&sid="+sid, "4안녕").Want(t, http.StatusOK, "ok")
				p.WantMessage(t, "안녕")
			}},
		},
		"HTTP long-polling, Sending data": {
			{"an unknown sid: 400", badRequest("POST", "EIO=4&transport=polling&sid=nobody")},
			{"success: 200 and ok", func(t *testing.T, f *siotest.Engine) {
				sid, p := f.Open()
				f.Call("POST", "&sid="+sid, "4hello").Want(t, http.StatusOK, "ok")
				p.WantMessage(t, "hello")
			}},
			{"concurrent POSTs: 400, and the connection is closed", concurrent(http.MethodPost)},
		},
		"HTTP long-polling, Receiving data": {
			{"an unknown sid: 400", badRequest("GET", "EIO=4&transport=polling&sid=nobody")},
			{"no response until there are packets", func(t *testing.T, f *siotest.Engine) {
				sid, p := f.Open()
				waiting := waitingPoll(t, f, sid, p)
				p.Send(t, "hello")
				siotest.Receive(t, waiting).Want(t, http.StatusOK, "4hello")
			}},
			{"concurrent GETs: 400, and the connection is closed", concurrent(http.MethodGet)},
		},
		"WebSocket": {
			{"without EIO: no connection", func(t *testing.T, f *siotest.Engine) {
				if w, _ := f.Dial("transport=websocket"); w != nil {
					t.Error("WebSocket without EIO: got 101, want an error")
				}
			}},
			{"without transport: no connection", func(t *testing.T, f *siotest.Engine) {
				if w, _ := f.Dial("EIO=4"); w != nil {
					t.Error("WebSocket without transport: got 101, want an error")
				}
			}},
			{"each packet in its own frame, in both directions", func(t *testing.T, f *siotest.Engine) {
				w, p := f.WebSocket()
				w.Write(ws.NewTextFrame([]byte("4one")), ws.NewTextFrame([]byte("4two")))
				p.WantMessage(t, "one")
				p.WantMessage(t, "two")
				p.Send(t, "three")
				p.Send(t, "four")
				w.WantText("4three")
				w.WantText("4four")
			}},
			{"a second WebSocket of one connection is closed", func(t *testing.T, f *siotest.Engine) {
				sid, p := f.Open()
				first := f.Probe(sid)
				first.Send("5")
				second, _ := f.Dial("EIO=4&transport=websocket&sid=" + sid)
				second.WantClose(ws.StatusNormalClosure)
				p.Send(t, "still here")
				first.WantText("4still here")
			}},
		},
	})
}

func TestProtocol_packets(t *testing.T) {
	checkRules(t, map[string][]rule{
		"Handshake": {
			{"polling: 200 and an open packet with an upgrade", func(t *testing.T, f *siotest.Engine) {
				o := siotest.ParseOpen(t, f.Call("GET", "", "").Body)
				want := siotest.OpenPacket{SID: o.SID, Upgrades: []string{"websocket"}, PingInterval: 25000, PingTimeout: 20000, MaxPayload: 1000000}
				if o.SID == "" || len(o.Upgrades) != 1 || o.Upgrades[0] != "websocket" ||
					o.PingInterval != want.PingInterval || o.PingTimeout != want.PingTimeout || o.MaxPayload != want.MaxPayload {
					t.Errorf("got %+v, want %+v", o, want)
				}
			}},
			{"WebSocket only: 101 and an open packet without upgrades", func(t *testing.T, f *siotest.Engine) {
				w, resp := f.Dial("EIO=4&transport=websocket")
				if w == nil {
					t.Fatalf("handshake: got %d, want 101", resp.StatusCode)
				}
				if o := siotest.ParseOpen(t, w.Text()); o.SID == "" || o.Upgrades == nil || len(o.Upgrades) != 0 || o.MaxPayload != 1000000 {
					t.Errorf("open packet: got %+v, want a sid, no upgrades and maxPayload 1000000", o)
				}
			}},
		},
		"Upgrade": {
			{"a waiting GET gets a noop, the probe a pong, and the upgrade packet completes it", func(t *testing.T, f *siotest.Engine) {
				sid, p := f.Open()
				waiting := waitingPoll(t, f, sid, p)
				w := f.Probe(sid) // sends 2probe, receives 3probe
				siotest.Receive(t, waiting).Want(t, http.StatusOK, "6")
				w.Send("5")
				w.Send("4hello")
				p.WantMessage(t, "hello")
				p.Send(t, "welcome")
				w.WantText("4welcome")
				if got := p.Conn.Transport(); got != "websocket" {
					t.Errorf("Transport: got %q, want websocket", got)
				}
			}},
			{"no packet gets lost", func(t *testing.T, f *siotest.Engine) {
				sid, p := f.Open()
				p.Send(t, "before the probe")
				w := f.Probe(sid)
				p.Send(t, "after the probe")
				w.Send("5")
				w.WantText("4before the probe")
				w.WantText("4after the probe")
			}},
		},
		"Message": {
			{"any text in both directions", func(t *testing.T, f *siotest.Engine) {
				w, p := f.WebSocket()
				w.Send("4")
				p.WantMessage(t, "")
				w.Send("4é😀\u0000")
				p.WantMessage(t, "é😀\u0000")
				p.Send(t, "é😀\u0000")
				w.WantText("4é😀\u0000")
			}},
		},
	})
}

func TestProtocol_packet_encoding(t *testing.T) {
	checkRules(t, map[string][]rule{
		"Packet encoding, HTTP long-polling": {
			{"packets of a payload are separated by the record separator", func(t *testing.T, f *siotest.Engine) {
				sid, p := f.Open()
				f.Call("POST", "&sid="+sid, "4hello\x1e3\x1e4world").Want(t, http.StatusOK, "ok")
				p.WantMessage(t, "hello")
				p.WantMessage(t, "world")
				p.Send(t, "one")
				p.Send(t, "two")
				f.Call("GET", "&sid="+sid, "").Want(t, http.StatusOK, "4one\x1e4two")
			}},
			{"binary is b and base64", func(t *testing.T, f *siotest.Engine) {
				sid, p := f.Open()
				f.Call("POST", "&sid="+sid, "4hello\x1ebAQIDBA==").Want(t, http.StatusOK, "ok")
				p.WantMessage(t, "hello")
				p.WantBinary(t, "\x01\x02\x03\x04")
				p.Send(t, "hello", []byte{1, 2, 3, 4})
				f.Call("GET", "&sid="+sid, "").Want(t, http.StatusOK, "4hello\x1ebAQIDBA==")
			}},
		},
		"Packet encoding, WebSocket": {
			{"binary is sent unchanged", func(t *testing.T, f *siotest.Engine) {
				w, p := f.WebSocket()
				w.Write(ws.NewBinaryFrame([]byte{1, 2, 3, 4}))
				p.WantBinary(t, "\x01\x02\x03\x04")
				p.Send(t, "hello", []byte{1, 2, 3, 4})
				w.WantText("4hello")
				if fr := w.Next(); fr.Header.OpCode != ws.OpBinary || string(fr.Payload) != "\x01\x02\x03\x04" {
					t.Errorf("frame: got %v %q, want binary 01020304", fr.Header, fr.Payload)
				}
			}},
		},
	})
}

// Section "Heartbeat": the server sends a ping in each interval, and closes the
// connection if no pong arrives within the timeout.
func TestProtocol_heartbeat(t *testing.T) {
	inBubble(t, engineio.Config{PingInterval: 300 * time.Millisecond, PingTimeout: 200 * time.Millisecond}, func(b *bubble) {
		w := b.dial("")
		siotest.ParseOpen(t, w.Text())
		p := <-b.peers
		for i := range 3 {
			w.WantText("2")
			if got, want := time.Since(b.start), time.Duration(i+1)*300*time.Millisecond; got != want {
				t.Errorf("ping %d: got it after %v, want %v", i, got, want)
			}
			w.Send("3")
			synctest.Wait()
		}
		b.at(1400*time.Millisecond - time.Nanosecond)
		p.WantOpen(t)
		b.at(1400 * time.Millisecond)
		p.WantClosed(t, engineio.ReasonPingTimeout)
	})
}
