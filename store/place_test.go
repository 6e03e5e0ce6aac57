package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gifchat/store"
	"gifchat/store/inspect"
)

// A folder that lost its database, or has an unfinished backup, must not become an empty
// chat.
func TestPlace_without_its_database_is_refused_and_left_alone(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "chat.db")
	fill(t, open(t, whole), 1) // the rows are still in the log
	file := func(names ...string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			for _, name := range names {
				if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	empty := func(names ...string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			for _, name := range names {
				copyFile(t, os.DevNull, filepath.Join(dir, name))
			}
		}
	}
	for name, test := range map[string]struct {
		left func(t *testing.T, dir string)
		want string // in the error; "" if the place can be opened
	}{
		"nothing":                             {empty(), ""},
		"a secret and a lock":                 {file("cookie-secret", "chat.db.lock"), ""},
		"files of other programs":             {file("README.txt", "lost+found", ".DS_Store"), ""},
		"a folder for GIFs without any":       {func(t *testing.T, dir string) { mkdirAll(t, filepath.Join(dir, "gifs")) }, ""},
		"an interrupted first start":          {empty("chat.db.new", "chat.db", "chat.db-wal", "chat.db-shm"), ""},
		"a first start interrupted at once":   {empty("chat.db.new"), ""},
		"the beginning of a backup":           {empty("chat.db.partial"), "beginning of a backup"},
		"half of a backup":                    {file("cookie-secret", "chat.db.partial"), "beginning of a backup"},
		"a backup that SQLite was writing":    {file("chat.db.partial", "chat.db.partial-journal"), "beginning of a backup"},
		"half of a backup beside GIFs":        {func(t *testing.T, dir string) { file("chat.db.partial")(t, dir); gifs(t, dir) }, "beginning of a backup"},
		"half of a backup and an empty file":  {empty("chat.db.partial", "chat.db"), "beginning of a backup"},
		"half of a backup and a first start":  {empty("chat.db.partial", "chat.db.new"), "beginning of a backup"},
		"GIFs":                                {gifs, "its GIFs are there"},
		"GIFs and an interrupted first start": {func(t *testing.T, dir string) { empty("chat.db.new", "chat.db")(t, dir); gifs(t, dir) }, "its GIFs are there"},
		"a log":                               {file("chat.db-wal"), "chat.db-wal is there"},
		"an empty log":                        {empty("chat.db-wal"), "chat.db-wal is there"},
		"the index of a log":                  {file("chat.db-shm"), "chat.db-shm is there"},
		"a rollback journal":                  {file("chat.db-journal"), "chat.db-journal is there"},
		"a database that was renamed":         {file("chat.db.old"), "move chat.db.old away"},
		"a copy named by Windows":             {file("chat - 복사본.db"), "move chat - 복사본.db away"},
		"a second download":                   {file("chat (1).db"), "move chat (1).db away"},
		"a copy named by macOS":               {file("chat copy 2.db"), "move chat copy 2.db away"},
		"a name in capital letters":           {file("CHAT.DB"), "move CHAT.DB away"},
		"a database that was compressed":      {file("chat.db.gz"), "chat.db.gz is there"},
		"an unfinished copy of rsync":         {file(".chat.db.Xa81k2"), ".chat.db.Xa81k2 is there"},
		"a dated copy":                        {file("2026-11-29-chat.db"), "2026-11-29-chat.db is there"},
		"an empty file":                       {empty("chat.db"), "0 bytes"},
		"an empty file and a secret":          {func(t *testing.T, dir string) { empty("chat.db")(t, dir); file("cookie-secret")(t, dir) }, "0 bytes"},
		"a database without its log":          {func(t *testing.T, dir string) { copyFile(t, whole, filepath.Join(dir, "chat.db")) }, "no tables"},
		"GIFs and a database without its log": {func(t *testing.T, dir string) { copyFile(t, whole, filepath.Join(dir, "chat.db")); gifs(t, dir) }, "its GIFs are there"},
		"a database and an unfinished backup": {func(t *testing.T, dir string) { copyWhole(t, whole, dir); file("chat.db.partial")(t, dir) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			p := store.Place{Database: filepath.Join(dir, "chat.db"), GIFs: filepath.Join(dir, "gifs")}
			test.left(t, dir)
			onlyOpen := strings.HasSuffix(name, "database without its log") // Check does not read the database
			before := filesIn(t, dir)
			checked := p.Check()
			s, err := p.Open(t.Context())
			if err == nil {
				if closed := s.Close(); closed != nil {
					t.Fatal(closed)
				}
			}
			switch {
			case test.want == "" && (err != nil || checked != nil):
				t.Errorf("Check: got %v, Open: got %v, want no error", checked, err)
			case test.want == "":
				if names := names(t, dir); strings.Contains(strings.Join(names, " "), "chat.db.new") {
					t.Errorf("files after Open: got %q, want no chat.db.new", names)
				}
			case err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n"):
				t.Errorf("Open: got %v, want one line with %q", err, test.want)
			case !onlyOpen && (checked == nil || checked.Error() != err.Error()):
				t.Errorf("Check: got %v, want the error of Open: %v", checked, err)
			default:
				if after := filesIn(t, dir); after != before {
					t.Errorf("files after Open: got\n%s\nwant\n%s", after, before)
				}
			}
		})
	}
}

