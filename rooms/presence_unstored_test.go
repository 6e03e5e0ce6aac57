package rooms_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/rooms"
)

// presenceFailing is a Store that can fail to store who is present.
type presenceFailing struct {
	rooms.Store
	failing atomic.Bool
}

func (s *presenceFailing) AddPresence(ctx context.Context, p rooms.Presence, notice rooms.Message) (rooms.Message, bool, error) {
	if s.failing.Load() {
		return rooms.Message{}, false, rooms.ErrStorageFull
	}
	return s.Store.AddPresence(ctx, p, notice)
}

func (s *presenceFailing) RemovePresence(ctx context.Context, p rooms.Presence, notice rooms.Message) (rooms.Message, bool, error) {
	if s.failing.Load() {
		return rooms.Message{}, false, rooms.ErrStorageFull
	}
	return s.Store.RemovePresence(ctx, p, notice)
}

// newChatWithPresence returns a Service and the store whose presence can fail.
func newChatWithPresence(t *testing.T, opts rooms.Options) (chat, *presenceFailing) {
	t.Helper()
	c := newChat(t, opts)
	db := &presenceFailing{Store: c.store}
	c.Service = rooms.NewService(db, c.gifs, c.diary, opts)
	t.Cleanup(c.Close)
	return c, db
}

// A full disk keeps nobody out. When the store works again, the next connection of the
// person stores the presence, and the first connection still counts.
func TestArrive_keeps_the_connections_of_a_person_who_was_not_stored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, db := newChatWithPresence(t, rooms.Options{EmptyGrace: -1})
		id := c.room(t, rooms.NewRoom{Capacity: 2})
		c.enter(t, id, bob, carl)
		c.arrive(t, id, ada)
		db.failing.Store(true)
		first := c.arrive(t, id, bob)
		second := c.arrive(t, id, bob)
		c.told(t, "entered ada", "people ada", "entered bob", "people ada bob")

		db.failing.Store(false)
		c.arrive(t, id, bob)()
		second()
		time.Sleep(time.Minute)
		synctest.Wait()
		c.told(t)
		if got, want := topics(t, c, id), []rooms.Topic{rooms.TopicEntered}; !slices.Equal(got, want) {
			t.Errorf("notices: got %q, want %q", got, want)
		}
		first()
		time.Sleep(time.Minute)
		synctest.Wait()
		c.told(t, "left bob", "people ada")
		c.arrive(t, id, carl)
	})
}

func TestEmptyRoom_is_removed_after_a_departure_that_was_not_stored(t *testing.T) {
	for _, grace := range []time.Duration{0, 30 * time.Second, time.Minute, 10 * time.Minute} {
		t.Run(grace.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, db := newChatWithPresence(t, rooms.Options{EmptyGrace: grace})
				id := c.room(t, rooms.NewRoom{})
				leave := c.arrive(t, id, ada)
				db.failing.Store(true)
				leave()
				time.Sleep(3 * time.Second)
				synctest.Wait()
				db.failing.Store(false)
				time.Sleep(grace + 2*time.Minute)
				synctest.Wait()
				if _, err := c.Room(t.Context(), id); !errors.Is(err, rooms.ErrNotFound) {
					t.Errorf("room a grace after the store works: got %v, want ErrNotFound", err)
				}
				if n := c.LiveRooms(); n != 0 {
					t.Errorf("live rooms: got %d, want 0", n)
				}
			})
		})
	}
}
