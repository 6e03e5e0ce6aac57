package engineio_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

const allowedOrigin = "https://friend.example"

func allowOneOrigin(_ *http.Request, origin string) (allow, credentials bool) {
	return origin == allowedOrigin, true
}

func TestPreflight_allows_requested_headers(t *testing.T) {
	many := strings.Repeat("a,", 63) + "a"
	long := strings.Repeat("x", 2048)
	for _, tt := range []struct {
		name, want string
		requested  []string
		rejected   bool
	}{
		{name: "nothing"},
		{name: "one", requested: []string{"authorization"}, want: "authorization"},
		{name: "several with spaces", requested: []string{"authorization, content-type ,\tx-api-key"}, want: "authorization,content-type,x-api-key"},
		{name: "two lines", requested: []string{"a,b", "c"}, want: "a,b,c"},
		{name: "empty elements", requested: []string{",a,,b,"}, want: "a,b"},
		{name: "every character of a name", requested: []string{"!#$%&'*+-.^_`|~09AZaz"}, want: "!#$%&'*+-.^_`|~09AZaz"},
		{name: "64 names", requested: []string{many}, want: many},
		{name: "65 names", requested: []string{many + ",a"}, rejected: true},
		{name: "2,048 bytes", requested: []string{long}, want: long},
		{name: "2,049 bytes", requested: []string{long + "x"}, rejected: true},
		{name: "2,049 bytes in two lines", requested: []string{long[:1024], long[:1024]}, rejected: true},
		{name: "a space in a name", requested: []string{"a b"}, rejected: true},
		{name: "a colon", requested: []string{"a: b"}, rejected: true},
		{name: "a quote", requested: []string{`"a"`}, rejected: true},
		{name: "Korean", requested: []string{"헤더"}, rejected: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := siotest.Serve(t, engineio.Config{AllowOrigin: allowOneOrigin}, nil)
			header := []string{"Origin", allowedOrigin, "Access-Control-Request-Method", "POST"}
			for _, line := range tt.requested {
				header = append(header, "Access-Control-Request-Headers", line)
			}
			a := f.Call("OPTIONS", "", "", header...)
			if tt.rejected {
				a.Want(t, 400, `{"code":3,"message":"Bad request"}`)
			} else {
				a.Want(t, 204, "")
			}
			if got := a.Header.Get("Access-Control-Allow-Headers"); got != tt.want {
				t.Errorf("Access-Control-Allow-Headers: got %.80q, want %.80q", got, tt.want)
			}
			if got := a.Header.Values("Vary"); !slices.Equal(got, []string{"Origin", "Access-Control-Request-Headers"}) {
				t.Errorf("Vary: got %q, want Origin and Access-Control-Request-Headers", got)
			}
		})
	}
}

func TestPreflight_returns_AllowedHeaders(t *testing.T) {
	for _, tt := range []struct {
		allowed []string
		want    string
	}{
		{[]string{"Authorization", "X-Api-Key"}, "Authorization,X-Api-Key"},
		{[]string{}, ""},
	} {
		f := siotest.Serve(t, engineio.Config{AllowOrigin: allowOneOrigin, AllowedHeaders: tt.allowed}, nil)
		a := f.Call("OPTIONS", "", "", "Origin", allowedOrigin, "Access-Control-Request-Headers", "x-other")
		a.Want(t, 204, "")
		if got := a.Header.Get("Access-Control-Allow-Headers"); got != tt.want {
			t.Errorf("%q: Access-Control-Allow-Headers: got %q, want %q", tt.allowed, got, tt.want)
		}
		if got := a.Header.Values("Vary"); !slices.Equal(got, []string{"Origin"}) {
			t.Errorf("%q: Vary: got %q, want Origin", tt.allowed, got)
		}
	}
}

func TestPreflight_allows_nothing_for_a_rejected_or_own_origin(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{AllowOrigin: allowOneOrigin}, nil)
	for origin, status := range map[string]int{"https://evil.example": 403, "http://" + f.Address(): 400} {
		a := f.Call("OPTIONS", "", "", "Origin", origin, "Access-Control-Request-Headers", "authorization")
		if got := a.Header.Get("Access-Control-Allow-Headers"); a.Status != status || got != "" {
			t.Errorf("%s: got %d, Access-Control-Allow-Headers %q, want %d and none", origin, a.Status, got, status)
		}
	}
}
