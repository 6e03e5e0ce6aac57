package rooms_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"gifchat/rooms"
)

func TestCreate(t *testing.T) {
	c := newChat(t, rooms.Options{})
	room, err := c.Create(t.Context(), ada, rooms.NewRoom{Title: "  GIF 채팅방 ", Capacity: 2, Password: "S3cr3t-xyz"})
	if err != nil {
		t.Fatal(err)
	}
	c.told(t, "created GIF 채팅방")
	if len(room.ID) != 24 || room.Owner != ada.Color || room.OwnerSession != ada.Session || !room.Private() {
		t.Errorf("Create: got %+v, want a private room of ada", room)
	}
	if strings.Contains(room.PasswordHash, "S3cr3t") || !strings.HasPrefix(room.PasswordHash, "$argon2id$v=19$m=") {
		t.Errorf("stored password: got %q, want an argon2id hash", room.PasswordHash)
	}
	if m, err := c.Member(t.Context(), ada, room.ID); err != nil || m.Color != ada.Color {
		t.Errorf("Member: got %+v, %v, want colour %s", m, err, ada.Color)
	}
	room.Number = 1 // set by the store
	if got, err := c.Room(t.Context(), room.ID); err != nil || got != room {
		t.Errorf("Room: got %+v, %v, want %+v", got, err, room)
	}
}

func TestCreate_refuses_invalid_rooms(t *testing.T) {
	c := newChat(t, rooms.Options{})
	for want, n := range map[string]rooms.NewRoom{
		"title: empty":         {Title: " \t\n\u200b", Capacity: 2},
		"title: too_long":      {Title: strings.Repeat("방", 61), Capacity: 2},
		"title: bad_character": {Title: "a\x00b", Capacity: 2},
		"capacity: too_small":  {Title: "a", Capacity: 1},
		"capacity: too_large":  {Title: "a", Capacity: 501},
		"password: too_long":   {Title: "a", Capacity: 2, Password: strings.Repeat("p", 129)},
	} {
		_, err := c.Create(t.Context(), ada, n)
		if _, ok := errors.AsType[*rooms.InvalidError](err); !ok || err.Error() != want {
			t.Errorf("Create(%+v): got %v, want %s", n, err, want)
		}
	}
	if _, err := c.Create(t.Context(), ada, rooms.NewRoom{Title: "a\xff", Capacity: 2}); err == nil {
		t.Error("Create with a title of invalid UTF-8: got nil, want an error")
	}
	if _, err := c.Create(t.Context(), rooms.Visitor{}, rooms.NewRoom{Title: "a", Capacity: 2}); !errors.Is(err, rooms.ErrForbidden) {
		t.Errorf("Create without a session: got %v, want ErrForbidden", err)
	}
	if _, err := c.Create(t.Context(), ada, rooms.NewRoom{Title: strings.Repeat("방", 60), Capacity: 500}); err != nil {
		t.Errorf("Create with the longest title and largest capacity: got %v, want nil", err)
	}
}

func TestCreate_refuses_more_rooms_than_the_limits(t *testing.T) {
	c := newChat(t, rooms.Options{MaxRoomsPerVisitor: 3, MaxRooms: 5})
	first := c.room(t, rooms.NewRoom{})
	create := func(v rooms.Visitor) error {
		_, err := c.Create(t.Context(), v, rooms.NewRoom{Title: "방", Capacity: 2})
		return err
	}
	var mu sync.Mutex
	made := 1
	var tasks sync.WaitGroup
	for range 20 {
		tasks.Go(func() {
			err := create(ada)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				made++
			case !errors.Is(err, rooms.ErrTooManyRooms):
				t.Error(err)
			}
		})
	}
	tasks.Wait()
	if made > 3 {
		t.Errorf("rooms created concurrently: got %d, want at most 3", made)
	}
	for ; made < 3; made++ {
		if err := create(ada); err != nil {
			t.Fatal(err)
		}
	}
	if err := create(ada); !errors.Is(err, rooms.ErrTooManyRooms) {
		t.Errorf("fourth room of a visitor: got %v, want ErrTooManyRooms", err)
	}
	for i, want := range []error{nil, nil, rooms.ErrTooManyRooms} {
		if err := create(bob); !errors.Is(err, want) {
			t.Errorf("room %d of all: got %v, want %v", 4+i, err, want)
		}
	}
	if err := c.Remove(t.Context(), ada, first); err != nil {
		t.Fatal(err)
	}
	if err := create(ada); err != nil {
		t.Errorf("Create after a removal: got %v, want nil", err)
	}
}

func TestList_is_in_order_of_creation(t *testing.T) {
	c := newChat(t, rooms.Options{})
	first := c.room(t, rooms.NewRoom{Title: "나중에"})
	c.room(t, rooms.NewRoom{Title: "가"})
	defer c.arrive(t, first, ada)()
	list, err := c.List(t.Context(), rooms.RoomPage{})
	if err != nil || len(list) != 2 {
		t.Fatalf("List: got %d rooms, %v, want 2", len(list), err)
	}
	if list[0].ID != first || list[0].People != 1 || list[1].People != 0 {
		t.Errorf("List: got %+v, want the older room first, with one person", list)
	}
}