func gifs(t *testing.T, dir string) {
	mkdirAll(t, filepath.Join(dir, "gifs"))
	copyFile(t, os.DevNull, filepath.Join(dir, "gifs", gifA))
}

func copyWhole(t *testing.T, whole, dir string) {
	copyFile(t, whole, filepath.Join(dir, "chat.db"))
	copyFile(t, whole+"-wal", filepath.Join(dir, "chat.db-wal"))
}

func mkdirAll(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
}

// filesIn returns the names and contents of a folder's files, except the empty log and
// the index that SQLite creates when it reads a database.
func filesIn(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	for _, name := range names(t, dir) {
		b, err := os.ReadFile(filepath.Join(dir, name))
		emptyLog := len(b) == 0 && strings.HasSuffix(name, "-wal")
		if err == nil && !emptyLog && !strings.HasSuffix(name, "-shm") {
			all.WriteString(name + ": " + string(b) + "\n")
		}
	}
	return all.String()
}

// A backup that was interrupted at any moment leaves a folder that is refused, or a
// complete backup.
func TestBackup_that_fails_leaves_a_folder_that_is_refused(t *testing.T) {
	from, to := place(t, "from"), place(t, "to")
	s := open(t, from.Database)
	fill(t, s, 1)
	from.Secret, to.Secret = filepath.Join(filepath.Dir(from.Database), "cookie-secret"), filepath.Join(filepath.Dir(to.Database), "cookie-secret")
	if err := os.WriteFile(from.Secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to.Secret, []byte("another"), 0o600); err != nil { // so that copying it fails
		t.Fatal(err)
	}
	if _, err := inspect.Backup(t.Context(), from, to); err == nil {
		t.Fatal("Backup over an existing secret: got no error, want one")
	}
	if err := to.Check(); err == nil || !strings.Contains(err.Error(), "beginning of a backup") {
		t.Errorf("Check after the failed backup: got %v, want %q", err, "beginning of a backup")
	}
	if err := os.Remove(to.Secret); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(to.Database + ".partial"); err != nil {
		t.Fatal(err)
	}
	if _, err := inspect.Backup(t.Context(), from, to); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(to.Secret); err != nil || string(b) != "secret" {
		t.Errorf("copied secret: got %q, %v, want %q", b, err, "secret")
	}
	if _, err := inspect.Backup(t.Context(), to, place(t, "third")); err != nil {
		t.Errorf("Backup of the backup: got %v, want no error", err)
	}
}

// A copy that was interrupted is shorter than its header says.
func TestPlace_with_the_beginning_of_a_database_is_refused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, s, 40)
	if err := s.Close(); err != nil { // the rows are in the file now
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1, 16, 99, 100, 511, 512, 4095, 4096, 4097, len(whole) / 2, len(whole) - 4096, len(whole) - 1} {
		cut := filepath.Join(t.TempDir(), "chat.db")
		if err := os.WriteFile(cut, whole[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := store.Open(t.Context(), cut)
		if err == nil {
			t.Errorf("Open with %d of %d bytes: got a store, want an error", size, len(whole))
			_ = s.Close()
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("Open with %d bytes: got %q, want one line", size, err)
		}
		if after, err := os.ReadFile(cut); err != nil || string(after) != string(whole[:size]) {
			t.Errorf("file of %d bytes after Open: got %d bytes, %v, want it unchanged", size, len(after), err)
		}
	}
}
