package engineio_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"gifchat/socketio/engineio"
)

func TestHandshakeAnswersWithTheOpenPacket(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	a := f.call("GET", "", "")
	if a.status != 200 {
		t.Fatalf("got %d %s", a.status, a.body)
	}
	for key, want := range map[string]string{"Content-Type": "text/plain; charset=UTF-8", "Cache-Control": "no-store"} {
		if got := a.header.Get(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	want := regexp.MustCompile(`^0\{"sid":"[A-Za-z0-9_-]{20}","upgrades":\["websocket"\],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000\}$`)
	if !want.MatchString(a.body) {
		t.Errorf("got %s", a.body)
	}
	if f.engine.Len() != 1 {
		t.Errorf("%d connections, want 1", f.engine.Len())
	}
	p := f.peer()
	if p.conn.Transport() != "polling" {
		t.Errorf("transport is %q", p.conn.Transport())
	}
}

func TestHandshakeKeepsWhatTheClientBrought(t *testing.T) {
	f := serve(t, engineio.Config{
		Identify: func(r *http.Request) (any, error) { return r.Header.Get("X-User"), nil },
		Address:  func(r *http.Request) string { return "seen " + r.Header.Get("X-From") },
	}, nil)
	f.call("GET", "&room=7", "", "X-User", "ann", "X-From", "here")
	p := f.peer()
	h := p.conn.Handshake()
	if p.conn.Identity() != "ann" || h.Address != "seen here" || h.Query().Get("room") != "7" || h.Header.Get("X-User") != "ann" || h.Secure || h.Time.IsZero() {
		t.Errorf("got %+v with identity %v", h, p.conn.Identity())
	}
}

// The numbers and words are those of the reference server.
func TestHandshakeErrors(t *testing.T) {
	const (
		unknownTransport = `{"code":0,"message":"Transport unknown"}`
		badMethod        = `{"code":2,"message":"Bad handshake method"}`
		badRequest       = `{"code":3,"message":"Bad request"}`
		badVersion       = `{"code":5,"message":"Unsupported protocol version"}`
	)
	f := serve(t, engineio.Config{}, nil)
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
			a, err := f.try(t.Context(), tt.method, tt.query, nil)
			if err != nil {
				t.Fatal(err)
			}
			a.want(t, 400, tt.want)
			if got := a.header.Get("Content-Type"); got != "application/json" {
				t.Errorf("Content-Type is %q", got)
			}
		})
	}
	if f.engine.Len() != 0 {
		t.Errorf("%d connections, want none", f.engine.Len())
	}
	if len(f.peers) != 0 {
		t.Error("a refused client was accepted")
	}
}

func TestABadEscapeElsewhereInTheQueryDoesNotMatter(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	if a := f.call("GET", "&x=%zz", ""); a.status != 200 {
		t.Errorf("got %d %s, want 200", a.status, a.body)
	}
}

func TestOtherMethodsWithASIDAreRefused(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll()
	for _, method := range []string{"PUT", "DELETE", "PATCH"} {
		f.call(method, "&sid="+sid, "").want(t, 400, `{"code":3,"message":"Bad request"}`)
	}
	a, err := f.try(t.Context(), "GET", "EIO=4&transport=websocket&sid="+sid, nil)
	if err != nil || a.status != 400 {
		t.Errorf("websocket without an upgrade: %d %v", a.status, err)
	}
	p.wantOpen(t)
}

func TestARefusedIdentityIsForbidden(t *testing.T) {
	f := serve(t, engineio.Config{Identify: func(*http.Request) (any, error) { return nil, errors.New("banned") }}, nil)
	f.call("GET", "", "").want(t, 403, `{"code":4,"message":"Forbidden"}`)
	if _, resp := f.dial("EIO=4&transport=websocket"); resp == nil || resp.StatusCode != 403 {
		t.Errorf("websocket: %v, want 403", resp)
	}
	if len(f.peers) != 0 {
		t.Error("a refused client was accepted")
	}
}

func TestABadWebSocketHandshakeLeavesNothing(t *testing.T) {
	for name, header := range map[string][]string{
		"no key":          {"Sec-WebSocket-Version", "13"},
		"a short key":     {"Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "abc"},
		"another version": {"Sec-WebSocket-Version", "8", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, engineio.Config{}, nil)
			header = append(header, "Upgrade", "websocket", "Connection", "Upgrade")
			a, err := f.try(t.Context(), "GET", "EIO=4&transport=websocket", nil, header...)
			if err != nil {
				t.Fatal(err)
			}
			if a.status < 400 || a.status > 500 {
				t.Errorf("got %d", a.status)
			}
			f.eventually(func() bool { return f.engine.Len() == 0 })
		})
	}
}

func TestAWriterThatCannotBeHijackedIsAnsweredOnce(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	r := httptest.NewRequest("GET", "/?EIO=4&transport=websocket", nil)
	r.Header.Set("Upgrade", "websocket")
	r.Header.Set("Connection", "Upgrade")
	w := httptest.NewRecorder()
	f.engine.ServeHTTP(w, r)
	if w.Code != 500 {
		t.Errorf("got %d, want 500", w.Code)
	}
	if f.engine.Len() != 0 {
		t.Error("the connection was kept")
	}
}

