package engineio_test

import (
	"testing"

	"github.com/gobwas/ws"

	"gifchat/socketio/engineio"
)

// marks is what a client with forceBase64 puts before the base64 of a binary
// message, by revision.
var marks = map[string]string{"3": "b4", "4": "b"}

func TestForceBase64_over_WebSocket(t *testing.T) {
	for revision, mark := range marks {
		t.Run("revision "+revision, func(t *testing.T) {
			f := serve(t, engineio.Config{}, nil)
			w, _ := f.dial("EIO=" + revision + "&transport=websocket&b64=1")
			w.text() // the open packet
			p := f.peer()
			w.say("4one")
			w.say(mark + "AQID")
			w.say(mark)
			w.write(ws.NewBinaryFrame([]byte(map[string]string{"3": "\x04\xff", "4": "\xff"}[revision])))
			p.wantMessage(t, "one")
			for _, want := range []string{"\x01\x02\x03", "", "\xff"} {
				if got := receive(t, p.messages); got != (heard{want, true}) {
					t.Errorf("got %v, want binary %q", got, want)
				}
			}
			p.send(t, "two", []byte{1, 2}, []byte{})
			for _, want := range []string{"4two", mark + "AQI=", mark} {
				w.wantText(want)
			}
			w.say(mark + "A!")
			p.wantClosed(t, engineio.ReasonParseError)
		})
	}
}

func TestForceBase64_is_answered_in_binary_without_b64(t *testing.T) {
	for revision, want := range map[string]string{"3": "\x04\x01", "4": "\x01"} {
		for _, query := range []string{"", "&b64=", "&b64"} {
			f := serve(t, engineio.Config{}, nil)
			w, _ := f.dial("EIO=" + revision + "&transport=websocket" + query)
			w.text()
			p := f.peer()
			w.say(marks[revision] + "AQID")
			if got := receive(t, p.messages); got != (heard{"\x01\x02\x03", true}) {
				t.Errorf("revision %s, %q: got %v, want binary", revision, query, got)
			}
			p.send(t, "", []byte{1})
			w.wantText("4")
			if fr := w.next(); fr.Header.OpCode != ws.OpBinary || string(fr.Payload) != want {
				t.Errorf("revision %s, %q: got %v %q, want a binary frame %q", revision, query, fr.Header.OpCode, fr.Payload, want)
			}
		}
	}
}

// The request of each transport says what that transport wants.
func TestForceBase64_across_an_upgrade(t *testing.T) {
	for revision, mark := range marks {
		t.Run("revision "+revision, func(t *testing.T) {
			f := serve(t, engineio.Config{}, nil)
			var sid string
			var p *peer
			post := f.call
			if revision == "3" {
				sid, p = f.poll3("&b64=1")
				post = f.call3
			} else {
				sid, p = f.poll()
			}
			body := map[string]string{"3": "6:b4AQID", "4": "bAQID"}[revision]
			post("POST", "&sid="+sid, body).want(t, 200, "ok")
			if got := receive(t, p.messages); got != (heard{"\x01\x02\x03", true}) {
				t.Errorf("polling: got %v, want binary", got)
			}
			w, _ := f.dial("EIO=" + revision + "&transport=websocket&b64=1&sid=" + sid)
			w.say("2probe")
			w.wantText("3probe")
			w.say("5")
			w.say(mark + "BAUG")
			if got := receive(t, p.messages); got != (heard{"\x04\x05\x06", true}) {
				t.Errorf("WebSocket: got %v, want binary", got)
			}
			p.send(t, "two", []byte{1})
			w.wantText("4two")
			w.wantText(mark + "AQ==")
		})
	}
}

// The limit counts the bytes of the message as it was sent.
func TestForceBase64_counts_encoded_bytes_for_the_limit(t *testing.T) {
	for revision, mark := range marks {
		f := serve(t, engineio.Config{Limits: engineio.Limits{MaxPayload: 101 + len(mark)}}, nil)
		w, _ := f.dial("EIO=" + revision + "&transport=websocket")
		w.text()
		p := f.peer()
		text := make([]byte, 100)
		for i := range text {
			text[i] = 'A'
		}
		w.say(mark + string(text))
		if got := receive(t, p.messages); got != (heard{string(make([]byte, 75)), true}) {
			t.Errorf("revision %s: got %d bytes, want 75", revision, len(got.data))
		}
		w.say(mark + string(text) + "AA")
		w.wantClose(ws.StatusMessageTooBig)
	}
}
