package main

import (
	"path/filepath"
	"slices"
	"testing"

	"gifchat/rooms"
	"gifchat/store"
)

// What is filled costs its readers what the server's own rows cost.
func TestFill_writes_rows_as_the_server_does(t *testing.T) {
	ctx, path := t.Context(), filepath.Join(t.TempDir(), "gifchat.db")
	db, err := store.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	owner := rooms.Member{Room: room, Session: "s", Color: "#78583a"}
	if err := db.CreateRoom(ctx, rooms.Room{ID: room, Capacity: 10, Owner: owner.Color, OwnerSession: "s"}, owner); err != nil {
		t.Fatal(err)
	}
	if err := fill(ctx, path, room, "다시", 100); err != nil {
		t.Fatal(err)
	}
	messages, err := db.Messages(ctx, room, rooms.Page{Limit: 200})
	damaged := func(m rooms.Message) bool { return m.Kind != rooms.KindText }
	if err != nil || len(messages) != 100 || slices.ContainsFunc(messages, damaged) {
		t.Errorf("the store reads %+v, %v", messages, err)
	}
	raw, err := connect(path, "ro")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	var without int
	if err := raw.QueryRowContext(ctx, "SELECT count(*) FROM messages WHERE sum = 0").Scan(&without); err != nil || without > 0 {
		t.Errorf("%d rows have no sum, %v", without, err)
	}
}
