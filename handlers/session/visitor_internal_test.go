package session

import (
	"net/http"
	"strings"
	"testing"
)

func TestNew_refuses_a_short_secret(t *testing.T) {
	if _, err := New(Config{Store: &revocable{}, Secrets: [][]byte{[]byte("gifchat")}}); err == nil {
		t.Error("a secret of 7 bytes: got no error, want one")
	}
}

func TestConnectionSession_depends_on_the_cookie_alone(t *testing.T) {
	ann := Identity{Visitor: visitorOf("ann", ""), sessionID: "ann"}
	elsewhere := Identity{Visitor: visitorOf("ann", "192.0.2.1"), sessionID: "ann"}
	bob := Identity{Visitor: visitorOf("bob", ""), sessionID: "bob"}
	if got := ConnectionSession(ann); got != ann.Visitor.Session || got == "" || got != ConnectionSession(elsewhere) {
		t.Errorf("one session: got %q and %q, want %q twice", got, ConnectionSession(elsewhere), ann.Visitor.Session)
	}
	if ConnectionSession(ann) == ConnectionSession(bob) {
		t.Errorf("two sessions: got %q twice, want two", ConnectionSession(bob))
	}
	for _, without := range []any{Identity{Visitor: newVisitor("")}, nil} {
		if got := ConnectionSession(without); got != "" {
			t.Errorf("identity %v: got %q, want no session", without, got)
		}
	}
}

func TestSameClient_asks_for_the_cookie_of_the_session(t *testing.T) {
	s, err := New(Config{Store: &revocable{}, Secrets: [][]byte{make([]byte, MinSecret)}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	id := newID()
	began := Identity{Visitor: visitorOf(id, ""), sessionID: id}
	for name, tt := range map[string]struct {
		cookie string
		want   bool
	}{
		"the session":     {s.codec.seal(plainName, id), true},
		"a renewed id":    {s.codec.seal(plainName, renewedID(id)), true},
		"another session": {s.codec.seal(plainName, newID()), false},
		"no signature":    {id, false},
	} {
		r := &http.Request{Header: http.Header{"Cookie": {plainName + "=" + tt.cookie}}}
		if got := s.SameClient(began, r); got != tt.want {
			t.Errorf("%s: got %t, want %t", name, got, tt.want)
		}
	}
	if !s.SameClient(Identity{Visitor: newVisitor("")}, &http.Request{}) {
		t.Error("a connection without a session: got false, want true")
	}
}

// The chat stores a visitor in the database, beside the messages.
func TestVisitorOf_does_not_contain_the_session_id(t *testing.T) {
	id := newID()
	v := visitorOf(id, "")
	if v != visitorOf(id, "") {
		t.Error("one session: got two visitors, want one")
	}
	if v.Session == visitorOf(newID(), "").Session {
		t.Error("two sessions: got one visitor, want two")
	}
	if strings.Contains(string(v.Session), id) || strings.Contains(id, string(v.Session)) {
		t.Errorf("visitor of %q: got %q, want no part of the id", id, v.Session)
	}
}

func TestColorOf_is_readable_on_the_light_page(t *testing.T) {
	for range 1000 {
		id := newID()
		c := colorOf(id)
		if len(c) != 7 || c != colorOf(id) {
			t.Fatalf("colour of %s: got %q and %q, want the same #rrggbb twice", id, c, colorOf(id))
		}
		var rgb [3]uint8
		for i := range rgb {
			high, low := unhex(c[1+2*i]), unhex(c[2+2*i])
			rgb[i] = high<<4 | low
		}
		if got := contrastOnPage(rgb[0], rgb[1], rgb[2]); got < minContrast {
			t.Errorf("contrast of %s: got %.2f, want at least %.2f", c, got, minContrast)
		}
	}
}

func unhex(c byte) uint8 {
	if c >= 'a' {
		return c - 'a' + 10
	}
	return c - '0'
}
