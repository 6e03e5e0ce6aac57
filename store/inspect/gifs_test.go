package inspect

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"gifchat/rooms"
	"gifchat/store"
	"gifchat/store/storetest"
)

// A GIF is not missing if its message was removed while the others were read.
func TestReadGIFs_reports_only_gifs_that_are_still_shown(t *testing.T) {
	p := storetest.Place(t, "data")
	s := storetest.OpenFile(t, p.Database)
	room := storetest.Fill(t, s, 0)
	files, err := store.OpenFiles(p.GIFs, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	for i := range 3 {
		m := rooms.Message{ID: rooms.ID(fmt.Sprintf("%024x", i)), Kind: rooms.KindGIF, GIF: &rooms.GIF{Name: fmt.Sprintf("%024x.gif", i)}}
		if err := files.Save(m.GIF.Name, func(io.Writer) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if _, err := s.AddMessages(t.Context(), room, []rooms.Message{m}); err != nil {
			t.Fatal(err)
		}
	}
	gifs, err := shownGIFs(t.Context(), p.Database, store.OpenReadOnly)
	if err != nil || len(gifs) != 3 {
		t.Fatalf("shownGIFs: got %v, %v, want three", gifs, err)
	}
	// readWhile reads the GIFs and calls change during the first one.
	readWhile := func(change func() error) (int, string) {
		t.Helper()
		n, damage, err := readGIFs(t.Context(), p, gifs, func(name string, _ io.Reader) error {
			if name == gifs[0].name {
				return change()
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return n, damage
	}
	n, damage := readWhile(func() error {
		removal := rooms.Message{ID: "removal", Room: room, Kind: rooms.KindRemove, Target: 2}
		_, _, err := s.Amend(t.Context(), removal)
		return errors.Join(err, files.Remove(gifs[1].name))
	})
	if n != 2 || damage != "" {
		t.Errorf("GIF removed with its message: got %d, %q, want 2 and no damage", n, damage)
	}
	n, damage = readWhile(func() error { return files.Remove(gifs[2].name) })
	if want := fmt.Sprintf("GIF %q is missing", gifs[2].name); n != 1 || damage != want {
		t.Errorf("GIF removed without its message: got %d, %q, want 1, %q", n, damage, want)
	}
}
