package handlers_test

import (
	"net/http"
	"strings"
	"testing"
)

// A connection that began with a session belongs to it: its sid alone is of no
// use. One that began without belongs to who knows the sid.
func TestSID_is_bound_to_the_session(t *testing.T) {
	h := open(t, nil)
	ann, bob, nobody := h.visitor(t), h.visitor(t), h.visitor(t)
	ann.get("/")
	bob.get("/")
	for _, eio := range []string{"3", "4"} {
		path := "/socket.io/?EIO=" + eio + "&transport=polling"
		noop := map[string]string{"3": "1:6", "4": "6"}[eio]
		say := func(b *browser, sid string) int {
			t.Helper()
			return b.send("POST", path+"&sid="+sid, strings.NewReader(noop)).StatusCode
		}

		sid := openSID(ann.get(path).body)
		forged := &http.Cookie{Name: "connect.sid", Value: "s%3Aabc.def"}
		unknown := nobody.get(path + "&sid=nobody")
		for name, got := range map[string]answer{
			"no cookie":      nobody.get(path + "&sid=" + sid),
			"another's":      bob.get(path + "&sid=" + sid),
			"a forged one":   nobody.get(path+"&sid="+sid, "Cookie", forged.String()),
			"a POST without": nobody.send("POST", path+"&sid="+sid, strings.NewReader(noop)),
		} {
			if got.StatusCode != unknown.StatusCode || got.body != unknown.body {
				t.Errorf("EIO=%s, %s: got %d %s, want what an unknown sid gets", eio, name, got.StatusCode, got.body)
			}
		}
		if got := say(ann, sid); got != 200 {
			t.Errorf("EIO=%s: the connection's own session got %d", eio, got)
		}
		ann.get("/") // whatever our pages do to the cookie
		ann.get("/room")
		if got := say(ann, sid); got != 200 {
			t.Errorf("EIO=%s: after a page it got %d", eio, got)
		}

		free := openSID(nobody.get(path).body)
		for who, b := range map[string]*browser{"without a cookie": nobody, "with a new cookie": bob} {
			if got := say(b, free); got != 200 {
				t.Errorf("EIO=%s: a connection that began without a session, %s: %d", eio, who, got)
			}
		}
	}
}

// A page of an old session sends its cookie again with a later date; the
// session, and so the connection, is the same.
func TestSID_is_valid_after_the_cookie_is_refreshed(t *testing.T) {
	h := open(t, nil)
	b := h.visitor(t)
	b.get("/")
	h.sessions.age()
	const path = "/socket.io/?EIO=4&transport=polling"
	sid := openSID(b.get(path).body)
	if got := b.get("/"); got.Header.Get("Set-Cookie") == "" {
		t.Fatal("the cookie was not renewed")
	}
	if got := b.send("POST", path+"&sid="+sid, strings.NewReader("6")); got.StatusCode != 200 {
		t.Errorf("got %d %s", got.StatusCode, got.body)
	}
}

func openSID(body string) string {
	_, rest, _ := strings.Cut(body, `"sid":"`)
	sid, _, _ := strings.Cut(rest, `"`)
	return sid
}
