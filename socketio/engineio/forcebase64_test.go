package engineio_test

import (
	"testing"

	"github.com/gobwas/ws"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

// base64Prefixes are the characters before the base64 of a binary message of a client with
// forceBase64, by revision.
var base64Prefixes = map[string]string{"3": "b4", "4": "b"}

func TestForceBase64_carries_messages_over_WebSocket(t *testing.T) {
	for revision, mark := range base64Prefixes {
		t.Run("revision "+revision, func(t *testing.T) {
			f := siotest.Serve(t, engineio.Config{}, nil)
			w, _ := f.Dial("EIO=" + revision + "&transport=websocket&b64=1")
			w.Text() // the open packet
			p := f.Peer()
			w.Send("4one")
			w.Send(mark + "AQID")
			w.Send(mark)
			w.Write(ws.NewBinaryFrame([]byte(map[string]string{"3": "\x04\xff", "4": "\xff"}[revision])))
			p.WantMessage(t, "one")
			for _, want := range []string{"\x01\x02\x03", "", "\xff"} {
				p.WantBinary(t, want)
			}
			p.Send(t, "two", []byte{1, 2}, []byte{})
			for _, want := range []string{"4two", mark + "AQI=", mark} {
				w.WantText(want)
			}
			w.Send(mark + "A!")
			p.WantClosed(t, engineio.ReasonParseError)
		})
	}
}

func TestForceBase64_sends_binary_without_b64(t *testing.T) {
	for revision, want := range map[string]string{"3": "\x04\x01", "4": "\x01"} {
		for _, query := range []string{"", "&b64=", "&b64"} {
			f := siotest.Serve(t, engineio.Config{}, nil)
			w, _ := f.Dial("EIO=" + revision + "&transport=websocket" + query)
			w.Text()
			p := f.Peer()
			w.Send(base64Prefixes[revision] + "AQID")
			p.WantBinary(t, "\x01\x02\x03")
			p.Send(t, "", []byte{1})
			w.WantText("4")
			if fr := w.Next(); fr.Header.OpCode != ws.OpBinary || string(fr.Payload) != want {
				t.Errorf("revision %s, %q: got %v %q, want a binary frame %q", revision, query, fr.Header.OpCode, fr.Payload, want)
			}
		}
	}
}

// Each transport uses base64 if its own request has b64.
func TestForceBase64_continues_after_an_upgrade(t *testing.T) {
	for revision, mark := range base64Prefixes {
		t.Run("revision "+revision, func(t *testing.T) {
			f := siotest.Serve(t, engineio.Config{}, nil)
			var sid string
			var p *siotest.Peer
			post := f.Call
			if revision == "3" {
				sid, p = f.As("3").OpenWith("&b64=1")
				post = f.As("3").Call
			} else {
				sid, p = f.Open()
			}
			body := map[string]string{"3": "6:b4AQID", "4": "bAQID"}[revision]
			post("POST", "&sid="+sid, body).Want(t, 200, "ok")
			p.WantBinary(t, "\x01\x02\x03")
			w, _ := f.Dial("EIO=" + revision + "&transport=websocket&b64=1&sid=" + sid)
			w.Send("2probe")
			w.WantText("3probe")
			w.Send("5")
			w.Send(mark + "BAUG")
			p.WantBinary(t, "\x04\x05\x06")
			p.Send(t, "two", []byte{1})
			w.WantText("4two")
			w.WantText(mark + "AQ==")
		})
	}
}

// The limit counts the bytes of the message as sent, in base64.
func TestForceBase64_limits_encoded_bytes(t *testing.T) {
	for revision, mark := range base64Prefixes {
		f := siotest.Serve(t, engineio.Config{Limits: engineio.Limits{MaxPayload: 101 + len(mark)}}, nil)
		w, _ := f.Dial("EIO=" + revision + "&transport=websocket")
		w.Text()
		p := f.Peer()
		text := make([]byte, 100)
		for i := range text {
			text[i] = 'A'
		}
		w.Send(mark + string(text))
		p.WantBinary(t, string(make([]byte, 75)))
		w.Send(mark + string(text) + "AA")
		w.WantClose(ws.StatusMessageTooBig)
	}
}