// flushless is a ResponseWriter that some middleware has wrapped poorly.
type flushless struct{ http.ResponseWriter }

func TestPollingNeedsNoFlusher(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll()
	p.send(t, "hello")
	rec := httptest.NewRecorder()
	f.engine.ServeHTTP(struct{ http.ResponseWriter }{flushless{rec}}, httptest.NewRequest("GET", "/?EIO=4&transport=polling&sid="+sid, nil))
	if rec.Body.String() != "4hello" {
		t.Errorf("got %q", rec.Body)
	}
	p.wantOpen(t)
}

func TestTooManyConnectionsAreToldToComeLater(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{MaxConns: 2}}, nil)
	f.poll()
	_, second := f.poll()
	a := f.call("GET", "", "")
	a.want(t, 503, `{"code":3,"message":"Too many connections"}`)
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	if _, resp := f.dial("EIO=4&transport=websocket"); resp == nil || resp.StatusCode != 503 {
		t.Errorf("websocket: %v, want 503", resp)
	}
	second.conn.Close()
	if a := f.call("GET", "", ""); a.status != 200 {
		t.Errorf("with room again: %d", a.status)
	}
}

func TestSIDsAreDistinctAndFitIntoAURL(t *testing.T) {
	n := sized(4_000, 100_000)
	urlSafe := regexp.MustCompile(`^[A-Za-z0-9_-]{20}$`)
	seen := make(map[string]bool, n)
	for _, revision := range []string{"3", "4"} {
		s := engineio.NewServer(engineio.Config{
			Limits: engineio.Limits{MaxConns: n},
			Accept: func(c *engineio.Conn) engineio.Receiver {
				return &peer{closed: make(chan engineio.Reason, 1)}
			},
		})
		defer s.Close(context.Background())
		var counts [20][256]int
		for range n {
			w := httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequest("GET", "/?EIO="+revision+"&transport=polling", nil))
			body := w.Body.String()
			sid := parseOpen(t, body[strings.Index(body, "0{"):]).SID
			if !urlSafe.MatchString(sid) {
				t.Fatalf("sid %q", sid)
			}
			if seen[sid] {
				t.Fatalf("sid %q came twice", sid)
			}
			seen[sid] = true
			for i, c := range []byte(sid) {
				counts[i][c]++
			}
		}
		for i, count := range counts {
			// Each of the 64 characters is expected n/64 times in each place: a
			// counter or a clock would show.
			if chi := chiSquare(count[:], float64(n)/64); chi > 150 { // 63 degrees of freedom: one run in 10^7 for a place
				t.Errorf("EIO=%s: characters in place %d are not even: chi-square %.0f", revision, i, chi)
			}
		}
	}
}

// chiSquare measures how uneven the counts of 64 kinds are.
func chiSquare(counts []int, expected float64) float64 {
	chi, kinds := 0.0, 0
	for _, c := range counts {
		if c > 0 {
			kinds++
			d := float64(c) - expected
			chi += d * d / expected
		}
	}
	return chi + float64(64-kinds)*expected // those that never came
}

func TestAllowedForeignOrigins(t *testing.T) {
	for _, credentials := range []bool{false, true} {
		f := serve(t, engineio.Config{AllowOrigin: func(_ *http.Request, origin string) (bool, bool) {
			return origin == "https://friend.example", credentials
		}}, nil)
		sid, _ := f.poll()
		wantCredentials := map[bool]string{false: "", true: "true"}[credentials]
		for _, a := range []answer{
			f.call("GET", "", "", "Origin", "https://friend.example"),
			f.call("POST", "&sid="+sid, "4x", "Origin", "https://friend.example"),
			f.call("GET", "&sid=unknown", "", "Origin", "https://friend.example"), // the page may read errors too
			f.call("OPTIONS", "", "", "Origin", "https://friend.example", "Access-Control-Request-Method", "POST"),
		} {
			if got := a.header.Get("Access-Control-Allow-Origin"); got != "https://friend.example" {
				t.Errorf("%d: Access-Control-Allow-Origin is %q", a.status, got)
			}
			if got := a.header.Get("Access-Control-Allow-Credentials"); got != wantCredentials {
				t.Errorf("%d: Access-Control-Allow-Credentials is %q, want %q", a.status, got, wantCredentials)
			}
			if got := a.header.Get("Vary"); got != "Origin" {
				t.Errorf("%d: Vary is %q", a.status, got)
			}
		}
		preflight := f.call("OPTIONS", "", "", "Origin", "https://friend.example")
		preflight.want(t, 204, "")
		if got := preflight.header.Get("Access-Control-Allow-Methods"); got != "GET,POST" {
			t.Errorf("Access-Control-Allow-Methods is %q", got)
		}
		f.call("GET", "", "", "Origin", "https://evil.example").want(t, 403, `{"code":4,"message":"Forbidden"}`)
		f.call("OPTIONS", "", "", "Origin", "https://evil.example").want(t, 403, `{"code":4,"message":"Forbidden"}`)
		if w, _ := f.dial("EIO=4&transport=websocket", "Origin", "https://friend.example"); w == nil {
			t.Error("the friend may not open a WebSocket")
		}
	}
}
