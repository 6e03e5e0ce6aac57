package inspect_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gifchat/rooms"
	"gifchat/store"
	"gifchat/store/inspect"
	"gifchat/store/storetest"
)

// post adds texts and GIFs to a room until stop, as the server does: first the file,
// then the row. acked counts the acknowledged messages. post pauses when acked
// reaches most: without this limit, each backup would be larger than the one before
// and take longer.
func post(t *testing.T, s *store.SQLite, gifs *store.Files, room rooms.Room, stop <-chan struct{}, acked, most *atomic.Int64) {
	for i := 0; ; i++ {
		for pause := true; pause; pause = acked.Load() >= most.Load() {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
		}
		m := rooms.Message{ID: rooms.ID(fmt.Sprintf("%s%012x", room.ID[:12], i)), Room: room.ID, Kind: rooms.KindText, Text: "hello"}
		if i%10 == 0 {
			m.Kind, m.Text, m.GIF = rooms.KindGIF, "", &rooms.GIF{Name: string(m.ID) + ".gif"}
			err := gifs.Save(m.GIF.Name, func(w io.Writer) error {
				_, err := io.WriteString(w, m.GIF.Name)
				return err
			})
			if err != nil {
				t.Error(err)
				return
			}
		}
		if _, err := s.AddMessages(t.Context(), room.ID, []rooms.Message{m}); err != nil {
			t.Error(err)
			return
		}
		acked.Add(1)
	}
}

