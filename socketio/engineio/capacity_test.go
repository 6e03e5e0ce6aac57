package engineio_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

func TestAllowConnection_rejects_before_allocating(t *testing.T) {
	var identified atomic.Int32
	wait := 2500 * time.Millisecond
	f := siotest.Serve(t, engineio.Config{
		AllowConnection: func(r *http.Request) (time.Duration, bool) { return wait, r.Header.Get("Friend") != "" },
		Identify: func(*http.Request) (any, error) {
			identified.Add(1)
			return nil, nil
		},
		AllowOrigin: func(*http.Request, string) (bool, bool) { return true, false },
	}, nil)
	for _, eio := range []string{"3", "4"} {
		a, err := f.Try(t.Context(), "GET", "EIO="+eio+"&transport=polling", nil, "Origin", "https://friend.example")
		if err != nil {
			t.Fatal(err)
		}
		a.Want(t, 503, `{"code":3,"message":"Too many connections"}`)
		if got := a.Header.Get("Retry-After"); got != "3" {
			t.Errorf("Retry-After: got %q, want 3", got)
		}
		if got := a.Header.Get("Access-Control-Allow-Origin"); got == "" {
			t.Error("Access-Control-Allow-Origin: got none, want the allowed origin on the error too")
		}
		w, resp := f.Dial("EIO=" + eio + "&transport=websocket")
		if w != nil || resp.StatusCode != 503 || resp.Header.Get("Retry-After") != "3" {
			t.Errorf("EIO=%s over WebSocket: got %v, want 503 with Retry-After: 3", eio, resp)
		}
	}
	if n := identified.Load(); n > 0 || f.Server.Len() > 0 {
		t.Errorf("got %d calls of Identify and %d connections, want 0 and 0", n, f.Server.Len())
	}
	wait = 0
	if a, _ := f.Try(t.Context(), "GET", "EIO=4&transport=polling", nil); a.Header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After: got %q, want 1", a.Header.Get("Retry-After"))
	}
	if a, _ := f.Try(t.Context(), "GET", "EIO=4&transport=polling", nil, "Friend", "yes"); a.Status != 200 {
		t.Errorf("allowed client: got %d, want 200", a.Status)
	}
}

func TestMaxConnsPerAddr_counts_by_network(t *testing.T) {
	var conns []*engineio.Conn
	s := engineio.NewServer(engineio.Config{
		Limits: engineio.Limits{MaxConnsPerAddr: 2},
		Accept: func(c *engineio.Conn) engineio.Receiver {
			conns = append(conns, c)
			return siotest.NewPeer(c, nil)
		},
	})
	defer s.Close(t.Context())
	connect := func(address string) (status int) {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/?EIO=4&transport=polling", nil)
		r.RemoteAddr = address
		s.ServeHTTP(w, r)
		return w.Code
	}
	for _, tt := range []struct {
		address string
		want    int
	}{
		{"192.0.2.1:1", 200},
		{"[::ffff:192.0.2.1]:2", 200},
		{"192.0.2.1:3", 503},
		{"192.0.2.2:1", 200},
		{"[2001:db8::1]:1", 200},
		{"[2001:db8::2]:1", 200},
		{"[2001:db8::3%eth0]:1", 503},
		{"[2001:db8:0:1::1]:1", 200},
	} {
		if got := connect(tt.address); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.address, got, tt.want)
		}
	}
	conns[0].Close()
	siotest.Eventually(t, func() bool { return s.Len() == len(conns)-1 })
	if got := connect("192.0.2.1:4"); got != 200 {
		t.Errorf("after one connection has closed: got %d, want 200", got)
	}
}

func TestMaxConns_rejects_handshakes_with_503(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{Limits: engineio.Limits{MaxConns: 2}}, nil)
	f.Open()
	_, second := f.Open()
	a := f.Call("GET", "", "")
	a.Want(t, 503, `{"code":3,"message":"Too many connections"}`)
	if a.Header.Get("Retry-After") == "" {
		t.Error("Retry-After: got none, want one")
	}
	if _, resp := f.Dial("EIO=4&transport=websocket"); resp == nil || resp.StatusCode != 503 {
		t.Errorf("WebSocket handshake: got %v, want 503", resp)
	}
	second.Conn.Close()
	if a := f.Call("GET", "", ""); a.Status != 200 {
		t.Errorf("after a connection has closed: got %d, want 200", a.Status)
	}
}
