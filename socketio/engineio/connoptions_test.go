package engineio_test

import (
	"net/http"
	"slices"
	"testing"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

const unknownTransport = `{"code":0,"message":"Transport unknown"}`

// offering is a Config that offers transports to every client.
func offering(offer engineio.Transports) engineio.Config {
	return engineio.Config{ConnOptions: func(*http.Request, any) engineio.ConnOptions {
		return engineio.ConnOptions{Transports: offer}
	}}
}

func TestTransports_decide_the_offered_upgrades(t *testing.T) {
	for offer, want := range map[engineio.Transports][]string{
		0:                                     {"websocket"},
		engineio.Polling | engineio.WebSocket: {"websocket"},
		engineio.Polling:                      {},
	} {
		for _, revision := range []string{"3", "4"} {
			f := siotest.Serve(t, offering(offer), nil).As(revision)
			if got := siotest.ParseOpen(t, f.Call("GET", "", "").Body).Upgrades; got == nil || !slices.Equal(got, want) {
				t.Errorf("transports %d, revision %s, upgrades: got %v, want %v", offer, revision, got, want)
			}
		}
	}
}

func TestPolling_alone_rejects_WebSockets(t *testing.T) {
	f := siotest.Serve(t, offering(engineio.Polling), nil)
	sid, p := f.Open()
	for _, query := range []string{"EIO=4&transport=websocket", "EIO=3&transport=websocket", "EIO=4&transport=websocket&sid=" + sid} {
		a, err := f.Try(t.Context(), "GET", query, nil, "Upgrade", "websocket", "Connection", "Upgrade")
		if err != nil {
			t.Fatal(err)
		}
		a.Want(t, 400, unknownTransport)
	}
	if f.Server.Len() != 1 {
		t.Errorf("Len: got %d, want 1", f.Server.Len())
	}
	p.Send(t, "hello")
	f.Call("GET", "&sid="+sid, "").Want(t, 200, "4hello")
	p.WantOpen(t)
}

func TestWebSocket_alone_rejects_polling(t *testing.T) {
	f := siotest.Serve(t, offering(engineio.WebSocket), nil)
	f.Call("GET", "", "").Want(t, 400, unknownTransport)
	f.As("3").Call("GET", "", "").Want(t, 400, unknownTransport)
	w, p := f.WebSocket()
	w.Send("4hello")
	p.WantMessage(t, "hello")
	if f.Server.Len() != 1 {
		t.Errorf("Len: got %d, want 1", f.Server.Len())
	}
}

func TestTransports_without_a_known_transport_reject_every_client(t *testing.T) {
	f := siotest.Serve(t, offering(1<<7), nil)
	f.Call("GET", "", "").Want(t, 400, unknownTransport)
	if w, resp := f.Dial("EIO=4&transport=websocket"); w != nil || resp.StatusCode != 400 {
		t.Error("WebSocket handshake: got a connection, want status 400")
	}
}

func TestConnOptions_receives_the_request_and_its_identity(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{
		Identify: func(r *http.Request) (any, error) { return r.URL.Query().Get("user"), nil },
		ConnOptions: func(r *http.Request, identity any) engineio.ConnOptions {
			if identity == "ann" && r.URL.Query().Get("lab") == "1" {
				return engineio.ConnOptions{Transports: engineio.Polling}
			}
			return engineio.ConnOptions{}
		},
	}, nil)
	for query, want := range map[string][]string{"&user=ann&lab=1": {}, "&user=ann": {"websocket"}, "&user=ben&lab=1": {"websocket"}} {
		if got := siotest.ParseOpen(t, f.Call("GET", query, "").Body).Upgrades; !slices.Equal(got, want) {
			t.Errorf("%s, upgrades: got %v, want %v", query, got, want)
		}
	}
}
