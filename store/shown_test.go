package store

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"gifchat/rooms"
)

// A GIF that goes with its message while the others are read is not missed; one
// whose message stays is.
func TestAGIFThatIsRemovedMeanwhileIsNotMissing(t *testing.T) {
	s, all := storeWithRooms(t, 1)
	p := Place{Database: strings.TrimSuffix(s.write.log.path, "-wal"), GIFs: t.TempDir()}
	files, err := OpenFiles(p.GIFs, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	for i := range 3 {
		m := randomMessage(all[0])
		m.Kind, m.GIF = rooms.KindGIF, &rooms.GIF{Name: fmt.Sprintf("%024x.gif", i)}
		if err := files.Save(m.GIF.Name, func(io.Writer) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if _, err := s.AddMessages(t.Context(), all[0], []rooms.Message{m}); err != nil {
			t.Fatal(err)
		}
	}
	gifs, err := shownGIFs(t.Context(), p.Database, looking)
	if err != nil || len(gifs) != 3 {
		t.Fatalf("got %v, %v, want three", gifs, err)
	}
	read := func(meanwhile func() error) (int, string) {
		t.Helper()
		n, damage, err := readGIFs(t.Context(), p, gifs, func(name string, _ io.Reader) error {
			if name == gifs[0].name {
				return meanwhile()
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return n, damage
	}
	n, damage := read(func() error {
		removal := randomMessage(all[0])
		removal.Kind, removal.Text, removal.Target = rooms.KindRemove, "", 2
		_, _, err := s.Amend(t.Context(), removal)
		return errors.Join(err, files.Remove(gifs[1].name))
	})
	if n != 2 || damage != "" {
		t.Errorf("got %d, %q, want 2 and nothing wrong", n, damage)
	}
	n, damage = read(func() error { return files.Remove(gifs[2].name) })
	if want := fmt.Sprintf("GIF %q is missing", gifs[2].name); n != 1 || damage != want {
		t.Errorf("got %d, %q, want 1, %q", n, damage, want)
	}
}
