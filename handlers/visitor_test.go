package handlers

import (
	"strings"
	"testing"
)

// What rooms keeps of a visitor ends in the database, beside the messages.
func TestVisitorIsNoCookie(t *testing.T) {
	id := newSessionID()
	v := visitorOf(id, "")
	if v != visitorOf(id, "") {
		t.Error("one session is two visitors")
	}
	if v.Session == visitorOf(newSessionID(), "").Session {
		t.Error("two sessions are one visitor")
	}
	if strings.Contains(string(v.Session), id) || strings.Contains(id, string(v.Session)) {
		t.Errorf("the visitor %q tells the session %q", v.Session, id)
	}
}
