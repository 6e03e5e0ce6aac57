package rooms_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/rooms"
)

func TestConfigure(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{})
	ctx := t.Context()
	title, capacity, password, yes := " 새 제목 ", 2, "pw", true
	room, err := c.Configure(ctx, ada, id, rooms.Settings{Title: &title, Capacity: &capacity, Password: &password, Keep: &yes})
	if err != nil || room.Title != "새 제목" || room.Capacity != 2 || !room.Private() || !room.Keep || room.Frozen {
		t.Errorf("Configure: got %+v, %v", room, err)
	}
	if kept, err := c.Room(ctx, id); err != nil || kept != room {
		t.Errorf("Room after Configure: got %+v, %v, want %+v", kept, err, room)
	}
	c.told(t, "notice titled", "changed 새 제목")
	if _, err := c.Configure(ctx, ada, id, rooms.Settings{Title: &title}); err != nil {
		t.Error(err)
	}
	c.told(t) // no setting differs
	if _, err := c.Enter(ctx, bob, id, ""); !errors.Is(err, rooms.ErrWrongPassword) {
		t.Errorf("Enter without the new password: got %v, want ErrWrongPassword", err)
	}
	if _, err := c.Enter(ctx, bob, id, "pw"); err != nil {
		t.Error(err)
	}
	long, none, few := string(make([]rune, 61)), " ", 1
	for _, bad := range []rooms.Settings{{Title: &long}, {Title: &none}, {Capacity: &few}} {
		if _, err := c.Configure(ctx, ada, id, bad); err == nil {
			t.Errorf("Configure(%+v): got nil, want an error", bad)
		}
	}
}

func TestKeep_prevents_the_removal_of_an_empty_room(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{EmptyGrace: time.Second})
		yes := true
		created, changed := c.room(t, rooms.NewRoom{Keep: true}), c.room(t, rooms.NewRoom{})
		c.arrive(t, created, ada)()
		c.arrive(t, changed, ada)()
		time.Sleep(2500 * time.Millisecond)
		if _, err := c.Configure(t.Context(), ada, changed, rooms.Settings{Keep: &yes}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
		for _, id := range []rooms.ID{created, changed} {
			if _, err := c.Room(t.Context(), id); err != nil {
				t.Error(err)
			}
		}
		title, no := "새 제목", false
		if _, err := c.Configure(t.Context(), ada, created, rooms.Settings{Title: &title}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Configure(t.Context(), ada, changed, rooms.Settings{Keep: &no}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if _, err := c.Room(t.Context(), created); err != nil {
			t.Errorf("kept room after another setting was changed: got %v, want nil", err)
		}
		if _, err := c.Room(t.Context(), changed); !errors.Is(err, rooms.ErrNotFound) {
			t.Errorf("room that is no longer kept: got %v, want ErrNotFound", err)
		}
	})
}
