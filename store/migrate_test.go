package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
	if _, failed := db.Exec("BEGIN;" + content + ";COMMIT"); errors.Join(err, failed, db.Close()) != nil {
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

// Names stay, also two that look the same by the newer rules; nobody else gets them.
func TestMigration_of_names_computes_their_keys(t *testing.T) {
	var content strings.Builder
	content.WriteString(insertRoom)
	for i, nick := range []string{"BOB", "ВОВ", "방장님", ""} {
		fmt.Fprintf(&content, `INSERT INTO members (room, session, color, since, nick, nick_key)
			VALUES ('%s', 's%d', '#00000%d', 0, '%s', '%s');`, oldRoom, i, i, nick, strings.ToLower(nick))
	}
	for i := range namesPiece + 1 {
		fmt.Fprintf(&content, "INSERT INTO members (room, session, color, since, nick, nick_key) VALUES ('%s', 'x%d', '#x%d', 0, 'name%d', 'name%d');", oldRoom, i, i, i, i)
	}
	path := databaseBefore(t, "nick_keys", content.String())
	if r, err := Look(t.Context(), path); err != nil || len(r.Problems()) > 0 {
		t.Errorf("Look before it: got %q, %v", r.Problems(), err)
	}
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	member := func(session rooms.Session) rooms.Member {
		t.Helper()
		_, m, err := s.Standing(t.Context(), oldRoom, session)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	apply := func(m rooms.Member) error {
		_, err := s.Apply(t.Context(), rooms.Change{ID: oldRoom, Member: &m, Notice: rooms.Message{ID: rooms.ID(rand.Text()), Room: oldRoom, Kind: rooms.KindNotice}})
		return err
	}
	for i, want := range []string{"BOB", "ВОВ", "방장님", ""} {
		m := member(rooms.Session(fmt.Sprint("s", i)))
		if m.Nick != want {
			t.Errorf("member %d: got the name %q, want %q", i, m.Nick, want)
		}
		m.MutedUntil = time.UnixMilli(1).UTC() // what else changes of a member does not touch the name
		if err := apply(m); err != nil {
			t.Errorf("%q muted: %v", want, err)
		}
	}
	nobody := member("s3")
	for _, nick := range []string{"bob", "name0", "NAME1000", "방장님"} {
		if nobody.Nick = nick; !errors.Is(apply(nobody), rooms.ErrNickTaken) {
			t.Errorf("%s was free", nick)
		}
	}
	leaving := member("s0")
	leaving.Nick = ""
	if err := apply(leaving); err != nil {
		t.Fatal(err)
	}
	if nobody.Nick = "bob"; !errors.Is(apply(nobody), rooms.ErrNickTaken) {
		t.Error("bob was free although ВОВ is still there")
	}
	var unnamed, keys int
	err = s.read.QueryRow(`SELECT (SELECT count(*) FROM members WHERE nick <> '' AND NOT EXISTS (
		SELECT 1 FROM nick_keys AS k WHERE k.room = members.room AND k.session = members.session)), (SELECT count(*) FROM nick_keys)`).Scan(&unnamed, &keys)
	if err != nil || unnamed != 0 || keys < 2*namesPiece {
		t.Errorf("got %d keys, %d names without one, %v", keys, unnamed, err)
	}
	if r, err := Look(t.Context(), path); err != nil || len(r.Problems()) > 0 {
		t.Errorf("Look after it: got %q, %v", r.Problems(), err)
	}
}
