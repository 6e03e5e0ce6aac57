package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gifchat/rooms"
	"gifchat/store"
	"gifchat/store/inspect"
)

// After a power cut the end of the log can be missing. The store then has a
// prefix of the messages, without holes.
func TestOpen_with_a_truncated_log_has_a_prefix(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	s := open(t, path)
	id := fill(t, s, 40)
	log, err := os.ReadFile(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	before := -1
	for step := range 41 {
		left := filepath.Join(t.TempDir(), "chat.db")
		copyFile(t, path, left)
		if err := os.WriteFile(left+"-wal", log[:len(log)*step/40], 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := store.Open(t.Context(), left)
		if before < 0 && err != nil && strings.Contains(err.Error(), "no tables") {
			continue // the log ends within the first start
		}
		if err != nil {
			t.Fatalf("step %d: %v", step, err)
		}
		t.Cleanup(func() { s.Close() })
		if r, err := inspect.Database(t.Context(), left); err != nil || len(r.Problems()) > 0 {
			t.Fatalf("step %d: inspect.Database: got %q, %v, want no problems", step, r.Problems(), err)
		}
		got, err := s.Messages(t.Context(), id, rooms.Page{Limit: 200})
		if err != nil || len(got) < before {
			t.Fatalf("step %d: got %d messages, %v, want at least the %d of the step before", step, len(got), err, before)
		}
		for i, m := range got {
			if m.Seq != int64(i)+1 || m.Kind == rooms.KindDamaged {
				t.Fatalf("step %d: message %d: got seq %d, kind %q, want seq %d", step, i, m.Seq, m.Kind, i+1)
			}
		}
		before = len(got)
	}
	if before != 40 {
		t.Errorf("messages with the whole log: got %d, want 40", before)
	}
}

// The first sweep of a new database would remove all GIFs in the folder.
func TestOpen_creates_no_database_beside_gifs(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "chat.db")
	fill(t, open(t, whole), 1) // the rows are still in the log
	for name, test := range map[string]struct {
		files   []string // in the folder of the GIFs
		prepare func(t *testing.T, path string)
		want    bool // the database can be opened
	}{
		"an empty folder":                 {nil, func(*testing.T, string) {}, true},
		"files of other programs":         {[]string{"README.txt", gifA + ".tmp"}, func(*testing.T, string) {}, true},
		"a GIF and no database":           {[]string{gifA}, func(*testing.T, string) {}, false},
		"a GIF and an empty file":         {[]string{gifA}, func(t *testing.T, path string) { copyFile(t, os.DevNull, path) }, false},
		"a GIF, a database, no log":       {[]string{gifA}, func(t *testing.T, path string) { copyFile(t, whole, path) }, false},
		"a GIF and a log":                 {[]string{gifA}, func(t *testing.T, path string) { copyFile(t, whole+"-wal", path+"-wal") }, false},
		"a GIF and a database with a log": {[]string{gifA}, func(t *testing.T, path string) { copyFile(t, whole, path); copyFile(t, whole+"-wal", path+"-wal") }, true},
	} {
		t.Run(name, func(t *testing.T) {
			p := place(t, "data")
			for _, file := range test.files {
				if err := os.MkdirAll(p.GIFs, 0o700); err != nil {
					t.Fatal(err)
				}
				copyFile(t, os.DevNull, filepath.Join(p.GIFs, file))
			}
			test.prepare(t, p.Database)
			before, _ := os.ReadFile(p.Database)
			s, err := p.Open(t.Context())
			if err == nil {
				err = s.Close()
				if !test.want {
					t.Error("Open: got a store, want an error")
				}
			} else if !test.want && strings.Contains(err.Error(), "its GIFs are there") && !strings.Contains(err.Error(), "\n") {
				if after, _ := os.ReadFile(p.Database); string(after) != string(before) {
					t.Errorf("database after Open: got %d bytes, want the %d bytes from before", len(after), len(before))
				}
				err = nil
			}
			if err != nil {
				t.Errorf("Open: got error %v, want a store: %t", err, test.want)
			}
		})
	}
}

// inspect.Database finds every damaged page. Open returns an error, or a query does,
// or the page has no data. The store never replaces the damaged database.
func TestOpen_with_a_damaged_page_hides_no_message(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	id := fill(t, s, 400)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const pageSize = 4096
	refused, failed := 0, 0
	for at := 0; at < len(whole); at += pageSize {
		b := append([]byte(nil), whole...)
		b[at] ^= 0xff
		left := filepath.Join(t.TempDir(), "chat.db")
		if err := os.WriteFile(left, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if r, err := inspect.Database(t.Context(), left); err == nil && len(r.Problems()) == 0 {
			t.Errorf("page %d: inspect.Database: got no problem, want one", at/pageSize)
		}
		s, err := store.Open(t.Context(), left)
		if err != nil {
			refused++
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("page %d: Open: got %q, want one line", at/pageSize, err)
			}
			continue
		}
		_, roomErr := s.Room(t.Context(), id)
		got, err := s.Messages(t.Context(), id, rooms.Page{After: -1, Limit: 1000})
		if roomErr != nil || err != nil {
			failed++
		} else if len(got) != 400 {
			t.Errorf("page %d: Messages: got %d and no error, want 400 or an error", at/pageSize, len(got))
		}
		if err := s.Close(); err != nil {
			t.Logf("page %d: close: %v", at/pageSize, err)
		}
		if info, err := os.Stat(left); err != nil || info.Size() < int64(len(whole)) {
			t.Errorf("page %d: file: got %v, %v, want at least %d bytes", at/pageSize, info, err, len(whole))
		}
	}
	t.Logf("%d pages: %d refused by Open, %d by a query", len(whole)/pageSize, refused, failed)
	if refused == 0 || failed == 0 {
		t.Errorf("refused by Open: got %d, by a query: got %d, want some of both", refused, failed)
	}
}
