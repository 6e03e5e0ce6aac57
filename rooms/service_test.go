package rooms_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"gifchat/rooms"
	"gifchat/store"
	"gifchat/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The visitors of these tests.
var (
	ada  = rooms.Visitor{Session: "ada", Color: "#7453ac"}
	bob  = rooms.Visitor{Session: "bob", Color: "#bf6440"}
	carl = rooms.Visitor{Session: "carl", Color: "#7453ac"} // Ada's colour
)

// diary is a Notifier that records its calls.
type diary struct {
	mu    sync.Mutex
	lines []string
	posts []rooms.Message
}

func (d *diary) note(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

func (d *diary) RoomCreated(r rooms.Room) { d.note("created %s", r.Title) }
func (d *diary) RoomRemoved(rooms.ID)     { d.note("removed") }
func (d *diary) RoomChanged(r rooms.Room) { d.note("changed %s", r.Title) }

func (d *diary) Entered(m rooms.Member, n rooms.Message, people []rooms.Member) {
	d.note("entered %s", m.Session)
	d.keep(n)
	if !slices.ContainsFunc(people, func(p rooms.Member) bool { return p.Session == m.Session }) {
		d.note("%s entered without being in the list", m.Session)
	}
}

func (d *diary) Left(m rooms.Member, n rooms.Message, people []rooms.Member) {
	d.note("left %s", m.Session)
	d.keep(n)
	if slices.ContainsFunc(people, func(p rooms.Member) bool { return p.Session == m.Session }) {
		d.note("%s left and is in the list", m.Session)
	}
}

func (d *diary) Expelled(m rooms.Member, why rooms.Topic) { d.note("expelled %s %s", m.Session, why) }
func (d *diary) Whispered(w rooms.Whisper)                { d.note("whispered %s", w.Text) }

func (d *diary) Posted(messages ...rooms.Message) {
	for _, m := range messages {
		d.posted(m)
	}
}

func (d *diary) posted(m rooms.Message) {
	switch m.Kind {
	case rooms.KindNotice:
		d.note("notice %s", m.Topic)
	case rooms.KindEdit, rooms.KindRemove:
		d.note("%s %d", m.Kind, m.Target)
	default:
		d.note("posted %s", m.Text)
	}
	d.keep(m)
}

func (d *diary) keep(m rooms.Message) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.posts = append(d.posts, m)
}

func (d *diary) PeopleChanged(_ rooms.ID, people []rooms.Member) {
	names := make([]string, len(people))
	for i, m := range people {
		names[i] = string(m.Session)
	}
	d.note("people %s", strings.Join(names, " "))
}

// take returns the calls since the last take.
func (d *diary) take() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	lines := d.lines
	d.lines = nil
	return lines
}

// chat is a Service with its store and Notifier.
type chat struct {
	*rooms.Service
	store *store.SQLite
	path  string // of the database file; "" in memory
	gifs  *store.Files
	dir   string // of the GIFs
	diary *diary
}

// newChat returns a Service on a store in memory.
func newChat(t *testing.T, opts rooms.Options) chat {
	t.Helper()
	return newChatOn(t, storetest.Open(t), opts)
}

// newChatOnDisk returns a Service on a store whose database file is at path.
func newChatOnDisk(t *testing.T, opts rooms.Options) chat {
	t.Helper()
	path := storetest.NewDatabase(t)
	db, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	c := newChatOn(t, db, opts)
	c.path = path
	return c
}

