package store_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gifchat/rooms"
	"gifchat/store"
)

func place(t *testing.T, name string) store.Place {
	t.Helper()
	folder := filepath.Join(t.TempDir(), name)
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	return store.Place{Database: filepath.Join(folder, "chat.db"), GIFs: filepath.Join(folder, "gifs")}
}

// talk posts texts and GIFs into a room until stop, as the server does: first
// the file, then the row. acked is how many it knows to be stored, and most how
// many it may have said: a backup takes longer than what is said meanwhile takes
// to be said, so without a bound each would be larger than the one before, and
// the next one larger by more.
func talk(t *testing.T, s *store.SQLite, gifs *store.Files, room rooms.Room, stop <-chan struct{}, acked, most *atomic.Int64) {
	for i := 0; ; i++ {
		for quiet := true; quiet; quiet = acked.Load() >= most.Load() {
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

func TestBackup_ofAStoreInUseIsAPrefixOfEachRoom(t *testing.T) {
	ctx := t.Context()
	from := place(t, "from")
	s := open(t, from.Database)
	gifs, err := store.OpenFiles(from.GIFs, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer gifs.Close()
	const unused = "ffffffffffffffffffffffff.gif" // of a message that was refused
	if err := gifs.Save(unused, func(io.Writer) error { return nil }); err != nil {
		t.Fatal(err)
	}

	var talking sync.WaitGroup
	stop := make(chan struct{})
	var end sync.Once
	defer func() { end.Do(func() { close(stop) }); talking.Wait() }()
	var most atomic.Int64
	acked := make([]atomic.Int64, 3)
	var all []rooms.Room
	for i := range acked {
		room := rooms.Room{ID: rooms.ID(fmt.Sprintf("%012x000000000000", i+1)), Capacity: 10, OwnerSession: "owner"}
		if err := s.CreateRoom(ctx, room, rooms.Member{Room: room.ID, Session: "owner", Color: "#78583a"}, rooms.RoomLimits{}); err != nil {
			t.Fatal(err)
		}
		all = append(all, room)
		talking.Go(func() { talk(t, s, gifs, room, stop, &acked[i], &most) })
	}

	for round := range sized(3, 30) {
		var had []int64 // before more is allowed: while one room is waited for, another may use up all
		for i := range acked {
			had = append(had, acked[i].Load())
		}
		most.Add(100)
		for i := range acked { // everybody has said something since the last time
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
		to := place(t, fmt.Sprint("to? 100% ", round))
		n, err := store.Backup(ctx, from, to)
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
			t.Errorf("left behind: %s", filepath.Base(name))
		}
	}
	files, err := store.OpenFiles(to.GIFs, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	entries, err := os.ReadDir(to.GIFs)
	if err != nil || len(entries) != gifs || gifs == 0 {
		t.Errorf("got %d files, %v, was told %d", len(entries), err, gifs)
	}
	restored := open(t, to.Database)
	if r, err := store.Look(t.Context(), to.Database); err != nil || len(r.Problems()) > 0 {
		t.Errorf("%q, %v", r.Problems(), err)
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
					t.Fatalf("room %d: got seq %d, want %d", i, m.Seq, seq)
				}
				last = m.Seq
				if m.GIF == nil {
					continue
				}
				shown++
				f, err := files.Open(m.GIF.Name)
				if err != nil {
					t.Fatalf("%s: %v", m.GIF.Name, err)
				}
				content, err := io.ReadAll(f)
				if err := errors.Join(err, f.Close()); err != nil || string(content) != m.GIF.Name {
					t.Errorf("%s holds %q, %v", m.GIF.Name, content, err)
				}
			}
			if len(page) < 200 {
				break
			}
		}
		if seq < before[i] {
			t.Errorf("room %d: %d messages in the backup, %d were acknowledged before it", i, seq, before[i])
		}
	}
	if shown != gifs {
		t.Errorf("%d GIFs are shown, %d copied", shown, gifs)
	}
}

// The files of a removed room go at once, its rows a little at a time.
func TestBackup_whileARoomIsReaped(t *testing.T) {
	from := place(t, "from")
	s, err := store.Open(t.Context(), from.Database)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, s, 1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	execute(t, from.Database, "UPDATE messages SET sum = 0, gif_name = '0123456789abcdef01234567.gif'; UPDATE rooms SET gone = 1")
	if n, err := store.Backup(t.Context(), from, place(t, "to")); n > 0 || err != nil {
		t.Errorf("got %d GIFs, %v", n, err)
	}
}

func TestBackup_refuses(t *testing.T) {
	from := place(t, "from")
	s, err := store.Open(t.Context(), from.Database)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, s, 1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	t.Run("a place that is taken", func(t *testing.T) {
		to := place(t, "to")
		if err := os.WriteFile(to.Database, []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Backup(t.Context(), from, to); err == nil || !strings.Contains(err.Error(), "there already") {
			t.Errorf("got %v", err)
		}
		if b, err := os.ReadFile(to.Database); err != nil || string(b) != "precious" {
			t.Errorf("got %q, %v", b, err)
		}
	})
	t.Run("no database", func(t *testing.T) {
		if _, err := store.Backup(t.Context(), place(t, "empty"), place(t, "to")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("got %v, want that there is none", err)
		}
	})
	t.Run("a damaged database", func(t *testing.T) {
		spoilPage(t, from.Database)
		if _, err := store.Backup(t.Context(), from, place(t, "to")); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("got %v", err)
		}
	})
}

// A bit that has flipped must not keep all the rest from being backed up.
func TestBackup_copiesWhatIsAltered(t *testing.T) {
	from, to := place(t, "from"), place(t, "to")
	id := conversation(t, from.Database)
	execute(t, from.Database, "UPDATE messages SET gif_name = '' WHERE gif_name <> ''; UPDATE messages SET text = 'not said' WHERE seq = 5")
	_, err := store.Backup(t.Context(), from, to)
	if err == nil || !strings.Contains(err.Error(), "damage included: message 5 of room "+string(id)) {
		t.Errorf("got %v", err)
	}
	copied := ask(t, to.Database, id)
	if copied.err != nil || len(copied.messages) != 46 || len(copied.whispers) != 12 {
		t.Fatalf("got %d messages, %d whispers, %v", len(copied.messages), len(copied.whispers), copied.err)
	}
	if m := copied.messages[4]; m.Kind != rooms.KindDamaged || m.Text != "" {
		t.Errorf("got %+v, want that it is damaged", m)
	}
}

// A GIF is compared with the sum of what was uploaded; one that is missing keeps
// none of the others from being copied.
func TestAnAlteredGIFIsFound(t *testing.T) {
	const name, other = "0123456789abcdef01234567.gif", "76543210fedcba9876543210.gif"
	from := place(t, "from")
	s := open(t, from.Database)
	room := fill(t, s, 0)
	files, err := store.OpenFiles(from.GIFs, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	for i, name := range []string{name, other} {
		body := "the picture of " + name
		if err := files.Save(name, write(body)); err != nil {
			t.Fatal(err)
		}
		m := rooms.Message{
			ID: rooms.ID(fmt.Sprint("gif ", i)), Room: room, Kind: rooms.KindGIF, Session: "owner",
			GIF: &rooms.GIF{Name: name, SHA256: fmt.Sprintf("%x", sha256.Sum256([]byte(body)))},
		}
		if i == 1 {
			m.GIF.SHA256 = "" // from before there were sums
		}
		if _, err := s.AddMessages(t.Context(), room, []rooms.Message{m}); err != nil {
			t.Fatal(err)
		}
	}
	look := func(wantGIFs int, want string) {
		t.Helper()
		n, damage, err := store.LookAtGIFs(t.Context(), from)
		if err != nil || n != wantGIFs || !strings.HasPrefix(damage, want) || (damage == "") != (want == "") {
			t.Errorf("LookAtGIFs: got %d, %q, %v, want %d, %q", n, damage, err, wantGIFs, want)
		}
	}
	copies := func(want string, gifs ...string) {
		t.Helper()
		to := place(t, "to")
		n, err := store.Backup(t.Context(), from, to)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), "is copied, damage included: "+want) || n != len(gifs) {
			t.Errorf("Backup: got %d, %v, want %d, %q", n, err, len(gifs), want)
		}
		if got := names(t, to.GIFs); !slices.Equal(got, gifs) {
			t.Errorf("copied %q, want %q", got, gifs)
		}
		if copied := ask(t, to.Database, room); copied.err != nil || len(copied.messages) != 2 {
			t.Errorf("the copy has %d messages, %v", len(copied.messages), copied.err)
		}
	}
	look(2, "")
	copies("", name, other)

	path := filepath.Join(from.GIFs, name)
	altered := fmt.Sprintf("GIF %q is not as it was uploaded", name)
	if err := os.WriteFile(path, []byte("The picture of "+name), 0o600); err != nil {
		t.Fatal(err)
	}
	look(2, altered)
	copies(altered, name, other)

	missing := fmt.Sprintf("GIF %q is missing", name)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	look(1, missing)
	copies(missing, other)

	unreadable := fmt.Sprintf("GIF %q cannot be read", name)
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	look(1, unreadable)
	copies(unreadable, other)

	if err := os.RemoveAll(from.GIFs); err != nil {
		t.Fatal(err)
	}
	look(0, "the folder of the GIFs is missing")
	copies("the folder of the GIFs is missing")
	if _, err := os.Stat(from.GIFs); err == nil {
		t.Error("the folder has been made")
	}
	if err := os.WriteFile(from.GIFs, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	look(0, "the GIFs cannot be read")
	copies("the GIFs cannot be read")
	if err := os.Remove(from.GIFs); err != nil {
		t.Fatal(err)
	}

	// A bit of a name has changed, and it is none any more.
	execute(t, from.Database, "UPDATE messages SET gif_name = 'p'||substr(gif_name, 2) WHERE gif_name = '"+name+"'")
	if err := errors.Join(os.Mkdir(from.GIFs, 0o700), os.WriteFile(filepath.Join(from.GIFs, other), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	look(1, `GIF "p123456789abcdef01234567.gif" is missing`)
	to := place(t, "to")
	n, err := store.Backup(t.Context(), from, to)
	if err == nil || n != 1 || !strings.Contains(err.Error(), "damage included: message 1 of") || !strings.HasSuffix(err.Error(), ` is missing`) {
		t.Errorf("got %d, %v, want that a message is damaged, a GIF missing, and the rest copied", n, err)
	}
	if got := names(t, to.GIFs); !slices.Equal(got, []string{other}) {
		t.Errorf("copied %q, want %q", got, other)
	}

	// What cannot be written is no copy.
	to = place(t, "to")
	if err := os.MkdirAll(filepath.Join(to.GIFs, other+".tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Backup(t.Context(), from, to); err == nil || strings.Contains(err.Error(), "copied") {
		t.Errorf("got %v, want that it cannot be written", err)
	}
	if _, err := os.Stat(to.Database); err == nil {
		t.Error("half a backup has a database")
	}
}

// spoilPage writes nonsense over the header of the last page.
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
