package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gifchat/rooms"
	"gifchat/store"
)

func TestLook_besideAStoreInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	fill(t, open(t, path), 10)
	for range 2 {
		r, err := store.Look(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if problems := r.Problems(); len(problems) > 0 {
			t.Errorf("got %q", problems)
		}
		if r.Rooms != 1 || r.Messages != 10 || r.Schema != r.Known || r.Schema == 0 || r.Size == 0 || r.Log == 0 {
			t.Errorf("got %+v", r)
		}
	}
}

func TestLook_saysWhatIsWrong(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(t *testing.T, path string)
		want  string
	}{
		"a damaged page":   {spoilPage, "it is damaged"},
		"a newer schema":   {func(t *testing.T, path string) { execute(t, path, "PRAGMA user_version = 99") }, "use the newer program"},
		"another journal":  {func(t *testing.T, path string) { execute(t, path, "PRAGMA journal_mode = DELETE") }, "journal_mode is delete"},
		"no database":      {func(t *testing.T, path string) { _ = os.Remove(path) }, "no such file"},
		"another's":        {func(t *testing.T, path string) { execute(t, path, "PRAGMA application_id = 1") }, "another program's"},
		"an empty file":    {func(t *testing.T, path string) { _ = os.Truncate(path, 0) }, "empty"},
		"half of the file": {func(t *testing.T, path string) { _ = os.Truncate(path, 8192) }, "damaged"},
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
			r, err := store.Look(t.Context(), path)
			said := r.Problems()
			if err != nil {
				said = []string{err.Error()}
			}
			if !slices.ContainsFunc(said, func(line string) bool { return strings.Contains(line, test.want) }) {
				t.Errorf("got %q, want %q in it", said, test.want)
			}
		})
	}
}

// A log that could not start anew while somebody was reading is cut to 64 MiB
// as soon as it can.
func TestTheLogIsBounded(t *testing.T) {
	const most = 64 << 20
	path := filepath.Join(t.TempDir(), "chat.db")
	s := open(t, path)
	id := fill(t, s, 1)
	reader := connect(t, path)
	tx, err := reader.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	var n int
	if err := tx.QueryRow("SELECT count(*) FROM messages").Scan(&n); err != nil {
		t.Fatal(err)
	}

	log := func() int64 {
		t.Helper()
		info, err := os.Stat(path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	// Another program writes much, for instance one that repairs something.
	execute(t, path, "CREATE TABLE much (data BLOB)")
	execute(t, path, fmt.Sprintf("INSERT INTO much VALUES (zeroblob(%d))", most+1<<20))
	if got := log(); got <= most {
		t.Fatalf("the log has %d bytes while somebody reads, want more than %d", got, most)
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
	if got := log(); got > most {
		t.Errorf("the log has %d bytes after the reader has gone, want at most %d", got, most)
	}
}
