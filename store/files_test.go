package store_test

import (
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gifchat/rooms"
	"gifchat/store"
)

const (
	gifA = "aaaaaaaaaaaaaaaaaaaaaaaa.gif"
	gifB = "bbbbbbbbbbbbbbbbbbbbbbbb.gif"
)

func openFiles(t *testing.T) (files *store.Files, dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "gifs")
	files, err := store.OpenFiles(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := files.Close(); err != nil {
			t.Error(err)
		}
	})
	return files, dir
}

func write(body string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, body)
		return err
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestFiles_keep_a_saved_gif(t *testing.T) {
	files, dir := openFiles(t)
	if err := files.Save(gifA, write("picture")); err != nil {
		t.Fatal(err)
	}
	f, err := files.Open(gifA)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil || string(got) != "picture" {
		t.Errorf("content: got %q, %v, want %q", got, err, "picture")
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, gifA): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("mode of %s: got %v, %v, want %o", path, info.Mode(), err, want)
		}
	}
	for range 2 {
		if err := files.Remove(gifA); err != nil {
			t.Error(err)
		}
	}
	if _, err := files.Open(gifA); !errors.Is(err, rooms.ErrNotFound) {
		t.Errorf("Open of a removed file: got %v, want ErrNotFound", err)
	}
}

func TestFilesSave_of_a_broken_upload_leaves_nothing(t *testing.T) {
	files, dir := openFiles(t)
	broken := errors.New("broken")
	err := files.Save(gifA, func(w io.Writer) error {
		return errors.Join(write("half a pic")(w), broken)
	})
	if !errors.Is(err, broken) || errors.Is(err, rooms.ErrUnavailable) {
		t.Errorf("Save: got %v, want %v and not ErrUnavailable", err, broken)
	}
	if left := names(t, dir); len(left) > 0 {
		t.Errorf("files: got %q, want none", left)
	}
}

func TestFiles_refuse_names_outside_the_folder(t *testing.T) {
	files, dir := openFiles(t)
	secret := filepath.Join(filepath.Dir(dir), "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(dir, gifB)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		gifB, "../secret", secret, "", ".", gifA + "\x00", gifA + "\n", "../gifs/" + gifA,
		strings.ToUpper(gifA), "a.gif", gifA + ".tmp", strings.Repeat("a", 300) + ".gif",
	} {
		if f, err := files.Open(name); err == nil {
			t.Errorf("Open(%q): got a file (closing it: %v), want an error", name, f.Close())
		}
		if name == gifB {
			continue
		}
		if err := files.Save(name, write("x")); err == nil {
			t.Errorf("Save(%q): got no error, want one", name)
		}
		if err := files.Remove(name); err != nil {
			t.Errorf("Remove(%q): got %v, want no error", name, err)
		}
	}
	if b, err := os.ReadFile(secret); err != nil || string(b) != "secret" {
		t.Errorf("file outside the folder: got %q, %v, want %q", b, err, "secret")
	}
}

func TestFilesSweep_removes_what_a_crash_left(t *testing.T) {
	files, dir := openFiles(t)
	const young, shown, orphan = gifA, gifB, "cccccccccccccccccccccccc.gif"
	for _, name := range []string{young, shown, orphan} {
		if err := files.Save(name, write("x")); err != nil {
			t.Fatal(err)
		}
	}
	unfinished, another := orphan+".tmp", "README.txt"
	for _, name := range []string{unfinished, another} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-11 * time.Minute)
	for _, name := range []string{shown, orphan, unfinished, another} {
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	removed, err := files.Sweep(t.Context(), func(_ context.Context, name string) (bool, error) { return name == shown, nil })
	if err != nil || removed != 2 {
		t.Errorf("Sweep: got %d, %v, want 2", removed, err)
	}
	if got, want := names(t, dir), []string{another, young, shown}; !slices.Equal(got, want) {
		t.Errorf("files: got %q, want %q", got, want)
	}
}

// The count has no file that could not be removed.
func TestFilesSweep_counts_only_removed_files(t *testing.T) {
	files, dir := openFiles(t)
	folder := filepath.Join(dir, gifA)
	if err := os.MkdirAll(filepath.Join(folder, "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-11 * time.Minute)
	if err := os.Chtimes(folder, old, old); err != nil {
		t.Fatal(err)
	}
	removed, err := files.Sweep(t.Context(), func(context.Context, string) (bool, error) { return false, nil })
	if err == nil || removed != 0 {
		t.Errorf("Sweep of a folder that is not empty: got %d, %v, want 0 and an error", removed, err)
	}
}

func TestShowsGIF_finds_the_gifs_of_messages(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "chat.db"))
	id := fill(t, s, 1)
	if _, err := s.AddMessages(t.Context(), id, []rooms.Message{{ID: "gif", Room: id, GIF: &rooms.GIF{Name: gifA}}}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{gifA: true, gifB: false, "": false} {
		if got, err := s.ShowsGIF(t.Context(), name); err != nil || got != want {
			t.Errorf("ShowsGIF(%q): got %t, %v, want %t", name, got, err, want)
		}
	}
}

func TestFilesSave_leaves_the_floor_free(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gifs")
	for floor, want := range map[int64]error{0: nil, 1: nil, math.MaxInt64: rooms.ErrStorageFull} {
		files, err := store.OpenFiles(dir, floor)
		if err != nil {
			t.Fatal(err)
		}
		read := false
		err = files.Save(gifA, func(io.Writer) error {
			read = true
			return nil
		})
		if !errors.Is(err, want) || read != (want == nil) {
			t.Errorf("Save with floor %d: got %v, upload read: %t, want %v, upload read: %t", floor, err, read, want, want == nil)
		}
		if err := files.Remove(gifA); err != nil {
			t.Error(err)
		}
		if left := names(t, dir); len(left) > 0 {
			t.Errorf("files with floor %d: got %q, want none", floor, left)
		}
		if err := files.Close(); err != nil {
			t.Error(err)
		}
	}
}
