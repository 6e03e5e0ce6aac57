package engineio_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

func TestHandshake_returns_the_open_packet(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	a := f.Call("GET", "", "")
	if a.Status != 200 {
		t.Fatalf("handshake: got %d %s, want 200", a.Status, a.Body)
	}
	for key, want := range map[string]string{"Content-Type": "text/plain; charset=UTF-8", "Cache-Control": "no-store"} {
		if got := a.Header.Get(key); got != want {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
	}
	want := regexp.MustCompile(`^0\{"sid":"[A-Za-z0-9_-]{20}","upgrades":\["websocket"\],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000\}$`)
	if !want.MatchString(a.Body) {
		t.Errorf("open packet: got %s, want a match of %s", a.Body, want)
	}
	if f.Server.Len() != 1 {
		t.Errorf("Len: got %d, want 1", f.Server.Len())
	}
	p := f.Peer()
	if p.Conn.Transport() != "polling" {
		t.Errorf("Transport: got %q, want polling", p.Conn.Transport())
	}
}

func TestHandshake_keeps_the_request(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{
		Identify: func(r *http.Request) (any, error) { return r.Header.Get("X-User"), nil },
		Address:  func(r *http.Request) string { return "seen " + r.Header.Get("X-From") },
	}, nil)
	f.Call("GET", "&room=7", "", "X-User", "ann", "X-From", "here")
	p := f.Peer()
	h := p.Conn.Handshake()
	if p.Conn.Identity() != "ann" || h.Address != "seen here" || h.Query().Get("room") != "7" || h.Header.Get("X-User") != "ann" || h.Secure || h.Time.IsZero() {
		t.Errorf("got handshake %+v and identity %v, want those of the request", h, p.Conn.Identity())
	}
}

func TestHandshakeURL_is_that_of_the_request(t *testing.T) {
	const query = "EIO=4&transport=polling&room=a%20b&x=%zz"
	for _, tt := range []struct {
		name, target, want string
		change             func(*http.Request)
	}{
		{name: "as received", target: "/api/socket.io/?" + query, want: "/api/socket.io/?" + query},
		{name: "an escaped path", target: "/a%2Fb/?" + query, want: "/a%2Fb/?" + query},
		{name: "a question mark in the query", target: "/?" + query + "&q=?", want: "/?" + query + "&q=?"},
		{name: "below http.StripPrefix", target: "/api/socket.io/?" + query, want: "/api/socket.io/?" + query, change: func(r *http.Request) { r.URL.Path = "/" }},
		{name: "with a query that a handler has changed", target: "/?token=secret&" + query, want: "/?" + query, change: func(r *http.Request) { r.URL.RawQuery = query }},
		{name: "of a proxy", target: "http://app.example.org/socket.io/?" + query, want: "/socket.io/?" + query},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var c *engineio.Conn
			s := engineio.NewServer(engineio.Config{Accept: func(conn *engineio.Conn) engineio.Receiver {
				c = conn
				return siotest.NewPeer(conn, nil)
			}})
			defer siotest.Close(t, s)
			r := httptest.NewRequestWithContext(t.Context(), "GET", tt.target, nil)
			r.Host = "app.example.org:8443"
			if tt.change != nil {
				tt.change(r)
			}
			s.ServeHTTP(httptest.NewRecorder(), r)
			h := c.Handshake()
			if h.URL != tt.want || h.Host != "app.example.org:8443" {
				t.Errorf("URL and Host: got %q and %q, want %q and app.example.org:8443", h.URL, h.Host, tt.want)
			}
			if got := h.Query().Get("room"); got != "a b" {
				t.Errorf("Query, room: got %q, want %q", got, "a b")
			}
		})
	}
}

// The codes and messages are those of the reference server.
func TestHandshake_returns_numbered_errors(t *testing.T) {
	const (
		unknownTransport = `{"code":0,"message":"Transport unknown"}`
		badMethod        = `{"code":2,"message":"Bad handshake method"}`
		badRequest       = `{"code":3,"message":"Bad request"}`
		badVersion       = `{"code":5,"message":"Unsupported protocol version"}`
	)
	f := siotest.Serve(t, engineio.Config{}, nil)
	for _, tt := range []struct{ name, method, query, want string }{
		{"no query", "GET", "", unknownTransport},
		{"no transport", "GET", "EIO=4", unknownTransport},
		{"transport abc", "GET", "EIO=4&transport=abc", unknownTransport},
		{"transport __proto__", "GET", "EIO=4&transport=__proto__", unknownTransport},
		{"transport constructor", "GET", "EIO=4&transport=constructor", unknownTransport},
		{"transport in upper case", "GET", "EIO=4&transport=Polling", unknownTransport},
		{"no version", "GET", "transport=polling", badVersion},
		{"version 3 over JSONP", "GET", "EIO=3&transport=polling&j=0", badRequest},
		{"version 5", "GET", "EIO=5&transport=polling", badVersion},
		{"version abc", "GET", "EIO=abc&transport=polling", badVersion},
		{"unknown sid", "GET", "EIO=4&transport=polling&sid=abc", unknownSID},
		{"unknown sid over POST", "POST", "EIO=4&transport=polling&sid=abc", unknownSID},
		{"unknown sid over WebSocket", "GET", "EIO=4&transport=websocket&sid=abc", unknownSID},
		{"sid twice", "GET", "EIO=4&transport=polling&sid=abc&sid=def", unknownSID},
		{"POST without a sid", "POST", "EIO=4&transport=polling", badMethod},
		{"PUT", "PUT", "EIO=4&transport=polling", badMethod},
		{"DELETE", "DELETE", "EIO=4&transport=polling", badMethod},
		{"OPTIONS", "OPTIONS", "EIO=4&transport=polling", badMethod},
		{"websocket without an upgrade", "GET", "EIO=4&transport=websocket", badRequest},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := f.Try(t.Context(), tt.method, tt.query, nil)
			if err != nil {
				t.Fatal(err)
			}
			a.Want(t, 400, tt.want)
			if got := a.Header.Get("Content-Type"); got != "application/json" {
				t.Errorf("Content-Type: got %q, want application/json", got)
			}
		})
	}
	if f.Server.Len() != 0 {
		t.Errorf("Len: got %d, want 0", f.Server.Len())
	}
	if len(f.Peers) != 0 {
		t.Error("Accept: got a call for a rejected client, want none")
	}
}

