package engineio_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"gifchat/socketio/engineio"
)

// Who is not welcome costs neither an identity nor a connection.
func TestARefusedConnectionLeavesNothing(t *testing.T) {
	var identified atomic.Int32
	wait := 2500 * time.Millisecond
	f := serve(t, engineio.Config{
		AllowConnection: func(r *http.Request) (time.Duration, bool) { return wait, r.Header.Get("Friend") != "" },
		Identify: func(*http.Request) (any, error) {
			identified.Add(1)
			return nil, nil
		},
		AllowOrigin: func(*http.Request, string) (bool, bool) { return true, false },
	}, nil)
	for _, eio := range []string{"3", "4"} {
		a, err := f.try(t.Context(), "GET", "EIO="+eio+"&transport=polling", nil, "Origin", "https://friend.example")
		if err != nil {
			t.Fatal(err)
		}
		a.want(t, 503, `{"code":3,"message":"Too many connections"}`)
		if got := a.header.Get("Retry-After"); got != "3" {
			t.Errorf("Retry-After is %q, want whole seconds, rounded up", got)
		}
		if got := a.header.Get("Access-Control-Allow-Origin"); got == "" {
			t.Error("a foreign page that may connect cannot read why it is refused")
		}
		w, resp := f.dial("EIO=" + eio + "&transport=websocket")
		if w != nil || resp.StatusCode != 503 || resp.Header.Get("Retry-After") != "3" {
			t.Errorf("EIO=%s by WebSocket: %v", eio, resp)
		}
	}
	if n := identified.Load(); n > 0 || f.engine.Len() > 0 {
		t.Errorf("%d were identified and %d are there", n, f.engine.Len())
	}
	wait = 0
	if a, _ := f.try(t.Context(), "GET", "EIO=4&transport=polling", nil); a.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After is %q, want a second at least", a.header.Get("Retry-After"))
	}
	if a, _ := f.try(t.Context(), "GET", "EIO=4&transport=polling", nil, "Friend", "yes"); a.status != 200 {
		t.Errorf("a friend got %d", a.status)
	}
}

func TestConnectionsAreCountedByAddress(t *testing.T) {
	var conns []*engineio.Conn
	s := engineio.NewServer(engineio.Config{
		Limits: engineio.Limits{MaxConnsPerAddr: 2},
		Accept: func(c *engineio.Conn) engineio.Receiver {
			conns = append(conns, c)
			return &peer{conn: c, closed: make(chan engineio.Reason, 1)}
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
	eventually(t, func() bool { return s.Len() == len(conns)-1 })
	if got := connect("192.0.2.1:4"); got != 200 {
		t.Errorf("when one has gone: got %d", got)
	}
}
