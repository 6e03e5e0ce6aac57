package store_test

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gifchat/rooms"
	"gifchat/store"
	"gifchat/store/inspect"
)

// databaseBefore creates a database as a program without the named migration has
// left it, with the rows of the SQL statements content.
func databaseBefore(t *testing.T, migration, content string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "chat.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	_, err = db.Exec("PRAGMA journal_mode = WAL")
	err = errors.Join(err, store.ApplyMigrations(t.Context(), db, 0, store.MigrationNumber(migration)-1))
	_, filled := db.Exec("BEGIN;" + content + ";COMMIT")
	if err := errors.Join(err, filled, db.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

const (
	oldRoom    = "6b038c7f8bb22f6d27999d18"
	insertText = `INSERT INTO messages (id, room, seq, kind, color, session, text, client_id, created_at,
		gif_name, gif_width, gif_height, gif_frames, gif_bytes, gif_alt, sum)
		VALUES ('000102030405060708090a0b', '` + oldRoom + `', 1, 'text', '#78583a', 'owner', 'hello', 'c', 5, '', 0, 0, 0, 0, '', 6673750044);`
	insertRoom = "INSERT INTO rooms (id, title, capacity, owner, owner_session, password_hash, created_at, head) VALUES ('" + oldRoom + "', '방', 10, '#78583a', 'owner', '', 0, 1);"
)

func TestMigration_of_messages_keeps_their_checksums(t *testing.T) {
	const oldSum = 6673750044 // written by a program without the column
	path := databaseBefore(t, "said", insertRoom+insertText)
	checkSound := func(want bool) {
		t.Helper()
		if r, err := inspect.Database(t.Context(), path); err != nil || (len(r.Problems()) == 0) != want {
			t.Errorf("inspect.Database: got %q, %v, want no problems: %t", r.Problems(), err, want)
		}
	}
	checkSound(true)
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	before, err := s.Message(t.Context(), oldRoom, 1)
	if err != nil || before.Text != "hello" || before.Kind != rooms.KindText {
		t.Fatalf("message: got %+v, %v, want the text %q", before, err, "hello")
	}
	if got := store.MessageChecksum(before, rooms.GIF{}); got != oldSum {
		t.Errorf("checksum: got %d, want %d", got, oldSum)
	}
	edit := rooms.Message{ID: "0b0a09080706050403020100", Room: oldRoom, Kind: rooms.KindEdit, Target: 1, Text: "hi", Session: "owner"}
	if _, _, err := s.Amend(t.Context(), edit); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Message(t.Context(), oldRoom, 1); err != nil || got.Said != before.Fingerprint() {
		t.Errorf("edited message: got %+v, %v, want the fingerprint %d", got, err, before.Fingerprint())
	}
	checkSound(true)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	execute(t, path, "UPDATE messages SET said = said + 1 WHERE seq = 1")
	checkSound(false)
	execute(t, path, "UPDATE messages SET said = 0 WHERE seq = 1")
	checkSound(false)
}

// Members keep their names, even two names that look the same by the newer rules. No
// other member can take such a name.
func TestMigration_of_names_computes_their_keys(t *testing.T) {
	var content strings.Builder
	content.WriteString(insertRoom)
	for i, nick := range []string{"BOB", "ВОВ", "방장님", ""} {
		fmt.Fprintf(&content, `INSERT INTO members (room, session, color, since, nick, nick_key)
			VALUES ('%s', 's%d', '#00000%d', 0, '%s', '%s');`, oldRoom, i, i, nick, strings.ToLower(nick))
	}
	for i := range store.NickKeyBatch + 1 {
		fmt.Fprintf(&content, "INSERT INTO members (room, session, color, since, nick, nick_key) VALUES ('%s', 'x%d', '#x%d', 0, 'name%d', 'name%d');", oldRoom, i, i, i, i)
	}
	path := databaseBefore(t, "nick_keys", content.String())
	if r, err := inspect.Database(t.Context(), path); err != nil || len(r.Problems()) > 0 {
		t.Errorf("inspect.Database before the migration: got %q, %v, want no problems", r.Problems(), err)
	}
	s, err := store.Open(t.Context(), path)
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
			t.Errorf("name of member %d: got %q, want %q", i, m.Nick, want)
		}
		m.MutedUntil = time.UnixMilli(1).UTC() // a change that keeps the name
		if err := apply(m); err != nil {
			t.Errorf("mute %q: got %v, want no error", want, err)
		}
	}
	unnamed := member("s3")
	for _, nick := range []string{"bob", "name0", "NAME1000", "방장님"} {
		if unnamed.Nick = nick; !errors.Is(apply(unnamed), rooms.ErrNickTaken) {
			t.Errorf("name %q: got no ErrNickTaken, want it", nick)
		}
	}
	leaving := member("s0")
	leaving.Nick = ""
	if err := apply(leaving); err != nil {
		t.Fatal(err)
	}
	if unnamed.Nick = "bob"; !errors.Is(apply(unnamed), rooms.ErrNickTaken) {
		t.Error("name bob beside ВОВ: got no ErrNickTaken, want it")
	}
	var without, keys int
	err = connect(t, path).QueryRow(`SELECT (SELECT count(*) FROM members WHERE nick <> '' AND NOT EXISTS (
		SELECT 1 FROM nick_keys AS k WHERE k.room = members.room AND k.session = members.session)), (SELECT count(*) FROM nick_keys)`).Scan(&without, &keys)
	if err != nil || without != 0 || keys < 2*store.NickKeyBatch {
		t.Errorf("got %d keys, %d names without a key, %v, want at least %d keys, 0 names", keys, without, err, 2*store.NickKeyBatch)
	}
	if r, err := inspect.Database(t.Context(), path); err != nil || len(r.Problems()) > 0 {
		t.Errorf("inspect.Database after the migration: got %q, %v, want no problems", r.Problems(), err)
	}
}