func TestHandshake_ignores_a_malformed_escape_in_another_parameter(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	if a := f.Call("GET", "&x=%zz", ""); a.Status != 200 {
		t.Errorf("handshake: got %d %s, want 200", a.Status, a.Body)
	}
}

func TestServer_rejects_other_methods_with_a_sid(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	for _, method := range []string{"PUT", "DELETE", "PATCH"} {
		f.Call(method, "&sid="+sid, "").Want(t, 400, `{"code":3,"message":"Bad request"}`)
	}
	a, err := f.Try(t.Context(), "GET", "EIO=4&transport=websocket&sid="+sid, nil)
	if err != nil || a.Status != 400 {
		t.Errorf("websocket without an Upgrade header: got %d, %v, want 400", a.Status, err)
	}
	p.WantOpen(t)
}

func TestIdentify_rejects_a_client(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{Identify: func(*http.Request) (any, error) { return nil, errors.New("banned") }}, nil)
	f.Call("GET", "", "").Want(t, 403, `{"code":4,"message":"Forbidden"}`)
	if _, resp := f.Dial("EIO=4&transport=websocket"); resp == nil || resp.StatusCode != 403 {
		t.Errorf("WebSocket handshake: got %v, want 403", resp)
	}
	if len(f.Peers) != 0 {
		t.Error("Accept: got a call for a rejected client, want none")
	}
}

func TestHandshake_of_a_malformed_WebSocket_leaves_no_connection(t *testing.T) {
	for name, header := range map[string][]string{
		"no key":          {"Sec-WebSocket-Version", "13"},
		"a short key":     {"Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "abc"},
		"another version": {"Sec-WebSocket-Version", "8", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
	} {
		t.Run(name, func(t *testing.T) {
			f := siotest.Serve(t, engineio.Config{}, nil)
			header = append(header, "Upgrade", "websocket", "Connection", "Upgrade")
			a, err := f.Try(t.Context(), "GET", "EIO=4&transport=websocket", nil, header...)
			if err != nil {
				t.Fatal(err)
			}
			if a.Status < 400 || a.Status > 500 {
				t.Errorf("got %d, want a status from 400 to 500", a.Status)
			}
			siotest.Eventually(t, func() bool { return f.Server.Len() == 0 })
		})
	}
}

func TestHandshake_fails_once_without_a_Hijacker(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	r := httptest.NewRequest("GET", "/?EIO=4&transport=websocket", nil)
	r.Header.Set("Upgrade", "websocket")
	r.Header.Set("Connection", "Upgrade")
	w := httptest.NewRecorder()
	f.Server.ServeHTTP(w, r)
	if w.Code != 500 {
		t.Errorf("got %d, want 500", w.Code)
	}
	if f.Server.Len() != 0 {
		t.Error("Len: got a connection, want none")
	}
}

func TestSID_is_unique_and_safe_in_a_URL(t *testing.T) {
	n := sized(4_000, 100_000)
	urlSafe := regexp.MustCompile(`^[A-Za-z0-9_-]{20}$`)
	seen := make(map[string]bool, n)
	for _, revision := range []string{"3", "4"} {
		s := engineio.NewServer(engineio.Config{
			Limits: engineio.Limits{MaxConns: n},
			Accept: func(c *engineio.Conn) engineio.Receiver {
				return &siotest.Peer{Ended: make(chan engineio.Reason, 1)}
			},
		})
		defer s.Close(context.Background())
		var counts [20][256]int
		for range n {
			w := httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequest("GET", "/?EIO="+revision+"&transport=polling", nil))
			sid := siotest.ParseOpen(t, w.Body.String()).SID
			if !urlSafe.MatchString(sid) {
				t.Fatalf("sid: got %q, want 20 characters that are safe in a URL", sid)
			}
			if seen[sid] {
				t.Fatalf("sid: got %q twice, want it once", sid)
			}
			seen[sid] = true
			for i, c := range []byte(sid) {
				counts[i][c]++
			}
		}
		for i, count := range counts {
			// Each of the 64 characters is expected n/64 times in each place. A counter or
			// a clock would be visible.
			if chi := chiSquare(count[:], float64(n)/64); chi > 150 { // 63 degrees of freedom: exceeded by chance in one of 10^7 runs per place
				t.Errorf("EIO=%s, place %d: got chi-square %.0f, want at most 150", revision, i, chi)
			}
		}
	}
}

// chiSquare returns the chi-square statistic of the counts of 64 characters.
func chiSquare(counts []int, expected float64) float64 {
	chi, kinds := 0.0, 0
	for _, c := range counts {
		if c > 0 {
			kinds++
			d := float64(c) - expected
			chi += d * d / expected
		}
	}
	return chi + float64(64-kinds)*expected // characters that never occurred
}
