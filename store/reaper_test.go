package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"gifchat/rooms"
)

// A room of thousands of messages is out of sight at once; what it leaves goes a
// piece at a time, between other people's messages, also after a restart.
func TestALargeRoomGoesInPieces(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "chat.db")
	s, err := Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	make := func(id rooms.ID) {
		t.Helper()
		room := rooms.Room{ID: id, Title: "방", Capacity: 10, Owner: "#78583a", OwnerSession: "owner"}
		owner := rooms.Member{Room: id, Session: "owner", Color: room.Owner, Standing: rooms.StandingIn}
		if err := s.CreateRoom(ctx, room, owner, rooms.RoomLimits{}); err != nil {
			t.Fatal(err)
		}
	}
	const large, other = rooms.ID("000000000000000000000001"), rooms.ID("000000000000000000000002")
	make(large)
	make(other)
	var all []rooms.Message
	for i := range 5*reapPiece + 1 {
		all = append(all, rooms.Message{ID: rooms.ID(fmt.Sprintf("%024x", 100+i)), Kind: rooms.KindText, Text: "x"})
	}
	all[7].GIF = &rooms.GIF{Name: "a.gif"}
	if _, err := s.AddMessages(ctx, large, all); err != nil {
		t.Fatal(err)
	}
	count := func() (n int) {
		t.Helper()
		if err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM messages").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}

	s.reaper.close() // as if the program ended just then
	gifs, err := s.RemoveRoom(ctx, rooms.Removal{ID: large})
	if err != nil || len(gifs) != 1 || gifs[0] != "a.gif" {
		t.Errorf("RemoveRoom: got %q, %v", gifs, err)
	}
	if got := count(); got != 4*reapPiece+1 {
		t.Errorf("%d messages are left, want all but one piece", got)
	}
	for name, err := range map[string]error{
		"Room":        second(s.Room(ctx, large)),
		"AddMessages": second(s.AddMessages(ctx, large, all[:1])),
		"AddMember":   second(s.AddMember(ctx, rooms.Member{Room: large, Session: "s", Color: "#000000"})),
		"RemoveRoom":  second(s.RemoveRoom(ctx, rooms.Removal{ID: large})),
		"Apply":       second(s.Apply(ctx, rooms.Change{ID: large})),
	} {
		if !errors.Is(err, rooms.ErrNotFound) {
			t.Errorf("%s: got %v, want ErrNotFound", name, err)
		}
	}
	if list, err := s.Rooms(ctx, rooms.RoomPage{Limit: 10}); err != nil || len(list) != 1 {
		t.Errorf("Rooms: got %+v, %v, want the other alone", list, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	if s, err = Open(ctx, path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for end := time.Now().Add(time.Minute); count() > 0; {
		if time.Now().After(end) {
			t.Fatalf("%d messages are left", count())
		}
		if _, err := s.AddMessages(ctx, other, nil); err != nil { // others have their turns
			t.Fatal(err)
		}
	}
	var left int
	err = s.read.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM rooms) + (SELECT count(*) FROM members)").Scan(&left)
	for end := time.Now().Add(time.Minute); err == nil && left != 2 && time.Now().Before(end); {
		err = s.read.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM rooms) + (SELECT count(*) FROM members)").Scan(&left)
	}
	if err != nil || left != 2 {
		t.Errorf("%d rooms and members are left, %v, want the other with its owner", left, err)
	}
}

func second[T any](_ T, err error) error { return err }
