package store

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"gifchat/rooms"
)

// A power cut loses what was not flushed. Save flushes the contents before it gives
// the file its name, and the name before it returns: the message that shows the
// GIF is stored after that.
func TestFilesSave_flushes_the_contents_and_then_the_name(t *testing.T) {
	const name = "aaaaaaaaaaaaaaaaaaaaaaaa.gif"
	dir := t.TempDir()
	files, err := OpenFiles(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	type flush struct {
		what  string
		files map[string]string // names and contents in the folder
	}
	var flushed []flush
	record := func(what string, do func(*os.File) error) func(*os.File) error {
		return func(f *os.File) error {
			content := make(map[string]string)
			entries, err := os.ReadDir(dir)
			for _, e := range entries {
				data, reading := os.ReadFile(filepath.Join(dir, e.Name()))
				content[e.Name()], err = string(data), errors.Join(err, reading)
			}
			flushed = append(flushed, flush{what + " " + filepath.Base(f.Name()), content})
			return errors.Join(err, do(f))
		}
	}
	files.syncFile, files.syncFolder = record("file", files.syncFile), record("folder", files.syncFolder)
	err = files.Save(name, func(w io.Writer) error {
		for _, part := range []string{"all", " of", " it"} {
			if _, err := io.WriteString(w, part); err != nil {
				return err
			}
		}
		return nil
	})
	want := []flush{
		{"file " + name + temporary, map[string]string{name + temporary: "all of it"}},
		{"folder .", map[string]string{name: "all of it"}},
	}
	if err != nil || !reflect.DeepEqual(flushed, want) {
		t.Errorf("flushes: got %v, %v, want %v", flushed, err, want)
	}
}

func TestFilesSave_refuses_a_gif_that_cannot_be_flushed(t *testing.T) {
	for what, spoil := range map[string]func(*Files, func(*os.File) error){
		"file":   func(f *Files, fail func(*os.File) error) { f.syncFile = fail },
		"folder": func(f *Files, fail func(*os.File) error) { f.syncFolder = fail },
	} {
		dir := t.TempDir()
		files, err := OpenFiles(dir, 0)
		if err != nil {
			t.Fatal(err)
		}
		broken := errors.New("input/output error")
		spoil(files, func(*os.File) error { return broken })
		err = files.Save("aaaaaaaaaaaaaaaaaaaaaaaa.gif", func(w io.Writer) error {
			_, err := io.WriteString(w, "picture")
			return err
		})
		if !errors.Is(err, broken) || !errors.Is(err, rooms.ErrUnavailable) {
			t.Errorf("Save with a broken %s: got %v, want %v and ErrUnavailable", what, err, broken)
		}
		entries, err := os.ReadDir(dir)
		if temporary := slices.ContainsFunc(entries, func(e os.DirEntry) bool { return filepath.Ext(e.Name()) == temporary }); err != nil || temporary {
			t.Errorf("files after a broken %s: got %v, %v, want no temporary file", what, entries, err)
		}
		if err := files.Close(); err != nil {
			t.Error(err)
		}
	}
}
