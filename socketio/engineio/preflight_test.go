package engineio_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

const friend = "https://friend.example"

func allowFriend(_ *http.Request, origin string) (allow, credentials bool) {
	return origin == friend, true
}

func TestPreflight_allows_requested_headers(t *testing.T) {
	many := strings.Repeat("a,", 63) + "a"
	long := strings.Repeat("x", 2048)
	for _, tt := range []struct {
		name, want string
		asked      []string
		refused    bool
	}{
		{name: "nothing"},
		{name: "one", asked: []string{"authorization"}, want: "authorization"},
		{name: "several with spaces", asked: []string{"authorization, content-type ,\tx-api-key"}, want: "authorization,content-type,x-api-key"},
		{name: "two lines", asked: []string{"a,b", "c"}, want: "a,b,c"},
		{name: "empty elements", asked: []string{",a,,b,"}, want: "a,b"},
		{name: "every character of a name", asked: []string{"!#$%&'*+-.^_`|~09AZaz"}, want: "!#$%&'*+-.^_`|~09AZaz"},
		{name: "64 names", asked: []string{many}, want: many},
		{name: "65 names", asked: []string{many + ",a"}, refused: true},
		{name: "2,048 bytes", asked: []string{long}, want: long},
		{name: "2,049 bytes", asked: []string{long + "x"}, refused: true},
		{name: "2,049 bytes in two lines", asked: []string{long[:1024], long[:1024]}, refused: true},
		{name: "a space in a name", asked: []string{"a b"}, refused: true},
		{name: "a colon", asked: []string{"a: b"}, refused: true},
		{name: "a quote", asked: []string{`"a"`}, refused: true},
		{name: "Korean", asked: []string{"헤더"}, refused: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := siotest.Serve(t, engineio.Config{AllowOrigin: allowFriend}, nil)
			header := []string{"Origin", friend, "Access-Control-Request-Method", "POST"}
			for _, line := range tt.asked {
				header = append(header, "Access-Control-Request-Headers", line)
			}
			a := f.Call("OPTIONS", "", "", header...)
			if tt.refused {
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
		f := siotest.Serve(t, engineio.Config{AllowOrigin: allowFriend, AllowedHeaders: tt.allowed}, nil)
		a := f.Call("OPTIONS", "", "", "Origin", friend, "Access-Control-Request-Headers", "x-other")
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
	f := siotest.Serve(t, engineio.Config{AllowOrigin: allowFriend}, nil)
	for origin, status := range map[string]int{"https://evil.example": 403, "http://" + f.Address(): 400} {
		a := f.Call("OPTIONS", "", "", "Origin", origin, "Access-Control-Request-Headers", "authorization")
		if got := a.Header.Get("Access-Control-Allow-Headers"); a.Status != status || got != "" {
			t.Errorf("%s: got %d, Access-Control-Allow-Headers %q, want %d and none", origin, a.Status, got, status)
		}
	}
}
