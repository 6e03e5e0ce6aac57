package store_test

import (
	"testing"

	"gifchat/rooms"
	"gifchat/store"
	"gifchat/store/storetest"
)

// A process that is killed cannot end the presence of its people.
func TestPresence_ends_with_the_process(t *testing.T) {
	path := storetest.NewDatabase(t)
	killed, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	room := rooms.Room{ID: "6b038c7f8bb22f6d27999d18", Capacity: 2}
	owner := rooms.Member{Room: room.ID, Session: "owner", Color: "#78583a", Standing: rooms.StandingIn}
	if err := killed.CreateRoom(t.Context(), room, owner, rooms.RoomLimits{}); err != nil {
		t.Fatal(err)
	}
	arrive := func(s *store.SQLite, session rooms.Session) (first bool, err error) {
		_, first, err = s.AddPresence(t.Context(), rooms.Presence{Room: room.ID, Session: session, Process: "p"}, rooms.Message{})
		return first, err
	}
	for _, session := range []rooms.Session{"a", "b"} {
		if _, err := arrive(killed, session); err != nil {
			t.Fatal(err)
		}
	}
	if err := killed.Close(); err != nil {
		t.Fatal(err)
	}
	s := open(t, path)
	for _, session := range []rooms.Session{"b", "c"} {
		if first, err := arrive(s, session); err != nil || !first {
			t.Errorf("AddPresence of %s after a restart: got first %t, %v, want true", session, first, err)
		}
	}
}
