package rooms_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/rooms"
)

// owner returns the session of a room's owner.
func (c chat) owner(t *testing.T, id rooms.ID) rooms.Session {
	t.Helper()
	room, err := c.Room(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return room.OwnerSession
}

// Visitors who fill a room while its owner reloads the page must not become its owner.
func TestCapacity_has_a_place_for_the_owner(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{Capacity: 2})
	c.enter(t, id, bob, carl)
	c.arrive(t, id, bob)
	c.arrive(t, id, carl)
	if _, err := c.Enter(t.Context(), ada, id, ""); err != nil {
		t.Errorf("Enter by the owner of a full room: got %v, want nil", err)
	}
	if _, _, err := c.Arrive(t.Context(), ada, id); err != nil {
		t.Errorf("Arrive by the owner of a full room: got %v, want nil", err)
	}
	dora := rooms.Visitor{Session: "dora", Color: "#123456"}
	if _, err := c.Enter(t.Context(), dora, id, ""); !errors.Is(err, rooms.ErrFull) {
		t.Errorf("Enter by another visitor: got %v, want ErrFull", err)
	}
}

// The absence of the former owner does not count.
func TestSuccession_gives_a_new_owner_the_whole_grace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{EmptyGrace: -1})
		id := c.room(t, rooms.NewRoom{})
		c.enter(t, id, bob, carl)
		c.arrive(t, id, ada)()
		c.arrive(t, id, bob)
		time.Sleep(9*time.Minute + 53*time.Second)
		m, err := c.Member(t.Context(), carl, id)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Delegate(t.Context(), ada, id, m.Color); err != nil {
			t.Fatal(err)
		}
		time.Sleep(9 * time.Minute)
		synctest.Wait()
		if got := c.owner(t, id); got != carl.Session {
			t.Errorf("owner nine minutes later: got %s, want carl", got)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := c.owner(t, id); got != bob.Session {
			t.Errorf("owner eleven minutes later: got %s, want bob", got)
		}
	})
}

// A person whose connection was just lost may reload the page, or have logged out.
func TestSuccession_skips_a_person_without_a_connection(t *testing.T) {
	for name, alone := range map[string]bool{"another person is present": false, "nobody else is present": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newChat(t, rooms.Options{EmptyGrace: -1, OwnerGrace: -1})
				id := c.room(t, rooms.NewRoom{})
				c.enter(t, id, bob, carl)
				c.arrive(t, id, ada)
				leave := c.arrive(t, id, bob)
				if !alone {
					c.arrive(t, id, carl)
				}
				leave()
				if err := c.Quit(t.Context(), ada, id); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				time.Sleep(time.Second)
				if alone {
					c.arrive(t, id, bob) // a reload
					time.Sleep(5 * time.Second)
				}
				synctest.Wait()
				want := carl.Session
				if alone {
					want = bob.Session
				}
				if got := c.owner(t, id); got != want {
					t.Errorf("owner: got %q, want %s", got, want)
				}
			})
		})
	}
}
