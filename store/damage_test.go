package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gifchat/rooms"
	"gifchat/store"
)

// A log without its tail is what a power cut leaves: a prefix of what was said
// is there, whole.
func TestACutLogLeavesAPrefix(t *testing.T) {
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
			continue // not even the first start is in this log
		}
		if err != nil {
			t.Fatalf("step %d: %v", step, err)
		}
		t.Cleanup(func() { s.Close() })
		if r, err := store.Look(t.Context(), left); err != nil || len(r.Problems()) > 0 {
			t.Fatalf("step %d: %q, %v", step, r.Problems(), err)
		}
		got, err := s.Messages(t.Context(), id, rooms.Page{Limit: 200})
		if err != nil || len(got) < before {
			t.Fatalf("step %d: got %d messages, %v; with less of the log there were %d", step, len(got), err, before)
		}
		for i, m := range got {
			if m.Seq != int64(i)+1 || m.Kind == rooms.KindDamaged {
				t.Fatalf("step %d: got seq %d in place %d", step, m.Seq, i)
			}
		}
		before = len(got)
	}
	if before != 40 {
		t.Errorf("with the whole log there are %d messages, want 40", before)
	}
}

// A new database knows none of the GIFs that are there, and its first sweep
// would remove them all.
func TestNoDatabaseIsBegunBesideGIFs(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "chat.db")
	fill(t, open(t, whole), 1) // what is in it is still in its log
	for name, test := range map[string]struct {
		files []string
		left  func(t *testing.T, path string)
		want  bool
	}{
		"new data":                        {nil, func(*testing.T, string) {}, true},
		"what is not ours in the folder":  {[]string{"README.txt", gifA + ".tmp"}, func(*testing.T, string) {}, true},
		"a GIF and no database":           {[]string{gifA}, func(*testing.T, string) {}, false},
		"a GIF and an empty file":         {[]string{gifA}, func(t *testing.T, path string) { copyFile(t, os.DevNull, path) }, false},
		"a GIF and a database of no log":  {[]string{gifA}, func(t *testing.T, path string) { copyFile(t, whole, path) }, false},
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
			test.left(t, p.Database)
			before, _ := os.ReadFile(p.Database)
			s, err := p.Open(t.Context())
			if err == nil {
				err = s.Close()
				if !test.want {
					t.Error("it was opened")
				}
			} else if !test.want && strings.Contains(err.Error(), "its GIFs are there") && !strings.Contains(err.Error(), "\n") {
				if after, _ := os.ReadFile(p.Database); string(after) != string(before) {
					t.Error("the database was changed")
				}
				err = nil
			}
			if err != nil {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A page that is damaged is found by Look. Open refuses it, or what is read of it is an
// error, or the page was of no importance; in no case does the store begin
// anew.
func TestADamagedPageIsFound(t *testing.T) {
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
		if r, err := store.Look(t.Context(), left); err == nil && len(r.Problems()) == 0 {
			t.Errorf("page %d: Look finds nothing", at/pageSize)
		}
		s, err := store.Open(t.Context(), left)
		if err != nil {
			refused++
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("page %d: more than a line: %v", at/pageSize, err)
			}
			continue
		}
		_, roomErr := s.Room(t.Context(), id)
		got, err := s.Messages(t.Context(), id, rooms.Page{After: -1, Limit: 1000})
		if roomErr != nil || err != nil {
			failed++
		} else if len(got) != 400 {
			t.Errorf("page %d: %d of 400 messages, and no error", at/pageSize, len(got))
		}
		if err := s.Close(); err != nil {
			t.Logf("page %d: closing: %v", at/pageSize, err)
		}
		if info, err := os.Stat(left); err != nil || info.Size() < int64(len(whole)) {
			t.Errorf("page %d: the file was made smaller: %v", at/pageSize, err)
		}
	}
	t.Logf("%d pages: %d times not opened, %d times not read", len(whole)/pageSize, refused, failed)
	if refused == 0 || failed == 0 {
		t.Error("no damage was ever noticed")
	}
}
