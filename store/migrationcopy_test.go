package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gifchat/rooms"
	"gifchat/store"
	"gifchat/store/inspect"
)

// oldDatabase creates a database with one message, as a program has left it that
// knows the first seven migrations. copyPath is the path of the copy that Open
// keeps.
func oldDatabase(t *testing.T) (path, copyPath string) {
	t.Helper()
	path = databaseBefore(t, "said", insertRoom+insertText)
	return path, path + ".before-08"
}

// schemaOf returns the number of migrations that a database has had.
func schemaOf(t *testing.T, path string) (version int) {
	t.Helper()
	if err := connect(t, path).QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		t.Fatal(err)
	}
	return version
}

// copiesOf returns the names of the copies and unfinished copies of a database.
func copiesOf(t *testing.T, path string) []string {
	t.Helper()
	return slices.DeleteFunc(names(t, filepath.Dir(path)), func(name string) bool { return !strings.Contains(name, ".before-") })
}

func TestOpen_keeps_a_copy_before_a_migration(t *testing.T) {
	path, copyPath := oldDatabase(t)
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.Migration(), (store.Migration{From: 7, To: store.LatestSchema(), Copy: copyPath}); got != want {
		t.Errorf("Migration: got %+v, want %+v", got, want)
	}
	if _, err := s.AddMessages(t.Context(), oldRoom, []rooms.Message{{ID: "later", Room: oldRoom, Kind: rooms.KindText}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(copyPath)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("mode of the copy: got %o, want 600", got)
	}
	r, err := inspect.Database(t.Context(), copyPath)
	if err != nil || len(r.Problems()) > 0 || r.Schema != 7 || r.Rooms != 1 || r.Messages != 1 {
		t.Errorf("inspect.Database of the copy: got %+v, %v, want schema 7 with one room and one message", r, err)
	}

	s = open(t, path)
	if got := s.Migration(); got != (store.Migration{}) {
		t.Errorf("Migration of a second start: got %+v, want none", got)
	}
	if r, err = inspect.Database(t.Context(), path); err != nil || !slices.Equal(r.Copies, []string{copyPath}) {
		t.Errorf("copies in the report: got %q, %v, want %q", r.Copies, err, copyPath)
	}
}

// The old program can read the copy: it gets the place of the database.
func TestOpen_of_a_copy_has_the_data_from_before_the_migration(t *testing.T) {
	path, copyPath := oldDatabase(t)
	open(t, path)
	restored := filepath.Join(t.TempDir(), "chat.db")
	if err := os.Rename(copyPath, restored); err != nil {
		t.Fatal(err)
	}
	m, err := open(t, restored).Message(t.Context(), oldRoom, 1)
	if err != nil || m.Text != "hello" {
		t.Errorf("message: got %+v, %v, want the text %q", m, err, "hello")
	}
}

// After kill -9 of the old program, its latest rows are in the write-ahead log only.
func TestOpen_copies_the_rows_of_the_log(t *testing.T) {
	old, _ := oldDatabase(t)
	if _, err := connect(t, old).Exec("UPDATE rooms SET title = 'latest'"); err != nil { // the connection stays open
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "chat.db")
	copyFile(t, old, path)
	copyFile(t, old+"-wal", path+"-wal")
	copied := open(t, path).Migration().Copy
	var title string
	if err := connect(t, copied).QueryRow("SELECT title FROM rooms").Scan(&title); err != nil || title != "latest" {
		t.Errorf("title in the copy: got %q, %v, want %q", title, err, "latest")
	}
}

func TestOpen_never_overwrites_a_copy(t *testing.T) {
	path, copyPath := oldDatabase(t)
	for _, name := range []string{copyPath, copyPath + ".2"} {
		if err := os.WriteFile(name, []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := open(t, path).Migration().Copy, copyPath+".3"; got != want {
		t.Errorf("path of the copy: got %q, want %q", got, want)
	}
	for _, name := range []string{copyPath, copyPath + ".2"} {
		if b, err := os.ReadFile(name); err != nil || string(b) != "precious" {
			t.Errorf("%s: got %q, %v, want it unchanged", name, b, err)
		}
	}
}

func TestOpen_replaces_a_copy_that_was_interrupted(t *testing.T) {
	path, copyPath := oldDatabase(t)
	for _, name := range []string{copyPath + ".tmp", copyPath + ".tmp-journal"} {
		if err := os.WriteFile(name, []byte("interrupted"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open(t, path)
	if got, want := copiesOf(t, path), []string{filepath.Base(copyPath)}; !slices.Equal(got, want) {
		t.Errorf("copies: got %q, want %q", got, want)
	}
	if got := schemaOf(t, copyPath); got != 7 {
		t.Errorf("schema of the copy: got %d, want 7", got)
	}
}

// A migration that fails at each start does not fill the disk with equal copies.
func TestOpen_keeps_one_copy_of_a_migration_that_fails_twice(t *testing.T) {
	path, copyPath := oldDatabase(t)
	execute(t, path, "ALTER TABLE messages ADD COLUMN said INTEGER NOT NULL DEFAULT 0")
	for range 2 {
		s, err := store.Open(t.Context(), path)
		if err == nil {
			t.Fatalf("Open: got a store (closing it: %v), want an error", s.Close())
		}
		if !strings.Contains(err.Error(), "0008_said.sql") || !strings.Contains(err.Error(), "copy from before the migration is in "+copyPath) {
			t.Errorf("Open: got %q, want the names of the migration and of the copy", err)
		}
		if got, want := copiesOf(t, path), []string{filepath.Base(copyPath)}; !slices.Equal(got, want) {
			t.Errorf("copies: got %q, want %q", got, want)
		}
	}
	// Another program has changed the database: its state is kept as well.
	execute(t, path, "UPDATE rooms SET title = 'another'")
	if s, err := store.Open(t.Context(), path); err == nil {
		t.Fatalf("Open: got a store (closing it: %v), want an error", s.Close())
	}
	if got := len(copiesOf(t, path)); got != 2 {
		t.Errorf("copies after a change: got %d, want 2", got)
	}
}

func TestOpen_without_a_copy_does_not_migrate(t *testing.T) {
	path, copyPath := oldDatabase(t)
	if err := os.MkdirAll(filepath.Join(copyPath+".tmp", "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), path)
	if err == nil {
		t.Fatalf("Open: got a store (closing it: %v), want an error", s.Close())
	}
	if !strings.Contains(err.Error(), "nothing was changed") || strings.Contains(err.Error(), "\n") {
		t.Errorf("Open: got %q, want one line with %q", err, "nothing was changed")
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("database: got %d bytes, %v, want the %d bytes from before", len(after), err, len(before))
	}
}

// A new, empty database would hide the copy.
func TestOpen_beside_a_copy_creates_no_database(t *testing.T) {
	path, copyPath := oldDatabase(t)
	if err := os.Rename(path, copyPath); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), path)
	if err == nil {
		t.Fatalf("Open: got a store (closing it: %v), want an error", s.Close())
	}
	if want := "the database is missing but " + filepath.Base(copyPath) + " is there"; !strings.Contains(err.Error(), want) {
		t.Errorf("Open: got %q, want %q in it", err, want)
	}
}

func TestKeepCopy_without_space_leaves_no_file(t *testing.T) {
	path, _ := oldDatabase(t)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, free := range []int64{0, info.Size() - 1} {
		_, err = store.KeepCopy(t.Context(), connect(t, path), path, 8, func(string) (int64, error) { return free, nil })
		if err == nil || !strings.Contains(err.Error(), "bytes free") || !strings.Contains(err.Error(), "make room") {
			t.Errorf("KeepCopy with %d bytes free: got %v, want an error that asks for room", free, err)
		}
	}
	if got := copiesOf(t, path); len(got) > 0 {
		t.Errorf("copies: got %q, want none", got)
	}
	unknown := func(string) (int64, error) { return 0, errors.ErrUnsupported }
	if _, err := store.KeepCopy(t.Context(), connect(t, path), path, 8, unknown); err != nil {
		t.Errorf("KeepCopy on a system that does not know its free space: got %v, want no error", err)
	}
}
