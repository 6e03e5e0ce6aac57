package origin_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"gifchat/handlers/origin"
)

func TestPolicy_allow_follows_the_list_and_loopback(t *testing.T) {
	policy := origin.NewPolicy([]string{"https://chat.example"}, false, slog.New(slog.DiscardHandler))
	tests := []struct {
		peer, origin       string
		allow, credentials bool
	}{
		{"192.0.2.1:5", "https://chat.example", true, true},
		{"192.0.2.1:5", "https://CHAT.example", true, true},
		{"192.0.2.1:5", "http://chat.example", false, false},
		{"192.0.2.1:5", "http://localhost:8005", false, false},
		{"127.0.0.1:5", "http://localhost:3000", true, false},
		{"[::1]:5", "http://127.0.0.1:8005", true, false},
		{"127.0.0.1:5", "http://localhost.evil.example", false, false},
		{"127.0.0.1:5", "null", false, false},
	}
	for _, tt := range tests {
		allow, credentials := policy.Allow(&http.Request{RemoteAddr: tt.peer}, tt.origin)
		if allow != tt.allow || credentials != tt.credentials {
			t.Errorf("%s from %s: got %v %v, want %v %v", tt.origin, tt.peer, allow, credentials, tt.allow, tt.credentials)
		}
	}
}

func TestSource_is_an_address_or_a_network(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1:5000":           "192.0.2.1",
		"[::ffff:192.0.2.1]:5000":  "192.0.2.1",
		"[2001:db8:1:2:3::4]:5000": "2001:db8:1:2::/64",
		"[2001:db8:1:2:9::9]:5000": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:5000":      "fe80::/64",
		"pipe":                     "pipe",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = address
		if got := origin.Source(r); got != want {
			t.Errorf("Source of %s: got %s, want %s", address, got, want)
		}
	}
}
