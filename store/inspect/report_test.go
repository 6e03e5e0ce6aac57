package inspect_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gifchat/store/inspect"
	"gifchat/store/storetest"
)

func TestDatabase_of_a_store_in_use_has_no_problems(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	storetest.Fill(t, storetest.OpenFile(t, path), 10)
	for range 2 {
		r, err := inspect.Database(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if problems := r.Problems(); len(problems) > 0 {
			t.Errorf("problems: got %q, want none", problems)
		}
		if r.Rooms != 1 || r.Messages != 10 || r.Schema != r.Known || r.Schema == 0 || r.Size == 0 || r.Log == 0 {
			t.Errorf("report: got %+v, want one room, ten messages, the latest schema and sizes", r)
		}
	}
}

func TestDatabase_reports_what_is_wrong(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(t *testing.T, path string)
		want  string
	}{
		"a damaged page":    {spoilPage, "it is damaged"},
		"a newer schema":    {func(t *testing.T, path string) { storetest.Exec(t, path, "PRAGMA user_version = 99") }, "use the newer program"},
		"another journal":   {func(t *testing.T, path string) { storetest.Exec(t, path, "PRAGMA journal_mode = DELETE") }, "journal_mode is delete"},
		"no database":       {func(t *testing.T, path string) { _ = os.Remove(path) }, "no such file"},
		"another program's": {func(t *testing.T, path string) { storetest.Exec(t, path, "PRAGMA application_id = 1") }, "another program's"},
		"an empty file":     {func(t *testing.T, path string) { _ = os.Truncate(path, 0) }, "empty"},
		"half of the file":  {func(t *testing.T, path string) { _ = os.Truncate(path, 8192) }, "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "chat.db")
			storetest.FillFile(t, path)
			test.spoil(t, path)
			r, err := inspect.Database(t.Context(), path)
			problems := r.Problems()
			if err != nil {
				problems = []string{err.Error()}
			}
			if !slices.ContainsFunc(problems, func(line string) bool { return strings.Contains(line, test.want) }) {
				t.Errorf("problems: got %q, want %q in one", problems, test.want)
			}
		})
	}
}