func newChatOn(t *testing.T, db *store.SQLite, opts rooms.Options) chat {
	t.Helper()
	dir := t.TempDir()
	files, err := store.OpenFiles(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	c := chat{store: db, gifs: files, dir: dir, diary: &diary{}}
	if opts.StoreTimeout == 0 {
		opts.StoreTimeout = time.Minute // a busy machine delays the store
	}
	c.Service = rooms.NewService(c.store, files, c.diary, opts)
	c.HashCheaply()
	t.Cleanup(func() {
		c.Close()
		if err := files.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// room creates a room of Ada's.
func (c chat) room(t *testing.T, n rooms.NewRoom) rooms.ID {
	t.Helper()
	if n.Title == "" {
		n.Title = "방"
	}
	if n.Capacity == 0 {
		n.Capacity = 10
	}
	room, err := c.Create(t.Context(), ada, n)
	if err != nil {
		t.Fatal(err)
	}
	c.diary.take()
	return room.ID
}

func (c chat) enter(t *testing.T, id rooms.ID, visitors ...rooms.Visitor) {
	t.Helper()
	for _, v := range visitors {
		if _, err := c.Enter(t.Context(), v, id, ""); err != nil {
			t.Fatal(err)
		}
	}
}

// arrive adds a connection. It returns Visit.Lose.
func (c chat) arrive(t *testing.T, id rooms.ID, v rooms.Visitor) (lose func()) {
	t.Helper()
	_, visit, err := c.Arrive(t.Context(), v, id)
	if err != nil {
		t.Fatal(err)
	}
	return visit.Lose
}

// told compares the calls of the Notifier since the last take.
func (c chat) told(t *testing.T, want ...string) {
	t.Helper()
	if got := c.diary.take(); !slices.Equal(got, want) {
		t.Errorf("calls of the Notifier: got %q, want %q", got, want)
	}
}

func TestID_malformed_is_not_found(t *testing.T) {
	c := newChat(t, rooms.Options{})
	ctx := t.Context()
	for _, id := range []rooms.ID{"", "x", "6b038c7f8bb22f6d27999d1", "6B038C7F8BB22F6D27999D18", "../../../../etc/passwd..", rooms.ID(strings.Repeat("0", 1<<20))} {
		_, room := c.Room(ctx, id)
		_, enter := c.Enter(ctx, ada, id, "")
		_, member := c.Member(ctx, ada, id)
		_, _, arrive := c.Arrive(ctx, ada, id)
		_, post := c.Post(ctx, ada, id, rooms.Draft{Text: "x"})
		_, history := c.History(ctx, ada, id, rooms.Page{})
		_, add := c.AddGIF(ctx, ada, id, "", strings.NewReader(""))
		_, _, open := c.GIF(ctx, ada, string(id))
		for i, err := range []error{room, enter, member, arrive, post, history, add, open, c.Remove(ctx, ada, id)} {
			if !errors.Is(err, rooms.ErrNotFound) {
				t.Errorf("method %d with %.30q: got %v, want ErrNotFound", i, id, err)
			}
		}
		if c.Present(id) != nil {
			t.Errorf("Present(%.30q): want nobody", id)
		}
	}
}

func TestRemove(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{})
	c.enter(t, id, bob)
	leave := c.arrive(t, id, bob)
	c.diary.take()
	for v, want := range map[rooms.Visitor]error{bob: rooms.ErrNotOwner, carl: rooms.ErrForbidden, {}: rooms.ErrForbidden} {
		if err := c.Remove(t.Context(), v, id); !errors.Is(err, want) {
			t.Errorf("Remove by %q: got %v, want %v", v.Session, err, want)
		}
	}
	if err := c.Remove(t.Context(), ada, id); err != nil {
		t.Fatal(err)
	}
	leave()
	c.told(t, "removed")
	if c.Present(id) != nil {
		t.Errorf("Present in a removed room: got %v, want nobody", c.Present(id))
	}
	if err := c.Remove(t.Context(), ada, id); !errors.Is(err, rooms.ErrNotFound) {
		t.Errorf("Remove again: got %v, want ErrNotFound", err)
	}
}

func TestContext_cancelled_leaves_no_trace(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, enter := c.Enter(ctx, bob, id, "")
	_, _, arrive := c.Arrive(ctx, ada, id)
	_, post := c.Post(ctx, ada, id, rooms.Draft{Text: "x"})
	for _, err := range []error{enter, arrive, post} {
		if !errors.Is(err, rooms.ErrUnavailable) {
			t.Errorf("call with a cancelled context: got %v, want ErrUnavailable", err)
		}
	}
	c.told(t)
	if _, err := c.Member(t.Context(), bob, id); !errors.Is(err, rooms.ErrForbidden) {
		t.Errorf("Member: got %v, want ErrForbidden", err)
	}
	if c.Present(id) != nil {
		t.Errorf("Present: got %v, want nobody", c.Present(id))
	}
}

// seqs returns the number of messages in a room.
func (c chat) seqs(t *testing.T, id rooms.ID) int64 {
	t.Helper()
	newest, err := c.History(t.Context(), ada, id, rooms.Page{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(newest) == 0 {
		return 0
	}
	return newest[0].Seq
}

// hangingStore is a store that adds no member until the context of the call ends.
type hangingStore struct{ rooms.Store }

func (hangingStore) AddMember(ctx context.Context, _ rooms.Member) (rooms.Member, error) {
	<-ctx.Done()
	return rooms.Member{}, ctx.Err()
}

func TestService_waits_for_the_store_until_StoreTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{EmptyGrace: -1})
		id := c.room(t, rooms.NewRoom{})
		for timeout, want := range map[time.Duration]time.Duration{0: 4 * time.Second, time.Minute: time.Minute} {
			s := rooms.NewService(hangingStore{c.store}, c.gifs, c.diary, rooms.Options{EmptyGrace: -1, StoreTimeout: timeout})
			begun := time.Now()
			_, err := s.Enter(t.Context(), bob, id, "")
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != want {
				t.Errorf("Enter with StoreTimeout %v: got %v after %v, want a timeout after %v", timeout, err, time.Since(begun), want)
			}
			s.Close()
		}
	})
}
