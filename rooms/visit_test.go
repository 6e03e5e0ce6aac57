package rooms_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/rooms"
)

func TestVisit_leave_frees_the_place_at_once(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{EmptyGrace: -1, OwnerGrace: -1})
		id := c.room(t, rooms.NewRoom{Capacity: 2})
		c.enter(t, id, bob, carl)
		c.arrive(t, id, ada)
		visits := make([]*rooms.Visit, 2)
		for i := range visits {
			var err error
			if _, visits[i], err = c.Arrive(t.Context(), bob, id); err != nil {
				t.Fatal(err)
			}
		}
		c.diary.take()
		visits[0].Leave()
		c.told(t) // another tab is open
		if _, _, err := c.Arrive(t.Context(), carl, id); !errors.Is(err, rooms.ErrFull) {
			t.Errorf("Arrive while bob has another tab: got %v, want ErrFull", err)
		}
		before := time.Now()
		visits[1].Leave()
		c.told(t, "left bob", "people ada")
		c.arrive(t, id, carl)
		visits[1].Leave()
		visits[1].Lose()
		if took := time.Since(before); took > 0 {
			t.Errorf("time until the place was free: got %v, want 0", took)
		}
		c.told(t, "entered carl", "people ada carl")
	})
}

func TestVisit_leave_ends_a_lost_tab_of_the_same_person(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{EmptyGrace: -1, OwnerGrace: -1})
		id := c.room(t, rooms.NewRoom{})
		c.enter(t, id, bob)
		c.arrive(t, id, ada)
		lose := c.arrive(t, id, bob)
		_, visit, err := c.Arrive(t.Context(), bob, id)
		if err != nil {
			t.Fatal(err)
		}
		c.diary.take()
		lose()
		visit.Leave()
		c.told(t, "left bob", "people ada")
		time.Sleep(time.Minute)
		synctest.Wait()
		c.told(t)
	})
}
