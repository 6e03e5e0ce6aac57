package store

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"gifchat/rooms"
)

// Concurrent uploads see the same free space. The floor stays free even if each of
// them becomes as large as a GIF can be.
func TestFilesSave_leaves_the_floor_free_under_concurrent_uploads(t *testing.T) {
	const floor, fit = 1000, 3
	files, err := OpenFiles(filepath.Join(t.TempDir(), "gifs"), floor)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	var free atomic.Int64
	free.Store(floor + fit*UploadReserve + 1)
	files.free = func() (int64, error) { return free.Load(), nil }

	names := 0
	name := func() string {
		names++
		return fmt.Sprintf("%024x.gif", names)
	}
	full := make(chan struct{})
	var admitted, refused atomic.Int64
	broken := errors.New("broken")
	var all sync.WaitGroup
	for i := range 64 {
		name := name()
		all.Go(func() {
			err := files.Save(name, func(io.Writer) error {
				admitted.Add(1)
				<-full
				if free.Add(-UploadReserve) < floor {
					t.Errorf("free bytes: got %d, want at least %d", free.Load(), floor)
				}
				return []error{nil, broken}[i%2]
			})
			if errors.Is(err, rooms.ErrStorageFull) {
				refused.Add(1)
			} else if err != nil && !errors.Is(err, broken) {
				t.Errorf("Save: got %v, want ErrStorageFull or the error of the upload", err)
			}
		})
	}
	for admitted.Load()+refused.Load() < 64 {
		runtime.Gosched()
	}
	if got := admitted.Load(); got != fit {
		t.Errorf("uploads in progress: got %d, want %d", got, fit)
	}
	close(full)
	all.Wait()

	nothing := func(io.Writer) error { return nil }
	if err := files.Save(name(), nothing); !errors.Is(err, rooms.ErrStorageFull) {
		t.Errorf("Save with one free byte above the floor: got %v, want ErrStorageFull", err)
	}
	free.Store(floor + UploadReserve) // space for one upload
	for range 2 {
		if err := files.Save(name(), nothing); err != nil {
			t.Errorf("Save after the other uploads: got %v, want no error", err)
		}
	}
}
