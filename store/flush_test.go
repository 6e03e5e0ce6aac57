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

// A power cut may take whatever was not flushed. What a name leads to has to be
// on the disk before there is the name, and the name before Save returns: the
// message that shows the GIF is written after that.
func TestAGIFIsOnTheDiskBeforeItsNameIs(t *testing.T) {
	const name = "aaaaaaaaaaaaaaaaaaaaaaaa.gif"
	dir := t.TempDir()
	files, err := OpenFiles(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	type flush struct {
		what  string
		there map[string]string // names and contents
	}
	var flushed []flush
	look := func(what string, do func(*os.File) error) func(*os.File) error {
		return func(f *os.File) error {
			there := make(map[string]string)
			entries, err := os.ReadDir(dir)
			for _, e := range entries {
				data, reading := os.ReadFile(filepath.Join(dir, e.Name()))
				there[e.Name()], err = string(data), errors.Join(err, reading)
			}
			flushed = append(flushed, flush{what + " " + filepath.Base(f.Name()), there})
			return errors.Join(err, do(f))
		}
	}
	files.flushFile, files.flushFolder = look("file", files.flushFile), look("folder", files.flushFolder)
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
		t.Errorf("got %v, %v, want %v", flushed, err, want)
	}
}

// What could not be flushed is no GIF, and nobody is told that it is one.
func TestAGIFThatCannotBeFlushedIsRefused(t *testing.T) {
	for what, spoil := range map[string]func(*Files, func(*os.File) error){
		"file":   func(f *Files, fail func(*os.File) error) { f.flushFile = fail },
		"folder": func(f *Files, fail func(*os.File) error) { f.flushFolder = fail },
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
			t.Errorf("%s: got %v, want that it is broken, and ErrUnavailable", what, err)
		}
		entries, err := os.ReadDir(dir)
		if temporary := slices.ContainsFunc(entries, func(e os.DirEntry) bool { return filepath.Ext(e.Name()) == temporary }); err != nil || temporary {
			t.Errorf("%s: %v, %v were left", what, entries, err)
		}
		if err := files.Close(); err != nil {
			t.Error(err)
		}
	}
}
