package socketio_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"gifchat/socketio"
	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

// dialWith opens a WebSocket with a query that is appended to that of the handshake, and
// connects it to "/".
func (f *fixture) dialWith(query string) *client {
	f.t.Helper()
	w, resp := siotest.Dial(f.t, f.http.Listener.Addr().String(), "EIO=4&transport=websocket"+query)
	if w == nil {
		f.t.Fatalf("handshake with %s: got %d, want 101", query, resp.StatusCode)
	}
	c := &client{w, f.t}
	c.receive() // the open packet
	f.join(c, "/")
	return c
}

func TestConnOptions_filters_the_events_of_one_client(t *testing.T) {
	f := serve(t, socketio.Config{ConnOptions: func(r *http.Request, _ any) engineio.ConnOptions {
		if r.URL.Query().Get("lab") == "" {
			return engineio.ConnOptions{}
		}
		return engineio.ConnOptions{
			Incoming: func(message []byte, _ bool) ([]byte, bool) { return message, !bytes.Contains(message, []byte("lost")) },
			Outgoing: func(message []byte, _ bool) ([]byte, bool) {
				return bytes.ReplaceAll(message, []byte("tea"), []byte("coffee")), true
			},
		}
	}})
	n := f.Of("/")
	n.On("say", func(e *socketio.Event) { _ = n.Emit("said", e.Args.Any()...) })
	lab, plain := f.dialWith("&lab=1"), f.dialWith("")

	lab.send(`42["say","lost"]`)
	lab.send(`42["say","tea"]`)
	lab.want(`42["said","coffee"]`)
	plain.want(`42["said","tea"]`)
	plain.send(`42["say","lost"]`)
	lab.want(`42["said","lost"]`)
	plain.want(`42["said","lost"]`)
}

func TestConfig_passes_origins_and_transports_to_the_engine(t *testing.T) {
	f := serve(t, socketio.Config{
		Origins: []string{"https://app.example.org"},
		ConnOptions: func(*http.Request, any) engineio.ConnOptions {
			return engineio.ConnOptions{Transports: engineio.Polling}
		},
	})
	handshake := func(query, origin string) siotest.Response {
		a, err := siotest.Request(t.Context(), f.http.Client(), "GET", f.http.URL+"/socket.io/?EIO=4&"+query, nil, "Origin", origin)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if a := handshake("transport=polling", "https://app.example.org"); !strings.Contains(a.Body, `"upgrades":[]`) {
		t.Errorf("handshake of a listed origin: got %d %s, want no upgrades", a.Status, a.Body)
	}
	handshake("transport=polling", "https://evil.example").Want(t, 403, `{"code":4,"message":"Forbidden"}`)
}

func TestHandshake_has_the_URL_of_the_first_request(t *testing.T) {
	f := serve(t, socketio.Config{})
	hosts := make(chan string, 1)
	f.Of("/").OnConnect(func(s *socketio.Socket) {
		hosts <- s.Handshake().Host
		_ = s.Emit("url", s.Handshake().URL, s.Handshake().Query().Get("room"))
	})
	f.dialWith("&room=7").want(`42["url","/socket.io/?EIO=4&transport=websocket&room=7","7"]`)
	if got, want := receive(t, hosts), f.http.Listener.Addr().String(); got != want {
		t.Errorf("Host: got %q, want %q", got, want)
	}
}
