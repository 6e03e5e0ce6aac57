package gosocketio_test

import (
	"fmt"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"gifchat/socketio"
	"gifchat/socketio/engineio/gosocketio"
	"gifchat/socketio/internal/siotest"
)

// chat starts a Socket.IO server with the carrier.
func chat(t *testing.T) *httptest.Server {
	t.Helper()
	s := socketio.NewServer(socketio.Config{})
	s.Of("/").On("reply", func(e *socketio.Event) { _ = e.Ack(len(e.Args)) })
	return siotest.Listen(t, gosocketio.Handler(s, nil), s)
}

// connect opens a WebSocket. The server connects clients of revision 3 to "/" at once.
func connect(t *testing.T, web *httptest.Server) *siotest.WebSocket {
	t.Helper()
	w, resp := siotest.Dial(t, web.Listener.Addr().String(), webSocket)
	if w == nil {
		t.Fatalf("handshake: got %d, want 101", resp.StatusCode)
	}
	w.Text() // the open packet
	w.WantText("40")
	return w
}

// postPackets sends packets over polling and returns whether the connection is still
// open afterwards.
func postPackets(t *testing.T, web *httptest.Server, packets []string) (open bool) {
	t.Helper()
	call := func(method, query, body string) siotest.Response {
		r, err := siotest.Request(t.Context(), web.Client(), method, web.URL+"/socket.io/?"+polling+query, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	match := sidPattern.FindStringSubmatch(call("GET", "", "").Body)
	if match == nil {
		t.Fatal("handshake: got no sid, want one")
	}
	query := "&sid=" + match[1]
	var body strings.Builder
	for _, p := range packets {
		if p == "binary" {
			p = "b4AQI="
		}
		fmt.Fprintf(&body, "%d:%s", len(p), p)
	}
	call("POST", query, body.String()) // any response is correct
	if call("GET", query, "").Status != 200 {
		return false
	}
	return call("GET", query, "").Status == 200 // the first poll may return queued packets
}

var sidPattern = regexp.MustCompile(`"sid":"([^"]*)"`)

// Each of these packets ends a process that uses the Socket.IO layer of go-socket.io, or
// makes it allocate without a limit.
func TestCarrier_ends_one_connection_after_packets_that_crash_the_library(t *testing.T) {
	web := chat(t)
	other := connect(t, web)
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
			w := connect(t, web)
			for _, p := range packets {
				if p == "binary" {
					w.Write(ws.NewBinaryFrame([]byte{4, 1, 2}))
				} else {
					w.Send(p)
				}
			}
			w.WantEnd()

			if postPackets(t, web, packets) {
				t.Error("polling: got the connection open, want it closed")
			}

			other.Send(`421["reply",1]`)
			if got := other.Text(); got != "431[1]" {
				t.Errorf("other connection: got %q, want 431[1]", got)
			}
		})
	}
}
