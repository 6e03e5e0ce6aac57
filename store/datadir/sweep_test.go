package datadir

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gifchat/rooms"
	"gifchat/store"
)

func TestStartSweep_removes_an_unused_gif_at_once(t *testing.T) {
	const name = "aaaaaaaaaaaaaaaaaaaaaaaa.gif"
	dir := t.TempDir()
	gifs, err := store.OpenFiles(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer gifs.Close()
	if err := gifs.Save(name, func(io.Writer) error { return nil }); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
		t.Fatal(err)
	}
	checked := make(chan string, 1)
	stop := StartSweep(t.Context(), gifs, func(_ context.Context, name string) (bool, error) {
		checked <- name
		return false, nil
	}, slog.New(slog.DiscardHandler))
	if got := <-checked; got != name {
		t.Errorf("checked GIF: got %q, want %q", got, name)
	}
	stop()
	if f, err := gifs.Open(name); !errors.Is(err, rooms.ErrNotFound) {
		t.Errorf("Open after the sweep: got %v, %v, want ErrNotFound", f, err)
	}
}