func TestBackup_of_a_store_in_use_is_a_prefix_of_each_room(t *testing.T) {
	ctx := t.Context()
	from := storetest.Place(t, "from")
	s := storetest.OpenFile(t, from.Database)
	gifs, err := store.OpenFiles(from.GIFs, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer gifs.Close()
	const unused = "ffffffffffffffffffffffff.gif" // no message shows it
	if err := gifs.Save(unused, func(io.Writer) error { return nil }); err != nil {
		t.Fatal(err)
	}

	var posting sync.WaitGroup
	stop := make(chan struct{})
	var end sync.Once
	defer func() { end.Do(func() { close(stop) }); posting.Wait() }()
	var most atomic.Int64
	acked := make([]atomic.Int64, 3)
	var all []rooms.Room
	for i := range acked {
		room := rooms.Room{ID: rooms.ID(fmt.Sprintf("%012x000000000000", i+1)), Capacity: 10, OwnerSession: "owner"}
		if err := s.CreateRoom(ctx, room, rooms.Member{Room: room.ID, Session: "owner", Color: "#78583a"}, rooms.RoomLimits{}); err != nil {
			t.Fatal(err)
		}
		all = append(all, room)
		posting.Go(func() { post(t, s, gifs, room, stop, &acked[i], &most) })
	}

	for round := range sized(3, 30) {
		var had []int64 // read first: one room may use up the new limit while the loop waits for another
		for i := range acked {
			had = append(had, acked[i].Load())
		}
		most.Add(100)
		for i := range acked { // each room has new messages
			for acked[i].Load() < had[i]+20 && !t.Failed() {
				if _, err := s.Room(ctx, all[i].ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		var before []int64
		for i := range acked {
			before = append(before, acked[i].Load())
		}
		to := storetest.Place(t, fmt.Sprint("to? 100% ", round))
		n, err := inspect.Backup(ctx, from, to)
		if err != nil {
			t.Fatal(err)
		}
		checkBackup(t, to, all, before, n)
	}
}

func checkBackup(t *testing.T, to store.Place, all []rooms.Room, before []int64, gifs int) {
	t.Helper()
	for _, name := range []string{to.Database + "-wal", to.Database + "-shm", to.Database + ".partial"} {
		if _, err := os.Stat(name); err == nil {
			t.Errorf("%s: got a file, want none", filepath.Base(name))
		}
	}
	files, err := store.OpenFiles(to.GIFs, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	entries, err := os.ReadDir(to.GIFs)
	if err != nil || len(entries) != gifs || gifs == 0 {
		t.Errorf("copied GIFs: got %d files, %v, want the %d that Backup returned", len(entries), err, gifs)
	}
	restored := storetest.OpenFile(t, to.Database)
	if r, err := inspect.Database(t.Context(), to.Database); err != nil || len(r.Problems()) > 0 {
		t.Errorf("inspect.Database: got %q, %v, want no problems", r.Problems(), err)
	}
	shown := 0
	for i, room := range all {
		var last int64 = -1
		seq := int64(0)
		for {
			page, err := restored.Messages(t.Context(), room.ID, rooms.Page{After: last, Limit: 200})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range page {
				if seq++; m.Seq != seq || m.Kind == rooms.KindDamaged {
					t.Fatalf("room %d: got seq %d, kind %q, want seq %d", i, m.Seq, m.Kind, seq)
				}
				last = m.Seq
				if m.GIF == nil {
					continue
				}
				shown++
				f, err := files.Open(m.GIF.Name)
				if err != nil {
					t.Fatalf("open %s: %v", m.GIF.Name, err)
				}
				content, err := io.ReadAll(f)
				if err := errors.Join(err, f.Close()); err != nil || string(content) != m.GIF.Name {
					t.Errorf("content of %s: got %q, %v, want its name", m.GIF.Name, content, err)
				}
			}
			if len(page) < 200 {
				break
			}
		}
		if seq < before[i] {
			t.Errorf("room %d: got %d messages in the backup, want at least the %d acknowledged before it", i, seq, before[i])
		}
	}
	if shown != gifs {
		t.Errorf("GIFs: got %d copied, want the %d shown", gifs, shown)
	}
}

// The files of a removed room are deleted at once, its rows in batches.
func TestBackup_ignores_the_gifs_of_a_removed_room(t *testing.T) {
	from := storetest.Place(t, "from")
	storetest.FillFile(t, from.Database)
	storetest.Exec(t, from.Database, "UPDATE messages SET sum = 0, gif_name = '0123456789abcdef01234567.gif'; UPDATE rooms SET gone = 1")
	if n, err := inspect.Backup(t.Context(), from, storetest.Place(t, "to")); n > 0 || err != nil {
		t.Errorf("Backup: got %d GIFs, %v, want 0", n, err)
	}
}

func TestBackup_refuses_unusable_places(t *testing.T) {
	from := storetest.Place(t, "from")
	storetest.FillFile(t, from.Database)
	t.Run("a place with a database", func(t *testing.T) {
		to := storetest.Place(t, "to")
		if err := os.WriteFile(to.Database, []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := inspect.Backup(t.Context(), from, to); err == nil || !strings.Contains(err.Error(), "there already") {
			t.Errorf("Backup: got %v, want %q", err, "there already")
		}
		if b, err := os.ReadFile(to.Database); err != nil || string(b) != "precious" {
			t.Errorf("database: got %q, %v, want %q", b, err, "precious")
		}
	})
	t.Run("no database", func(t *testing.T) {
		if _, err := inspect.Backup(t.Context(), storetest.Place(t, "empty"), storetest.Place(t, "to")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("Backup: got %v, want os.ErrNotExist", err)
		}
	})
	t.Run("a damaged database", func(t *testing.T) {
		spoilPage(t, from.Database)
		if _, err := inspect.Backup(t.Context(), from, storetest.Place(t, "to")); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("Backup: got %v, want %q", err, "damaged")
		}
	})
}

// A flipped bit must not stop the backup of all other rows.
func TestBackup_copies_altered_rows(t *testing.T) {
	from, to := storetest.Place(t, "from"), storetest.Place(t, "to")
	id := conversation(t, from.Database)
	storetest.Exec(t, from.Database, "UPDATE messages SET gif_name = '' WHERE gif_name <> ''; UPDATE messages SET text = 'not said' WHERE seq = 5")
	_, err := inspect.Backup(t.Context(), from, to)
	if err == nil || !strings.Contains(err.Error(), "damage included: message 5 of room "+string(id)) {
		t.Errorf("Backup: got %v, want the damaged message 5", err)
	}
	copied := readAll(t, to.Database, id)
	if copied.err != nil || len(copied.messages) != 46 || len(copied.whispers) != 12 {
		t.Fatalf("copy: got %d messages, %d whispers, %v, want 46, 12", len(copied.messages), len(copied.whispers), copied.err)
	}
	if m := copied.messages[4]; m.Kind != rooms.KindDamaged || m.Text != "" {
		t.Errorf("message 5 of the copy: got %+v, want kind %q without text", m, rooms.KindDamaged)
	}
}

// spoilPage overwrites the header of the last page.
func spoilPage(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copy(b[len(b)-4096:], strings.Repeat("\xff", 64))
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
