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

func TestSuccession(t *testing.T) {
	const grace = 10 * time.Minute
	run := func(name string, test func(t *testing.T, c chat, id rooms.ID)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newChat(t, rooms.Options{EmptyGrace: -1, OwnerGrace: grace})
				id := c.room(t, rooms.NewRoom{})
				c.enter(t, id, bob, carl)
				test(t, c, id)
			})
		})
	}
	run("absent owner is replaced by the person present for longest", func(t *testing.T, c chat, id rooms.ID) {
		leave := c.arrive(t, id, ada)
		c.arrive(t, id, bob)
		c.arrive(t, id, carl)
		leave()
		time.Sleep(grace + 2*time.Second - 1)
		if got := c.owner(t, id); got != ada.Session {
			t.Errorf("owner before the end of the grace: got %s, want ada", got)
		}
		c.diary.take()
		time.Sleep(1)
		synctest.Wait()
		c.told(t, "notice owner", "changed 방")
		if got := c.owner(t, id); got != bob.Session {
			t.Errorf("owner: got %s, want bob", got)
		}
	})
	run("owner who returns in time stays", func(t *testing.T, c chat, id rooms.ID) {
		c.arrive(t, id, ada)()
		c.arrive(t, id, bob)
		time.Sleep(grace / 2)
		c.arrive(t, id, ada)
		time.Sleep(2 * grace)
		if got := c.owner(t, id); got != ada.Session {
			t.Errorf("owner: got %s, want ada", got)
		}
	})
	run("owner who does not come after a restart is replaced", func(t *testing.T, c chat, id rooms.ID) {
		c.arrive(t, id, carl)
		time.Sleep(grace)
		synctest.Wait()
		if got := c.owner(t, id); got != carl.Session {
			t.Errorf("owner: got %s, want carl", got)
		}
	})
	run("owner of an empty room stays", func(t *testing.T, c chat, id rooms.ID) {
		c.arrive(t, id, ada)()
		time.Sleep(24 * time.Hour)
		if got := c.owner(t, id); got != ada.Session {
			t.Errorf("owner: got %s, want ada", got)
		}
	})
	run("owner who quits is replaced at once", func(t *testing.T, c chat, id rooms.ID) {
		c.arrive(t, id, ada)
		c.arrive(t, id, bob)
		c.diary.take()
		if err := c.Quit(t.Context(), ada, id); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1)
		synctest.Wait()
		if got := c.owner(t, id); got != bob.Session {
			t.Errorf("owner: got %s, want bob", got)
		}
		c.told(t, "left ada", "changed 방", "expelled ada left", "people bob", "notice owner", "changed 방")
		if _, err := c.Member(t.Context(), ada, id); !errors.Is(err, rooms.ErrForbidden) {
			t.Errorf("Member after Quit: got %v, want ErrForbidden", err)
		}
	})
	run("owner who is forgotten is replaced at once", func(t *testing.T, c chat, id rooms.ID) {
		c.arrive(t, id, bob)
		if err := c.Forget(t.Context(), ada); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1)
		synctest.Wait()
		if got := c.owner(t, id); got != bob.Session {
			t.Errorf("owner: got %s, want bob", got)
		}
	})
	run("first person to arrive owns a room without an owner", func(t *testing.T, c chat, id rooms.ID) {
		if err := c.Quit(t.Context(), ada, id); err != nil {
			t.Fatal(err)
		}
		if room, err := c.Room(t.Context(), id); err != nil || room.Owner != "" || room.OwnerSession != "" {
			t.Errorf("owner after Quit: got %q, %v, want none", room.Owner, err)
		}
		c.arrive(t, id, carl)
		time.Sleep(1)
		synctest.Wait()
		if got := c.owner(t, id); got != carl.Session {
			t.Errorf("owner: got %s, want carl", got)
		}
	})
}
