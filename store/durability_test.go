package store_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gifchat/rooms"
	"gifchat/store"
)

// fill makes a room with so many messages.
func fill(t testing.TB, s *store.SQLite, n int) rooms.ID {
	t.Helper()
	room := rooms.Room{ID: "6b038c7f8bb22f6d27999d18", Title: "방", Capacity: 10, Owner: "#78583a", OwnerSession: "owner"}
	owner := rooms.Member{Room: room.ID, Session: room.OwnerSession, Color: room.Owner, Standing: rooms.StandingIn}
	if err := s.CreateRoom(t.Context(), room, owner, rooms.RoomLimits{}); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		m := rooms.Message{ID: rooms.ID(fmt.Sprintf("%024x", i)), Room: room.ID, Kind: rooms.KindText, Text: "hello"}
		if _, err := s.AddMessages(t.Context(), room.ID, []rooms.Message{m}); err != nil {
			t.Fatal(err)
		}
	}
	return room.ID
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// What kill -9 leaves is the database and its log as they are on the disk while
// the store is open.
func TestWhatWasAcknowledgedSurvivesAKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	id := fill(t, open(t, path), 100)
	left := filepath.Join(t.TempDir(), "chat.db")
	copyFile(t, path, left)
	copyFile(t, path+"-wal", left+"-wal")

	s := open(t, left)
	got, err := s.Messages(t.Context(), id, rooms.Page{Limit: 200})
	damaged := func(m rooms.Message) bool { return m.Kind == rooms.KindDamaged }
	if err != nil || len(got) != 100 || got[99].Seq != 100 || slices.ContainsFunc(got, damaged) {
		t.Errorf("got %d messages, %v, want 100", len(got), err)
	}
	if _, m, err := s.Standing(t.Context(), id, "owner"); err != nil || m.Standing != rooms.StandingIn {
		t.Errorf("the owner is no member any more: %+v, %v", m, err)
	}
	if r, err := store.Look(t.Context(), left); err != nil || len(r.Problems()) > 0 {
		t.Errorf("%q, %v", r.Problems(), err)
	}
	next, err := s.AddMessages(t.Context(), id, []rooms.Message{{ID: "next", Room: id}})
	if err != nil || next[0].Seq != 101 {
		t.Errorf("the next message: %+v, %v, want 101", next, err)
	}
}

func TestCloseLeavesOneFile(t *testing.T) {
	folder := t.TempDir()
	s, err := store.Open(t.Context(), filepath.Join(folder, "chat.db"))
	if err != nil {
		t.Fatal(err)
	}
	fill(t, s, 1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 1 {
		t.Errorf("got %v, %v, want the database alone", files, err)
	}
}

func TestFilesAreForTheirOwnerOnly(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	fill(t, open(t, filepath.Join(folder, "chat.db")), 1)
	for name, want := range map[string]os.FileMode{"": 0o700, "chat.db": 0o600, "chat.db-wal": 0o600, "chat.db-shm": 0o600} {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("mode of %q: got %o, want %o", name, got, want)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(t *testing.T, path string)
		want  string
	}{
		"a file that is no database": {func(t *testing.T, path string) {
			if err := os.WriteFile(path, bytes.Repeat([]byte("not a database. "), 100), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "damaged"},
		"a damaged schema": {func(t *testing.T, path string) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			copy(b[100:], bytes.Repeat([]byte{0xff}, 100))
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "damaged"},
		"a newer schema": {func(t *testing.T, path string) {
			execute(t, path, "PRAGMA user_version = 99")
		}, "its schema is number 99"},
		"another program's database": {func(t *testing.T, path string) {
			execute(t, path, "PRAGMA application_id = 1")
		}, "another program's"},
		"a log without its database": {func(t *testing.T, path string) {
			if err := os.WriteFile(path+"-wal", []byte("log"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}, "database is missing"},
		"a folder": {func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, "directory"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "chat.db")
			s, err := store.Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			fill(t, s, 1)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			test.spoil(t, path)
			s, err = store.Open(t.Context(), path)
			if err == nil {
				t.Fatalf("it was opened: %v", s.Close())
			}
			if !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %q, want one line with %q", err, test.want)
			}
		})
	}
}

func execute(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

func connect(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
