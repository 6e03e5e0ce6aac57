package engineio_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

// Pages of other sites cannot use a connection, over either revision and any transport
// (promise W1 in docs/promises.md).
func TestOrigin_matrix(t *testing.T) {
	for _, revision := range []string{"3", "4"} {
		for _, secure := range []bool{false, true} {
			t.Run(fmt.Sprintf("revision %s, secure %t", revision, secure), func(t *testing.T) {
				originMatrix(t, revision, secure)
			})
		}
	}
}

type originCase struct {
	name    string
	origins []string
	allowed bool
}

// originCases returns Origin headers of a request to host.
func originCases(host string, secure bool) []originCase {
	return []originCase{
		{"none", nil, true},
		{"the same", []string{"http://" + host}, !secure},
		{"the same over TLS, as behind a proxy", []string{"https://" + host}, true},
		{"the same in upper case", []string{"HTTPS://" + strings.ToUpper(host)}, true},
		{"the same of another scheme", []string{"ftp://" + host}, false},
		{"the same without a scheme", []string{host}, false},
		{"another host", []string{"http://evil.example"}, false},
		{"null", []string{"null"}, false},
		{"empty", []string{""}, false},
		{"another port", []string{"http://127.0.0.1:1"}, false},
		{"no port", []string{"http://127.0.0.1"}, false},
		{"as a subdomain", []string{"http://" + strings.Replace(host, ":", ".evil.example:", 1)}, false},
		{"with a prefix", []string{"http://evil" + host}, false},
		{"as user info", []string{"http://" + host + "@evil.example"}, false},
		{"as a path", []string{"http://evil.example/" + host}, false},
		{"a trailing dot", []string{"http://" + strings.Replace(host, ":", ".:", 1)}, false},
		{"IPv6", []string{"http://[::1]" + host[strings.Index(host, ":"):]}, false},
		{"a malformed URL", []string{"http://%zz"}, false},
		{"two origins", []string{"http://" + host, "http://evil.example"}, false},
		{"the same twice", []string{"http://" + host, "http://" + host}, false},
	}
}

func originMatrix(t *testing.T, revision string, secure bool) {
	f := siotest.Serve(t, engineio.Config{Secure: secure}, nil)
	host := f.Address()
	query := "EIO=" + revision + "&transport="
	request := func(method, rest, body string, header ...string) siotest.Response {
		t.Helper()
		a, err := f.Try(t.Context(), method, query+"polling"+rest, strings.NewReader(body), header...)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	sid, p := siotest.ParseOpen(t, request("GET", "", "").Body).SID, f.Peer()
	for _, tt := range originCases(host, secure) {
		t.Run(tt.name, func(t *testing.T) {
			var header []string
			for _, o := range tt.origins {
				header = append(header, "Origin", o)
			}
			before := f.Server.Len()
			get := request("GET", "", "", header...)
			post := request("POST", "&sid="+sid, map[string]string{"3": "2:4x", "4": "4x"}[revision], header...)
			socket, rejection := f.Dial(query+"websocket", header...)
			upgrade, upgradeRejection := f.Dial(query+"websocket&sid="+sid, header...)
			if tt.allowed {
				if get.Status != 200 || post.Body != "ok" || socket == nil || upgrade == nil {
					t.Errorf("allowed origin: got GET %d, POST %d, WebSocket %v, upgrade %v, want no error", get.Status, post.Status, rejection, upgradeRejection)
				}
				if upgrade != nil {
					upgrade.Close()
					siotest.Eventually(t, func() bool { return !p.Conn.Probing() })
				}
			} else {
				get.Want(t, 403, `{"code":4,"message":"Forbidden"}`)
				post.Want(t, 403, `{"code":4,"message":"Forbidden"}`)
				if socket != nil || rejection.StatusCode != 403 || upgrade != nil || upgradeRejection.StatusCode != 403 {
					t.Errorf("got WebSocket %v, upgrade %v, want 403", rejection, upgradeRejection)
				}
				if f.Server.Len() != before {
					t.Error("Len: got a new connection, want none")
				}
			}
			if got := get.Header.Get("Access-Control-Allow-Origin"); got != "" {
				t.Errorf("Access-Control-Allow-Origin: got %q, want none", got)
			}
		})
	}
	p.WantOpen(t)
}

func TestAllowOrigin_sets_CORS_headers(t *testing.T) {
	for _, credentials := range []bool{false, true} {
		f := siotest.Serve(t, engineio.Config{AllowOrigin: func(_ *http.Request, origin string) (bool, bool) {
			return origin == "https://friend.example", credentials
		}}, nil)
		sid, _ := f.Open()
		wantCredentials := map[bool]string{false: "", true: "true"}[credentials]
		for _, a := range []siotest.Response{
			f.Call("GET", "", "", "Origin", "https://friend.example"),
			f.Call("POST", "&sid="+sid, "4x", "Origin", "https://friend.example"),
			f.Call("GET", "&sid=unknown", "", "Origin", "https://friend.example"), // the page may read errors too
			f.Call("OPTIONS", "", "", "Origin", "https://friend.example", "Access-Control-Request-Method", "POST"),
		} {
			if got := a.Header.Get("Access-Control-Allow-Origin"); got != "https://friend.example" {
				t.Errorf("status %d, Access-Control-Allow-Origin: got %q, want https://friend.example", a.Status, got)
			}
			if got := a.Header.Get("Access-Control-Allow-Credentials"); got != wantCredentials {
				t.Errorf("status %d, Access-Control-Allow-Credentials: got %q, want %q", a.Status, got, wantCredentials)
			}
			if got := a.Header.Get("Vary"); got != "Origin" {
				t.Errorf("status %d, Vary: got %q, want Origin", a.Status, got)
			}
		}
		preflight := f.Call("OPTIONS", "", "", "Origin", "https://friend.example")
		preflight.Want(t, 204, "")
		if got := preflight.Header.Get("Access-Control-Allow-Methods"); got != "GET,POST" {
			t.Errorf("Access-Control-Allow-Methods: got %q, want GET,POST", got)
		}
		f.Call("GET", "", "", "Origin", "https://evil.example").Want(t, 403, `{"code":4,"message":"Forbidden"}`)
		f.Call("OPTIONS", "", "", "Origin", "https://evil.example").Want(t, 403, `{"code":4,"message":"Forbidden"}`)
		if w, _ := f.Dial("EIO=4&transport=websocket", "Origin", "https://friend.example"); w == nil {
			t.Error("WebSocket of an allowed origin: got an error, want 101")
		}
	}
}
