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
	"gifchat/store/inspect"
)

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

// After kill -9 the disk has the database and its write-ahead log as they are while
// the store is open.
func TestOpen_after_a_kill_has_every_acknowledged_message(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	id := fill(t, open(t, path), 100)
	left := filepath.Join(t.TempDir(), "chat.db")
	copyFile(t, path, left)
	copyFile(t, path+"-wal", left+"-wal")

	s := open(t, left)
	got, err := s.Messages(t.Context(), id, rooms.Page{Limit: 200})
	damaged := func(m rooms.Message) bool { return m.Kind == rooms.KindDamaged }
	if err != nil || len(got) != 100 || got[99].Seq != 100 || slices.ContainsFunc(got, damaged) {
		t.Errorf("messages: got %d, %v, want 100 undamaged ones", len(got), err)
	}
	if _, m, err := s.Standing(t.Context(), id, "owner"); err != nil || m.Standing != rooms.StandingIn {
		t.Errorf("standing of the owner: got %+v, %v, want %q", m, err, rooms.StandingIn)
	}
	if r, err := inspect.Database(t.Context(), left); err != nil || len(r.Problems()) > 0 {
		t.Errorf("inspect.Database: got %q, %v, want no problems", r.Problems(), err)
	}
	next, err := s.AddMessages(t.Context(), id, []rooms.Message{{ID: "next", Room: id}})
	if err != nil || next[0].Seq != 101 {
		t.Errorf("next message: got %+v, %v, want seq 101", next, err)
	}
}

func TestClose_leaves_one_file(t *testing.T) {
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
		t.Errorf("files: got %v, %v, want the database only", files, err)
	}
}

func TestOpen_creates_files_for_their_owner_only(t *testing.T) {
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

func TestOpen_refuses_unusable_files(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(t *testing.T, path string)
		want  string
	}{
		"a text file": {func(t *testing.T, path string) {
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
				t.Fatalf("Open: got a store (closing it: %v), want an error", s.Close())
			}
			if !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("Open: got %q, want one line with %q", err, test.want)
			}
		})
	}
}

// SQLite truncates a log that grew during a long read to 64 MiB after the read.
func TestSQLite_limits_the_log_after_a_long_read(t *testing.T) {
	const most = 64 << 20
	path := filepath.Join(t.TempDir(), "chat.db")
	s := open(t, path)
	id := fill(t, s, 1)
	tx, err := connect(t, path).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	var n int
	if err := tx.QueryRow("SELECT count(*) FROM messages").Scan(&n); err != nil {
		t.Fatal(err)
	}

	logSize := func() int64 {
		t.Helper()
		info, err := os.Stat(path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	// Another program writes a lot, for example a repair tool.
	execute(t, path, "CREATE TABLE much (data BLOB)")
	execute(t, path, fmt.Sprintf("INSERT INTO much VALUES (zeroblob(%d))", most+1<<20))
	if got := logSize(); got <= most {
		t.Fatalf("log during the read: got %d bytes, want more than %d", got, most)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		m := rooms.Message{ID: rooms.ID(fmt.Sprintf("after %d", i)), Room: id, Kind: rooms.KindText, Text: "hello"}
		if _, err := s.AddMessages(t.Context(), id, []rooms.Message{m}); err != nil {
			t.Fatal(err)
		}
	}
	if got := logSize(); got > most {
		t.Errorf("log after the read: got %d bytes, want at most %d", got, most)
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
