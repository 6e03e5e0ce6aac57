package engineio_test

import (
	"fmt"
	"strings"
	"testing"

	"gifchat/socketio/engineio"
)

// Row W1: pages of other sites cannot drive connections, over either revision
// and each way in.
func TestOriginMatrix(t *testing.T) {
	for _, revision := range []string{"3", "4"} {
		for _, secure := range []bool{false, true} {
			t.Run(fmt.Sprintf("revision %s, secure %t", revision, secure), func(t *testing.T) {
				originMatrix(t, revision, secure)
			})
		}
	}
}

func originMatrix(t *testing.T, revision string, secure bool) {
	f := serve(t, engineio.Config{Secure: secure}, nil)
	host := f.address()
	query := "EIO=" + revision + "&transport="
	ask := func(method, rest, body string, header ...string) answer {
		t.Helper()
		a, err := f.try(t.Context(), method, query+"polling"+rest, strings.NewReader(body), header...)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	first := ask("GET", "", "").body
	sid, p := parseOpen(t, first[strings.Index(first, "0{"):]).SID, f.peer()
	for _, tt := range []struct {
		name    string
		origins []string
		allowed bool
	}{
		{"none", nil, true},
		{"the same", []string{"http://" + host}, !secure},
		{"the same over TLS, as behind a proxy", []string{"https://" + host}, true},
		{"the same in upper case", []string{"HTTPS://" + strings.ToUpper(host)}, true},
		{"the same of another scheme", []string{"ftp://" + host}, false},
		{"the same without a scheme", []string{host}, false},
		{"evil", []string{"http://evil.example"}, false},
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
		{"garbage", []string{"http://%zz"}, false},
		{"two", []string{"http://" + host, "http://evil.example"}, false},
		{"twice the same", []string{"http://" + host, "http://" + host}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var header []string
			for _, o := range tt.origins {
				header = append(header, "Origin", o)
			}
			before := f.engine.Len()
			get := ask("GET", "", "", header...)
			post := ask("POST", "&sid="+sid, map[string]string{"3": "2:4x", "4": "4x"}[revision], header...)
			socket, refused := f.dial(query+"websocket", header...)
			upgrade, upgradeRefused := f.dial(query+"websocket&sid="+sid, header...)
			if tt.allowed {
				if get.status != 200 || post.body != "ok" || socket == nil || upgrade == nil {
					t.Errorf("refused: GET %d, POST %d, WebSocket %v, upgrade %v", get.status, post.status, refused, upgradeRefused)
				}
				if upgrade != nil {
					upgrade.close()
					f.eventually(func() bool { return !p.conn.Probing() })
				}
			} else {
				get.want(t, 403, `{"code":4,"message":"Forbidden"}`)
				post.want(t, 403, `{"code":4,"message":"Forbidden"}`)
				if socket != nil || refused.StatusCode != 403 || upgrade != nil || upgradeRefused.StatusCode != 403 {
					t.Errorf("WebSocket %v, upgrade %v, want 403", refused, upgradeRefused)
				}
				if f.engine.Len() != before {
					t.Error("a connection was made")
				}
			}
			if got := get.header.Get("Access-Control-Allow-Origin"); got != "" {
				t.Errorf("Access-Control-Allow-Origin is %q", got)
			}
		})
	}
	p.wantOpen(t)
}
