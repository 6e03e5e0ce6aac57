package engineio_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

// wantOrigin checks whether a handshake of a page of origin is allowed, and whether the
// page may send cookies.
func wantOrigin(t *testing.T, f *siotest.Engine, origin string, allow, credentials bool) {
	t.Helper()
	a := f.Call("GET", "", "", "Origin", origin)
	got := map[bool]string{true: "allowed", false: "rejected"}[a.Status == 200]
	want := map[bool]string{true: "allowed", false: "rejected"}[allow]
	if a.Header.Get("Access-Control-Allow-Credentials") == "true" {
		got += " with cookies"
	}
	if credentials {
		want += " with cookies"
	}
	if got != want {
		t.Errorf("origin %q: got %s, want %s", origin, got, want)
	}
}

func TestOrigins_allows_only_the_listed_origins(t *testing.T) {
	for _, tt := range []struct {
		entry            string
		allowed, refused []string
	}{
		{"https://app.example.org", []string{"https://app.example.org"}, []string{
			"http://app.example.org", "https://app.example.org:8443", "https://example.org", "https://x.app.example.org",
			"https://app.example.org.evil.example", "https://app.example.org/", "https://app.example.org@evil.example", "null", "", "*",
		}},
		{"HTTPS://App.Example.ORG", []string{"https://app.example.org"}, []string{"http://app.example.org"}},
		{"https://app.example.org:443", []string{"https://app.example.org"}, []string{"https://app.example.org:80"}},
		{"http://app.example.org:80", []string{"http://app.example.org"}, []string{"https://app.example.org"}},
		{"http://app.example.org:443", []string{"http://app.example.org:443"}, []string{"http://app.example.org"}},
		{"http://localhost:03000", []string{"http://localhost:3000"}, []string{"http://localhost", "http://127.0.0.1:3000"}},
		{"http://[0:0:0:0:0:0:0:1]:3000", []string{"http://[::1]:3000"}, []string{"http://[::1]"}},
		{"https://[2001:DB8::1]", []string{"https://[2001:db8::1]"}, []string{"https://[2001:db8::2]"}},
		{"https://xn--9t4b11yi5a.example", []string{"https://xn--9t4b11yi5a.example"}, nil},
		{"capacitor://localhost", []string{"capacitor://localhost"}, []string{"http://localhost"}},
	} {
		t.Run(tt.entry, func(t *testing.T) {
			f := siotest.Serve(t, engineio.Config{Origins: []string{"https://other.example", tt.entry}}, nil)
			for _, origin := range tt.allowed {
				wantOrigin(t, f, origin, true, true)
			}
			for _, origin := range tt.refused {
				wantOrigin(t, f, origin, false, false)
			}
			wantOrigin(t, f, "https://other.example", true, true)
		})
	}
}

func TestOrigins_star_allows_every_page_without_cookies(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{Origins: []string{"*", "https://app.example.org"}}, nil)
	wantOrigin(t, f, "https://app.example.org", true, true)
	wantOrigin(t, f, "https://evil.example", true, false)
	wantOrigin(t, f, "null", true, false)
}

func TestOrigins_and_AllowOrigin_allow_what_either_allows(t *testing.T) {
	for _, star := range []bool{false, true} {
		var asked []string
		origins := []string{"https://listed.example"}
		if star {
			origins = append(origins, "*")
		}
		f := siotest.Serve(t, engineio.Config{Origins: origins, AllowOrigin: func(_ *http.Request, origin string) (bool, bool) {
			asked = append(asked, origin)
			return strings.HasSuffix(origin, ".example"), strings.HasPrefix(origin, "https://")
		}}, nil)
		wantOrigin(t, f, "https://listed.example", true, true)
		wantOrigin(t, f, "https://function.example", true, true)
		wantOrigin(t, f, "http://function.example", true, false)
		wantOrigin(t, f, "https://neither.test", star, false)
		if got, want := fmt.Sprint(asked), "[https://function.example http://function.example https://neither.test]"; got != want {
			t.Errorf("origins that AllowOrigin received: got %s, want %s", got, want)
		}
	}
}

