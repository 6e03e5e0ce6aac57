package store

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"gifchat/rooms"
)

// databaseBefore makes a database as a program without a migration, which is
// named without its number, has left it.
func databaseBefore(t *testing.T, migration, content string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "chat.db")
	db, err := sql.Open("sqlite", dsn(path, writing))
	if err != nil {
		t.Fatal(err)
	}
	files, err := migrationFiles()
	for i, file := range files {
		if strings.HasSuffix(file, "_"+migration+".sql") {
			break
		}
		err = errors.Join(err, apply(context.Background(), db, file, i+1))
	}
	if _, failed := db.Exec(content); errors.Join(err, failed, db.Close()) != nil {
		t.Fatal(errors.Join(err, failed))
	}
	return path
}

const (
	oldRoom    = "6b038c7f8bb22f6d27999d18"
	insertRoom = "INSERT INTO rooms (id, title, capacity, owner, owner_session, password_hash, created_at, head) VALUES ('" + oldRoom + "', '방', 10, '#78583a', 'owner', '', 0, 1);"
)

func TestMigration_of_messages_keeps_their_checksums(t *testing.T) {
	const oldSum = 6673750044 // as the program without the column has written it
	path := databaseBefore(t, "said", insertRoom+`INSERT INTO messages (id, room, seq, kind, color, session, text, client_id, created_at,
		gif_name, gif_width, gif_height, gif_frames, gif_bytes, gif_alt, sum)
		VALUES ('000102030405060708090a0b', '`+oldRoom+`', 1, 'text', '#78583a', 'owner', 'hello', 'c', 5, '', 0, 0, 0, 0, '', 6673750044)`)
	look := func(want bool) {
		t.Helper()
		if r, err := Look(t.Context(), path); err != nil || (len(r.Problems()) == 0) != want {
			t.Errorf("Look: got %q, %v", r.Problems(), err)
		}
	}
	look(true)
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	before, err := s.Message(t.Context(), oldRoom, 1)
	if err != nil || before.Text != "hello" || before.Kind != rooms.KindText {
		t.Fatalf("got %+v, %v, want it as it was", before, err)
	}
	if got := messageSum(before, rooms.GIF{}); got != oldSum {
		t.Errorf("checksum: got %d, want %d", got, oldSum)
	}
	edit := rooms.Message{ID: "0b0a09080706050403020100", Room: oldRoom, Kind: rooms.KindEdit, Target: 1, Text: "hi", Session: "owner"}
	if _, _, err := s.Amend(t.Context(), edit); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Message(t.Context(), oldRoom, 1); err != nil || got.Said != before.Fingerprint() {
		t.Errorf("edited: got %+v, %v, want the fingerprint of what it said", got, err)
	}
	look(true)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	spoil(t, path, "UPDATE messages SET said = said + 1 WHERE seq = 1")
	look(false)
	spoil(t, path, "UPDATE messages SET said = 0 WHERE seq = 1")
	look(false)
}

func spoil(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec(statement)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}
