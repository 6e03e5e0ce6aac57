package gosocketio_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"gifchat/socketio"
	"gifchat/socketio/engineio/gosocketio"
)

// chat is a Socket.IO server over the carrier.
func chat(t *testing.T) *httptest.Server {
	t.Helper()
	s := socketio.NewServer(socketio.Config{Carrier: gosocketio.New(nil)})
	s.Of("/").On("reply", func(e *socketio.Event) { _ = e.Ack(len(e.Args)) })
	web := httptest.NewServer(s)
	t.Cleanup(func() {
		closeEngine(t, s)
		web.CloseClientConnections()
		web.Close()
	})
	return web
}

// connected opens a WebSocket that the server has connected to "/".
func connected(t *testing.T, base string) *wire {
	t.Helper()
	w := dial(t, base, "")
	w.text() // the open packet
	if got := w.text(); got != "40" {
		t.Fatalf("got %q, want to be connected", got)
	}
	return w
}

// Each of these ends a process whose Socket.IO layer is go-socket.io's, or makes
// it take what it is given without an end.
func TestPacketsThatEndAProcessEndOneConnection(t *testing.T) {
	web := chat(t)
	canary := connected(t, web.URL)
	for name, packets := range map[string][]string{
		"makeslice":           {`4518446744073709551615-["zzz"]`},
		"24 GB":               {`45500000000-["reply","x"]`},
		"unknown event":       {`451000000000-["chat","x"]`},
		"attachment 7 of 1":   {`451-["reply",{"_placeholder":true,"num":7}]`, "binary"},
		"attachment 0 of 0":   {`450-["reply",{"_placeholder":true,"num":0}]`},
		"an event of nothing": {`42`, `4211["reply"`},
		"400,000 deep":        {`42["reply",` + strings.Repeat("[", 400_000) + strings.Repeat("]", 400_000) + `]`},
		"a huge ack id":       {`4299999999999999999999999999["reply"]`},
		"bad UTF-8":           {"42[\"reply\",\"\xff\xfe\"]"},
	} {
		t.Run(name, func(t *testing.T) {
			w := connected(t, web.URL)
			for _, p := range packets {
				if p == "binary" {
					w.sayFrame(ws.NewBinaryFrame([]byte{4, 1, 2}))
				} else {
					w.say(p)
				}
			}
			w.wantEnd()

			a := call(t, web.URL, "GET", "&transport=polling", nil)
			query := "&transport=polling&sid=" + sidOf.FindStringSubmatch(a.body)[1]
			var body strings.Builder
			for _, p := range packets {
				if p == "binary" {
					p = "b4AQI="
				}
				fmt.Fprintf(&body, "%d:%s", len(p), p)
			}
			call(t, web.URL, "POST", query, strings.NewReader(body.String())) // any answer will do
			if again := call(t, web.URL, "GET", query, nil); again.status == 200 {
				again = call(t, web.URL, "GET", query, nil)
				if again.status == 200 {
					t.Errorf("polling goes on: %.80q", again.body)
				}
			}

			canary.say(`421["reply",1]`)
			if got := canary.text(); got != "431[1]" {
				t.Errorf("the canary heard %q", got)
			}
		})
	}
}