func TestNewServer_panics_if_an_origin_is_malformed(t *testing.T) {
	accept := func(*engineio.Conn) engineio.Receiver { return nil }
	for entry, want := range map[string]string{
		"https://app.example.org/":         "without a slash at the end",
		"https://app.example.org/chat":     "want a scheme, a host",
		"https://app.example.org?x":        "want a scheme, a host",
		"https://app.example.org?":         "want a scheme, a host",
		"https://app.example.org#":         "want a scheme, a host",
		"https://ann@app.example.org":      "want a scheme, a host",
		"https://app.example.org:":         "want a scheme, a host",
		"https://app.example.org:0":        "want a scheme, a host",
		"https://app.example.org:65536":    "want a scheme, a host",
		"https://app.example.org:x":        "want a scheme, a host",
		"https://%61pp.example.org":        "want a scheme, a host",
		"https://":                         "want a scheme, a host",
		"https://:8443":                    "want a scheme, a host",
		"file://":                          "want a scheme, a host",
		"//app.example.org":                "want a scheme, a host",
		"app.example.org":                  "want a scheme, a host",
		"app.example.org:8443":             "want a scheme, a host",
		" https://app.example.org":         "want a scheme, a host",
		"https://a.example,https://b.test": "want a scheme, a host",
		"":                                 "want a scheme, a host",
		"null":                             "AllowOrigin",
		"https://*.example.org":            "AllowOrigin",
		"https://한글.example":               "xn--",
	} {
		t.Run(entry, func(t *testing.T) {
			defer func() {
				got := fmt.Sprint(recover())
				if prefix := fmt.Sprintf("engineio: Config.Origins[1] is %q: ", entry); !strings.HasPrefix(got, prefix) || !strings.Contains(got, want) {
					t.Errorf("panic: got %s, want %s… with %q", got, prefix, want)
				}
			}()
			engineio.NewServer(engineio.Config{Accept: accept, Origins: []string{"*", entry}})
		})
	}
}

func TestOrigins_answers_a_preflight(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{Origins: []string{"https://app.example.org", "*"}}, nil)
	for origin, credentials := range map[string]string{"https://app.example.org": "true", "https://page.example": ""} {
		a := f.Call("OPTIONS", "", "", "Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization")
		a.Want(t, 204, "")
		for name, want := range map[string]string{
			"Access-Control-Allow-Origin":      origin, // not "*", which would exclude cookies of listed origins
			"Access-Control-Allow-Credentials": credentials,
			"Access-Control-Allow-Methods":     "GET,POST",
			"Access-Control-Allow-Headers":     "authorization",
		} {
			if got := a.Header.Get(name); got != want {
				t.Errorf("%s, %s: got %q, want %q", origin, name, got, want)
			}
		}
	}
	listed := siotest.Serve(t, engineio.Config{Origins: []string{"https://app.example.org"}}, nil)
	listed.Call("OPTIONS", "", "", "Origin", "https://page.example").Want(t, 403, `{"code":4,"message":"Forbidden"}`)
}

// Browsers send cookies with the WebSocket handshake of every page that may connect.
func TestOrigin_without_credentials_receives_no_cookies(t *testing.T) {
	identify := func(r *http.Request) (any, error) { return r.Header.Get("Cookie"), nil }
	f := siotest.Serve(t, engineio.Config{Identify: identify, Origins: []string{"*", "https://app.example.org"}}, nil)
	for _, tt := range []struct{ origin, want string }{
		{"https://app.example.org", "session=1"},
		{"http://" + f.Address(), "session=1"},
		{"https://evil.example", ""},
	} {
		if w, resp := f.Dial("EIO=4&transport=websocket", "Origin", tt.origin, "Cookie", "session=1", "X-Test", "kept"); w == nil {
			t.Fatalf("%s: got %d, want 101", tt.origin, resp.StatusCode)
		}
		c := f.Peer().Conn
		if got := c.Identity(); got != tt.want {
			t.Errorf("%s, cookie in Identify: got %q, want %q", tt.origin, got, tt.want)
		}
		if got := c.Handshake().Header.Get("Cookie"); got != tt.want {
			t.Errorf("%s, cookie in Handshake: got %q, want %q", tt.origin, got, tt.want)
		}
		if got := c.Handshake().Header.Get("X-Test"); got != "kept" {
			t.Errorf("%s, another header: got %q, want kept", tt.origin, got)
		}
	}
}

// Browsers send the HTTP password that they have cached for the host in the same way. With
// a poll of such a page they do not, so the page itself has set the header.
func TestOrigin_without_credentials_sends_Authorization_only_with_a_poll(t *testing.T) {
	identify := func(r *http.Request) (any, error) { return r.Header.Get("Authorization"), nil }
	f := siotest.Serve(t, engineio.Config{Identify: identify, Origins: []string{"*", "https://app.example.org"}}, nil)
	for _, tt := range []struct{ origin, transport, want string }{
		{"https://app.example.org", "websocket", "Basic YTpi"},
		{"http://" + f.Address(), "websocket", "Basic YTpi"},
		{"https://evil.example", "websocket", ""},
		{"https://evil.example", "polling", "Basic YTpi"},
	} {
		header := []string{"Origin", tt.origin, "Authorization", "Basic YTpi"}
		if tt.transport == "polling" {
			f.Call("GET", "", "", header...)
		} else if w, resp := f.Dial("EIO=4&transport=websocket", header...); w == nil {
			t.Fatalf("%s: got %d, want 101", tt.origin, resp.StatusCode)
		}
		c := f.Peer().Conn
		if got := c.Identity(); got != tt.want {
			t.Errorf("%s over %s, Authorization in Identify: got %q, want %q", tt.origin, tt.transport, got, tt.want)
		}
		if got := c.Handshake().Header.Get("Authorization"); got != tt.want {
			t.Errorf("%s over %s, Authorization in Handshake: got %q, want %q", tt.origin, tt.transport, got, tt.want)
		}
	}
}
