package handlers_test

import (
	"net/http"
	"strings"
	"testing"
)

// A connection that began with a session belongs to it: the sid alone is refused. A
// connection that began without a session belongs to every client that has its sid.
func TestSID_is_bound_to_the_session(t *testing.T) {
	h := open(t, nil)
	ann, bob, nobody := h.visitor(t), h.visitor(t), h.visitor(t)
	ann.get("/")
	bob.get("/")
	for _, eio := range []string{"3", "4"} {
		path := "/socket.io/?EIO=" + eio + "&transport=polling"
		noop := map[string]string{"3": "1:6", "4": "6"}[eio]
		post := func(b *browser, sid string) int {
			t.Helper()
			return b.send("POST", path+"&sid="+sid, strings.NewReader(noop)).StatusCode
		}

		sid := openSID(ann.get(path).body)
		forged := &http.Cookie{Name: "connect.sid", Value: "s%3Aabc.def"}
		unknown := nobody.get(path + "&sid=nobody")
		for name, got := range map[string]answer{
			"no cookie":               nobody.get(path + "&sid=" + sid),
			"another cookie":          bob.get(path + "&sid=" + sid),
			"a forged cookie":         nobody.get(path+"&sid="+sid, "Cookie", forged.String()),
			"a POST without a cookie": nobody.send("POST", path+"&sid="+sid, strings.NewReader(noop)),
		} {
			if got.StatusCode != unknown.StatusCode || got.body != unknown.body {
				t.Errorf("EIO=%s, %s: got %d %s, want %d %s as for an unknown sid", eio, name, got.StatusCode, got.body, unknown.StatusCode, unknown.body)
			}
		}
		if got := post(ann, sid); got != 200 {
			t.Errorf("EIO=%s, the session of the connection: got %d, want 200", eio, got)
		}
		ann.get("/") // pages may send the cookie again
		ann.get("/room")
		if got := post(ann, sid); got != 200 {
			t.Errorf("EIO=%s, the session after a page: got %d, want 200", eio, got)
		}

		free := openSID(nobody.get(path).body)
		for who, b := range map[string]*browser{"without a cookie": nobody, "with a new cookie": bob} {
			if got := post(b, free); got != 200 {
				t.Errorf("EIO=%s, a connection without a session, %s: got %d, want 200", eio, who, got)
			}
		}
	}
}

// A page sends the cookie of an old session again with a later date. The session, and so
// the connection, is the same.
func TestSID_is_valid_after_the_cookie_is_refreshed(t *testing.T) {
	h := open(t, nil)
	b := h.visitor(t)
	b.get("/")
	h.sessions.age()
	const path = "/socket.io/?EIO=4&transport=polling"
	sid := openSID(b.get(path).body)
	if got := b.get("/"); got.Header.Get("Set-Cookie") == "" {
		t.Fatal("page of an old session: got no cookie, want one")
	}
	if got := b.send("POST", path+"&sid="+sid, strings.NewReader("6")); got.StatusCode != 200 {
		t.Errorf("POST after the refresh: got %d %s, want 200", got.StatusCode, got.body)
	}
}

func openSID(body string) string {
	_, rest, _ := strings.Cut(body, `"sid":"`)
	sid, _, _ := strings.Cut(rest, `"`)
	return sid
}
