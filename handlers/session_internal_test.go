package handlers

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzSessionCookie looks for a cookie that opens and that we have not signed.
func FuzzSessionCookie(f *testing.F) {
	secret := []byte(strings.Repeat("k", minSecret))
	s := newSessionStore(nil, [][]byte{secret}, false, slog.New(slog.DiscardHandler))
	for _, value := range []string{
		"", "s%3A", "s:", "s%3Aid", "s%3A.", "s%3Aid.", "s:id.mac", "j:{}", strings.Repeat("s%3A", 100),
		s.seal(cookieName, "id"), s.seal(cookieName, "a.b"), s.seal("other", "id"), s.seal(cookieName, "id") + "x",
	} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		id, _, ok := s.open(cookieName, value)
		if ok {
			plain := strings.Replace(s.seal(cookieName, id), "s%3A", "s:", 1)
			if value != s.seal(cookieName, id) && value != plain {
				t.Errorf("%q opens as %q", value, id)
			}
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Cookie", cookieName+"="+value)
		if claimed, same := s.claimed(r, cookieName); same && !strings.Contains(value, claimed+"."+sign(secret, cookieName, claimed)) {
			t.Errorf("%q claims %q", value, claimed)
		}
		if sealed := s.seal(cookieName, value); len(sealed) <= maxSessionCookie && value != "" && !strings.Contains(value, ".") {
			if id, _, ok := s.open(cookieName, sealed); !ok || id != value {
				t.Errorf("%q was sealed and does not open: %q", value, id)
			}
		}
	})
}
