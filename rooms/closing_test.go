package rooms_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/rooms"
)

// unsure is a Store that cannot be asked for a room for a while.
type unsure struct {
	rooms.Store
	failing atomic.Bool
}

func (s *unsure) Room(ctx context.Context, id rooms.ID) (rooms.Room, error) {
	if s.failing.Load() {
		return rooms.Room{}, rooms.ErrUnavailable
	}
	return s.Store.Room(ctx, id)
}

// Nothing is removed on a guess: while nobody can tell whether a room is to be
// kept it stays, and then it is as its owner wants it.
func TestNoRoomIsRemovedWhileTheStoreCannotBeAsked(t *testing.T) {
	for name, keep := range map[string]bool{"a kept room": true, "another": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newChat(t, rooms.Options{})
				db := &unsure{Store: c.store}
				s := rooms.NewService(db, c.gifs, c.diary, rooms.Options{EmptyGrace: time.Second})
				defer s.Close()
				c.Service = s
				id := c.room(t, rooms.NewRoom{Keep: keep})
				c.arrive(t, id, ada)()
				db.failing.Store(true)
				time.Sleep(10 * time.Second)
				synctest.Wait()
				if _, err := c.store.Room(t.Context(), id); err != nil {
					t.Fatalf("removed blindly: %v", err)
				}
				db.failing.Store(false)
				time.Sleep(time.Minute)
				synctest.Wait()
				if _, err := c.store.Room(t.Context(), id); errors.Is(err, rooms.ErrNotFound) == keep {
					t.Errorf("got %v a minute later", err)
				}
				if n := s.LiveRooms(); n != 0 {
					t.Errorf("%d places are left", n)
				}
			})
		})
	}
}

// People without JavaScript and programs talk without ever arriving. The one who
// came with scripts and has gone again does not take the room along.
func TestARoomThatIsTalkedInStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{EmptyGrace: 30 * time.Second})
		id := c.room(t, rooms.NewRoom{})
		c.enter(t, id, bob)
		c.arrive(t, id, bob)()
		for range 5 {
			time.Sleep(25 * time.Second)
			if _, err := c.Post(t.Context(), ada, id, rooms.Draft{Text: "by form"}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(29 * time.Second)
		synctest.Wait()
		if _, err := c.Room(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if _, err := c.Room(t.Context(), id); !errors.Is(err, rooms.ErrNotFound) {
			t.Errorf("a grace after the last word: got %v, want ErrNotFound", err)
		}
		if n := c.LiveRooms(); n != 0 {
			t.Errorf("%d places are left", n)
		}
	})
}
