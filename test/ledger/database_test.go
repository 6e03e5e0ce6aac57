package main

import (
	"path/filepath"
	"slices"
	"testing"

	"gifchat/rooms"
	"gifchat/store"
)

// Rows of fill cost readers as much as rows of the server.
func TestFill_writes_rows_as_the_server_does(t *testing.T) {
	ctx, path := t.Context(), filepath.Join(t.TempDir(), "gifchat.db")
	db, err := store.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	owner := rooms.Member{Room: room, Session: "s", Color: "#78583a"}
	if err := db.CreateRoom(ctx, rooms.Room{ID: room, Capacity: 10, Owner: owner.Color, OwnerSession: "s"}, owner, rooms.RoomLimits{}); err != nil {
		t.Fatal(err)
	}
	if err := fill(ctx, path, room, "다시", 100); err != nil {
		t.Fatal(err)
	}
	messages, err := db.Messages(ctx, room, rooms.Page{Limit: 200})
	damaged := func(m rooms.Message) bool { return m.Kind != rooms.KindText }
	if err != nil || len(messages) != 100 || slices.ContainsFunc(messages, damaged) {
		t.Errorf("store.Messages: got %+v, %v, want 100 text messages", messages, err)
	}
	raw, err := openDatabase(path, "ro")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	var without int
	if err := raw.QueryRowContext(ctx, "SELECT count(*) FROM messages WHERE sum = 0").Scan(&without); err != nil || without > 0 {
		t.Errorf("rows without a checksum: got %d, %v, want 0", without, err)
	}
}
