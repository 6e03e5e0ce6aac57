package inspect_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gifchat/rooms"
	"gifchat/store"
	"gifchat/store/inspect"
	"gifchat/store/storetest"
)

const (
	hashedGIF   = "0123456789abcdef01234567.gif"
	unhashedGIF = "76543210fedcba9876543210.gif" // from before hashes were stored
)

// placeWithGIFs returns a place with a room of two messages, each with a GIF.
func placeWithGIFs(t *testing.T) (store.Place, rooms.ID) {
	t.Helper()
	p := storetest.Place(t, "from")
	s := storetest.OpenFile(t, p.Database)
	room := storetest.Fill(t, s, 0)
	files, err := store.OpenFiles(p.GIFs, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	for i, name := range []string{hashedGIF, unhashedGIF} {
		body := "the picture of " + name
		err := files.Save(name, func(w io.Writer) error {
			_, err := io.WriteString(w, body)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		m := rooms.Message{
			ID: rooms.ID(fmt.Sprint("gif ", i)), Room: room, Kind: rooms.KindGIF, Session: "owner",
			GIF: &rooms.GIF{Name: name, SHA256: fmt.Sprintf("%x", sha256.Sum256([]byte(body)))},
		}
		if name == unhashedGIF {
			m.GIF.SHA256 = ""
		}
		if _, err := s.AddMessages(t.Context(), room, []rooms.Message{m}); err != nil {
			t.Fatal(err)
		}
	}
	return p, room
}

func names(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// Each damage is reported and stops neither GIFs nor Backup.
func TestGIFs_and_backup_report_a_damaged_gif(t *testing.T) {
	both := []string{hashedGIF, unhashedGIF}
	for name, test := range map[string]struct {
		spoil  func(t *testing.T, folder string)
		damage string // a prefix; "" for none
		n      int    // GIFs that can be read
		copied []string
	}{
		"undamaged": {func(*testing.T, string) {}, "", 2, both},
		"altered": {func(t *testing.T, folder string) {
			writeFile(t, filepath.Join(folder, hashedGIF), "The picture of "+hashedGIF)
		}, fmt.Sprintf("GIF %q is not as it was uploaded", hashedGIF), 2, both},
		"missing": {func(t *testing.T, folder string) {
			remove(t, filepath.Join(folder, hashedGIF))
		}, fmt.Sprintf("GIF %q is missing", hashedGIF), 1, both[1:]},
		"unreadable": {func(t *testing.T, folder string) {
			remove(t, filepath.Join(folder, hashedGIF))
			mkdir(t, filepath.Join(folder, hashedGIF))
		}, fmt.Sprintf("GIF %q cannot be read", hashedGIF), 1, both[1:]},
		"missing folder": {remove, "the folder of the GIFs is missing", 0, nil},
		"unreadable folder": {func(t *testing.T, folder string) {
			remove(t, folder)
			writeFile(t, folder, "")
		}, "the GIFs cannot be read", 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			from, room := placeWithGIFs(t)
			test.spoil(t, from.GIFs)
			n, damage, err := inspect.GIFs(t.Context(), from)
			if err != nil || n != test.n || !strings.HasPrefix(damage, test.damage) || (damage == "") != (test.damage == "") {
				t.Errorf("GIFs: got %d, %q, %v, want %d, %q", n, damage, err, test.n, test.damage)
			}
			to := storetest.Place(t, "to")
			n, err = inspect.Backup(t.Context(), from, to)
			if (err == nil) != (test.damage == "") || err != nil && !strings.Contains(err.Error(), "is copied, damage included: "+test.damage) || n != len(test.copied) {
				t.Errorf("Backup: got %d, %v, want %d, %q", n, err, len(test.copied), test.damage)
			}
			if got := names(t, to.GIFs); !slices.Equal(got, test.copied) {
				t.Errorf("copied GIFs: got %q, want %q", got, test.copied)
			}
			if copied := readAll(t, to.Database, room); copied.err != nil || len(copied.messages) != 2 {
				t.Errorf("messages of the copy: got %d, %v, want 2", len(copied.messages), copied.err)
			}
			if _, err := os.Stat(from.GIFs); test.damage == "the folder of the GIFs is missing" && err == nil {
				t.Error("folder of the GIFs: got a new one, want none")
			}
		})
	}
}

// One bit of the name in the database has changed, so that it is no GIF's name.
func TestBackup_with_a_damaged_gif_name_copies_the_other_gif(t *testing.T) {
	from, _ := placeWithGIFs(t)
	storetest.Exec(t, from.Database, "UPDATE messages SET gif_name = 'p'||substr(gif_name, 2) WHERE gif_name = '"+hashedGIF+"'")
	if n, damage, err := inspect.GIFs(t.Context(), from); err != nil || n != 1 || damage != `GIF "p123456789abcdef01234567.gif" is missing` {
		t.Errorf("GIFs: got %d, %q, %v, want 1 and the changed name", n, damage, err)
	}
	to := storetest.Place(t, "to")
	n, err := inspect.Backup(t.Context(), from, to)
	if err == nil || n != 1 || !strings.Contains(err.Error(), "damage included: message 1 of") || !strings.HasSuffix(err.Error(), ` is missing`) {
		t.Errorf("Backup: got %d, %v, want 1, a damaged message and a missing GIF", n, err)
	}
	if got := names(t, to.GIFs); !slices.Equal(got, []string{unhashedGIF}) {
		t.Errorf("copied GIFs: got %q, want %q", got, unhashedGIF)
	}
}

func TestBackup_that_cannot_write_a_gif_has_no_database(t *testing.T) {
	from, _ := placeWithGIFs(t)
	to := storetest.Place(t, "to")
	if err := os.MkdirAll(filepath.Join(to.GIFs, unhashedGIF+".tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := inspect.Backup(t.Context(), from, to); err == nil || strings.Contains(err.Error(), "copied") {
		t.Errorf("Backup: got %v, want an error of a backup without a database", err)
	}
	if _, err := os.Stat(to.Database); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("database of the copy: got %v, want os.ErrNotExist", err)
	}
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
}
