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

// failingStore is a Store whose Room method can fail.
type failingStore struct {
	rooms.Store
	failing atomic.Bool
}

func (s *failingStore) Room(ctx context.Context, id rooms.ID) (rooms.Room, error) {
	if s.failing.Load() {
		return rooms.Room{}, rooms.ErrUnavailable
	}
	return s.Store.Room(ctx, id)
}

// While the store cannot confirm that the owner does not keep the room, it stays.
func TestEmptyRoom_stays_while_the_store_is_unavailable(t *testing.T) {
	for name, keep := range map[string]bool{"kept room": true, "other room": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newChat(t, rooms.Options{})
				db := &failingStore{Store: c.store}
				s := rooms.NewService(db, c.gifs, c.diary, rooms.Options{EmptyGrace: time.Second})
				defer s.Close()
				c.Service = s
				id := c.room(t, rooms.NewRoom{Keep: keep})
				c.arrive(t, id, ada)()
				db.failing.Store(true)
				time.Sleep(10 * time.Second)
				synctest.Wait()
				if _, err := c.store.Room(t.Context(), id); err != nil {
					t.Fatalf("room while the store fails: got %v, want it to stay", err)
				}
				db.failing.Store(false)
				time.Sleep(time.Minute)
				synctest.Wait()
				if _, err := c.store.Room(t.Context(), id); errors.Is(err, rooms.ErrNotFound) == keep {
					t.Errorf("room a minute after the store works: got %v, want it to stay: %t", err, keep)
				}
				if n := s.LiveRooms(); n != 0 {
					t.Errorf("live rooms: got %d, want 0", n)
				}
			})
		})
	}
}

// People without JavaScript and programs post without arriving. A person who arrived and
// left must not take the room away from them.
func TestEmptyRoom_stays_while_messages_are_posted(t *testing.T) {
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
			t.Errorf("room a grace after the last message: got %v, want ErrNotFound", err)
		}
		if n := c.LiveRooms(); n != 0 {
			t.Errorf("live rooms: got %d, want 0", n)
		}
	})
}
