package storetest

import (
	"testing"

	"gifchat/rooms"
)

// fingerprints checks that a retry gets the fingerprint of its first attempt after edits
// and removals.
func fingerprints(t *testing.T, s rooms.Store) {
	room := create(t, s, "room")
	repeated := func(m rooms.Message) int64 {
		t.Helper()
		m.ID = newID()
		got, again, err := addMessage(t.Context(), s, m)
		if err != nil || !again {
			t.Fatalf("AddMessages again: got %+v, %t, %v, want the first", got, again, err)
		}
		return got.Said
	}
	amend := func(kind rooms.Kind, target rooms.Message, body, clientID string) rooms.Message {
		t.Helper()
		m := amendment(kind, target, body)
		m.ClientID = clientID
		stored, _, err := s.Amend(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		return stored.Message
	}
	said, picture := text(room.ID, "first"), text(room.ID, "")
	said.ClientID, picture.ClientID = "text", "gif"
	picture.Kind, picture.GIF = rooms.KindGIF, &rooms.GIF{Name: "a.gif", SHA256: "0f"}
	old := text(room.ID, "")
	old.ClientID, old.Kind, old.GIF = "old gif", rooms.KindGIF, &rooms.GIF{Name: "b.gif"}
	said, picture, old = add(t, s, said), add(t, s, picture), add(t, s, old)

	if got := repeated(said); got != 0 {
		t.Errorf("fingerprint of an unchanged text: got %x, want 0", got)
	}
	edit := amend(rooms.KindEdit, said, "second", "edit")
	amend(rooms.KindEdit, said, "third", "")
	amend(rooms.KindEdit, picture, "cat", "")
	if got, want := repeated(said), said.Fingerprint(); got != want {
		t.Errorf("fingerprint of an edited text: got %x, want %x", got, want)
	}
	for _, m := range []rooms.Message{said, picture, old} {
		amend(rooms.KindRemove, m, "", "")
		if got, want := repeated(m), m.Fingerprint(); got != want {
			t.Errorf("fingerprint of the removed %s: got %x, want %x", m.ClientID, got, want)
		}
	}
	if got, want := repeated(edit), edit.Fingerprint(); got != want {
		t.Errorf("fingerprint of the edit of a removed text: got %x, want %x", got, want)
	}
}
