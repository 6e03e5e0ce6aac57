package store_test

import (
	"errors"
	"io"
	"math"
	"path/filepath"
	"testing"

	"gifchat/rooms"
	"gifchat/store"
)

func TestSomeSpaceStaysFree(t *testing.T) {
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
			t.Errorf("with a floor of %d: got %v, and the upload was read: %t; want %v", floor, err, read, want)
		}
		if err := files.Remove(gifA); err != nil {
			t.Error(err)
		}
		if left := names(t, dir); len(left) > 0 {
			t.Errorf("with a floor of %d: %q are left", floor, left)
		}
		if err := files.Close(); err != nil {
			t.Error(err)
		}
	}
}
