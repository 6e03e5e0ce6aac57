package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"gifchat/rooms"
)

// The queries do not show a removed room any more. Its rows are deleted in batches
// between other changes, also after a restart.
func TestRemoveRoom_deletes_a_large_room_in_batches(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "chat.db")
	s, err := Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	create := func(id rooms.ID) {
		t.Helper()
		room := rooms.Room{ID: id, Title: "방", Capacity: 10, Owner: "#78583a", OwnerSession: "owner"}
		owner := rooms.Member{Room: id, Session: "owner", Color: room.Owner, Standing: rooms.StandingIn}
		if err := s.CreateRoom(ctx, room, owner, rooms.RoomLimits{}); err != nil {
			t.Fatal(err)
		}
	}
	const large, other = rooms.ID("000000000000000000000001"), rooms.ID("000000000000000000000002")
	create(large)
	create(other)
	var all []rooms.Message
	for i := range 5*reapBatch + 1 {
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

	s.reaper.close() // as if the program ended here
	gifs, err := s.RemoveRoom(ctx, rooms.Removal{ID: large})
	if err != nil || len(gifs) != 1 || gifs[0] != "a.gif" {
		t.Errorf("RemoveRoom: got %q, %v, want a.gif", gifs, err)
	}
	if got := count(); got != 4*reapBatch+1 {
		t.Errorf("messages after RemoveRoom: got %d, want %d", got, 4*reapBatch+1)
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
		t.Errorf("Rooms: got %+v, %v, want the other room only", list, err)
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
			t.Fatalf("messages after the restart: got %d, want 0", count())
		}
		if _, err := s.AddMessages(ctx, other, nil); err != nil { // other changes are done between the batches
			t.Fatal(err)
		}
	}
	var left int
	err = s.read.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM rooms) + (SELECT count(*) FROM members)").Scan(&left)
	for end := time.Now().Add(time.Minute); err == nil && left != 2 && time.Now().Before(end); {
		err = s.read.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM rooms) + (SELECT count(*) FROM members)").Scan(&left)
	}
	if err != nil || left != 2 {
		t.Errorf("rows of rooms and members: got %d, %v, want 2: the other room and its owner", left, err)
	}
}

func second[T any](_ T, err error) error { return err }
