package rooms_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/rooms"
)

func (c chat) owner(t *testing.T, id rooms.ID) rooms.Session {
	t.Helper()
	room, err := c.Room(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return room.OwnerSession
}

// Strangers who fill a room while its owner reloads the page must not get it.
func TestTheOwnerAlwaysFits(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{Capacity: 2})
	c.enter(t, id, bob, carl)
	c.arrive(t, id, bob)
	c.arrive(t, id, carl)
	if _, err := c.Enter(t.Context(), ada, id, ""); err != nil {
		t.Errorf("Enter: %v", err)
	}
	if _, _, err := c.Arrive(t.Context(), ada, id); err != nil {
		t.Errorf("Arrive: %v", err)
	}
	dora := rooms.Visitor{Session: "dora", Color: "#123456"}
	if _, err := c.Enter(t.Context(), dora, id, ""); !errors.Is(err, rooms.ErrFull) {
		t.Errorf("somebody else: got %v, want ErrFull", err)
	}
}

// How long one owner was away is nothing to the next one.
func TestANewOwnersAbsenceBeginsWithTheRoom(t *testing.T) {
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
			t.Errorf("nine minutes later it is %s's", got)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := c.owner(t, id); got != bob.Session {
			t.Errorf("eleven minutes later it is %s's", got)
		}
	})
}

// Who has just gone may be back in a moment, or have logged out.
func TestNobodyInheritsWhoHasJustGone(t *testing.T) {
	for name, alone := range map[string]bool{"others are there": false, "nobody else is": true} {
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
					c.arrive(t, id, bob) // it was a reload
					time.Sleep(5 * time.Second)
				}
				synctest.Wait()
				want := carl.Session
				if alone {
					want = bob.Session
				}
				if got := c.owner(t, id); got != want {
					t.Errorf("it is %q's, want %s's", got, want)
				}
			})
		})
	}
}
