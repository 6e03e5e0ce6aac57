package handlers

import (
	"net/http/httptest"
	"testing"
)

func TestSource(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1:5000":           "192.0.2.1",
		"[2001:db8:1:2:3::4]:5000": "2001:db8:1:2::/64",
		"[2001:db8:1:2:9::9]:5000": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:5000":      "fe80::/64",
		"pipe":                     "pipe",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = address
		if got := source(r); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
}
