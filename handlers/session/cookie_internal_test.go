package session

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzSessionCookie searches for a cookie that opens without a valid signature.
func FuzzSessionCookie(f *testing.F) {
	secret := []byte(strings.Repeat("k", MinSecret))
	c := codec{[][]byte{secret}}
	for _, value := range []string{
		"", "s%3A", "s:", "s%3Aid", "s%3A.", "s%3Aid.", "s:id.mac", "j:{}", strings.Repeat("s%3A", 100),
		c.seal(plainName, "id"), c.seal(plainName, "a.b"), c.seal("other", "id"), c.seal(plainName, "id") + "x",
	} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		id, _, ok := c.open(plainName, value)
		if ok {
			plain := strings.Replace(c.seal(plainName, id), "s%3A", "s:", 1)
			if value != c.seal(plainName, id) && value != plain {
				t.Errorf("open(%q): got %q, want a refusal", value, id)
			}
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Cookie", plainName+"="+value)
		if claimed, same := c.claimed(r, plainName); same && !strings.Contains(value, claimed+"."+sign(secret, plainName, claimed)) {
			t.Errorf("claimed in %q: got %q, want a refusal", value, claimed)
		}
		if sealed := c.seal(plainName, value); len(sealed) <= maxCookieValue && value != "" && !strings.Contains(value, ".") {
			if id, _, ok := c.open(plainName, sealed); !ok || id != value {
				t.Errorf("open(seal(%q)): got %q, %t, want the same id", value, id, ok)
			}
		}
	})
}
