package engineio

import (
	"net/url"
	"testing"
)

// FuzzQueryValue compares queryValue with url.ParseQuery.
func FuzzQueryValue(f *testing.F) {
	for _, raw := range []string{"", "EIO=4&transport=polling&sid=a", "sid=1&sid=2", "sid", "sid=", "&&=sid&sid=a%20b+c", "s%69d=x", "sid=%zz&sid=y", "sid=a;b", "a=%zz", "sid==a=b"} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		values, _ := url.ParseQuery(raw) // malformed pairs are left out
		first, n := queryValue(raw, "sid")
		if want := values.Get("sid"); first != want || n != len(values["sid"]) {
			t.Errorf("%q: got %d values, the first %q, want %q", raw, n, first, values["sid"])
		}
	})
}
