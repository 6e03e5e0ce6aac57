package rooms_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/rooms"
)

func TestArrive_announces_a_person_once(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{EmptyGrace: -1})
		id := c.room(t, rooms.NewRoom{})
		c.enter(t, id, bob)
		first := c.arrive(t, id, ada)
		second := c.arrive(t, id, ada)
		c.told(t, "entered ada", "people ada")
		c.arrive(t, id, bob)
		c.told(t, "entered bob", "people ada bob")

		first()
		first() // has no effect
		time.Sleep(time.Minute)
		c.told(t)
		second()
		time.Sleep(1999 * time.Millisecond)
		synctest.Wait()
		c.told(t)
		time.Sleep(time.Millisecond)
		synctest.Wait()
		c.told(t, "left ada", "people bob")
	})
}

func TestVisit_lose_keeps_a_person_who_reloads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{})
		id := c.room(t, rooms.NewRoom{})
		leave := c.arrive(t, id, ada)
		c.diary.take()
		for range 5 {
			leave()
			time.Sleep(1500 * time.Millisecond)
			leave = c.arrive(t, id, ada)
		}
		time.Sleep(time.Minute)
		c.told(t)
		leave()
	})
}

func TestAttendance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{EmptyGrace: -1, OwnerGrace: -1})
		id := c.room(t, rooms.NewRoom{})
		c.enter(t, id, bob)
		check := func(when string, v rooms.Visitor, owner bool, since time.Time) {
			t.Helper()
			got, err := c.Attendance(t.Context(), v, id)
			if err != nil || got.Owner != owner || !got.Since.Equal(since) {
				t.Errorf("Attendance, %s: got %+v, %v, want owner %t since %v", when, got, err, owner, since)
			}
		}
		check("owner who has not arrived", ada, true, time.Time{})
		check("member who has not arrived", bob, false, time.Time{})
		arrived := time.Now()
		leave := c.arrive(t, id, bob)
		time.Sleep(time.Minute)
		leave()
		time.Sleep(time.Second)
		check("during a short loss", bob, false, arrived)
		leave = c.arrive(t, id, bob)
		check("after a short loss", bob, false, arrived)
		leave()
		time.Sleep(time.Minute)
		check("after a departure", bob, false, time.Time{})
		back := time.Now()
		defer c.arrive(t, id, bob)()
		check("after a return", bob, false, back)
	})
}

func TestNotices_are_stored_unless_strict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, strict := range []bool{false, true} {
			c := newChat(t, rooms.Options{Strict: strict, EmptyGrace: -1})
			id := c.room(t, rooms.NewRoom{})
			c.enter(t, id, bob)
			c.arrive(t, id, ada)
			c.arrive(t, id, bob)()
			time.Sleep(time.Minute)
			synctest.Wait()
			messages, err := c.History(t.Context(), ada, id, rooms.Page{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range messages {
				if m.Kind != rooms.KindNotice || m.User != "" || m.Session != "" {
					t.Errorf("History: got %+v, want a notice without a sender", m)
				}
				got = append(got, string(m.Topic)+" "+string(m.Person))
			}
			want := []string{"entered #7453ac", "entered #bf6440", "left #bf6440"}
			if strict {
				want = nil
			}
			var told []string
			for _, m := range c.diary.posts {
				if !strict && m.Seq != int64(len(told))+1 {
					t.Errorf("seq of announced notice %q: got %d, want %d", m.Topic, m.Seq, len(told)+1)
				}
				told = append(told, string(m.Topic)+" "+string(m.Person))
			}
			if !slices.Equal(got, want) || !strict && !slices.Equal(told, want) {
				t.Errorf("strict %t: got history %q and announcements %q, want %q", strict, got, told, want)
			}
		}
	})
}

func TestEmptyRoom_is_removed_after_its_grace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{EmptyGrace: 30 * time.Second})
		id := c.room(t, rooms.NewRoom{})
		time.Sleep(59 * time.Minute) // the grace starts when a person leaves
		leave := c.arrive(t, id, ada)
		c.diary.take()

		leave()
		time.Sleep(31 * time.Second)
		synctest.Wait()
		c.told(t, "people ") // without "left": nobody is left
		leave = c.arrive(t, id, ada)
		time.Sleep(time.Hour)
		synctest.Wait()
		c.told(t, "entered ada", "people ada")

		leave()
		time.Sleep(32*time.Second - 1)
		synctest.Wait()
		c.told(t, "people ")
		time.Sleep(1)
		synctest.Wait()
		c.told(t, "removed")
		if _, err := c.Room(t.Context(), id); !errors.Is(err, rooms.ErrNotFound) {
			t.Errorf("Room after its grace: got %v, want ErrNotFound", err)
		}
	})
}

func TestEmptyRoom_is_removed_after_an_hour_without_use(t *testing.T) {
	tests := []struct {
		name string
		use  func(t *testing.T, c chat, id rooms.ID)
		told []string
	}{
		{"nobody arrives", func(*testing.T, chat, rooms.ID) {}, []string{"removed"}},
		{"a person arrives", func(t *testing.T, c chat, id rooms.ID) { c.arrive(t, id, ada) }, []string{"entered ada", "people ada"}},
		{"a person posts without JavaScript", func(t *testing.T, c chat, id rooms.ID) {
			if _, err := c.Post(t.Context(), ada, id, rooms.Draft{Text: "hi"}); err != nil {
				t.Fatal(err)
			}
		}, []string{"posted hi"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newChat(t, rooms.Options{})
				id := c.room(t, rooms.NewRoom{})
				time.Sleep(59 * time.Minute)
				c.told(t)
				tt.use(t, c, id)
				time.Sleep(time.Hour)
				synctest.Wait()
				c.told(t, tt.told...)
				if n := c.LiveRooms(); len(tt.told) == 1 && n != 0 {
					t.Errorf("live rooms: got %d, want 0", n)
				}
			})
		})
	}
}

func TestEmptyRoom_is_removed_at_once_without_grace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{LeaveGrace: -1, EmptyGrace: 0})
		id := c.room(t, rooms.NewRoom{})
		leave := c.arrive(t, id, ada)
		c.diary.take()
		leave()
		time.Sleep(1)
		synctest.Wait()
		c.told(t, "people ", "removed")
	})
}

func TestClose_removes_no_room(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{EmptyGrace: time.Second})
		gone, leaving, open := c.room(t, rooms.NewRoom{}), c.room(t, rooms.NewRoom{}), c.room(t, rooms.NewRoom{})
		c.arrive(t, gone, ada)()
		time.Sleep(2500 * time.Millisecond)
		c.arrive(t, leaving, ada)()
		last := c.arrive(t, open, ada)
		synctest.Wait()
		c.diary.take()
		c.Close()
		last()
		time.Sleep(time.Hour)
		synctest.Wait()
		c.told(t)
		if list, err := c.List(t.Context(), rooms.RoomPage{}); err != nil || len(list) != 3 {
			t.Errorf("rooms after Close: got %d, %v, want 3", len(list), err)
		}
	})
}

func TestCapacity_counts_people(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{EmptyGrace: -1})
		id := c.room(t, rooms.NewRoom{Capacity: 2})
		c.enter(t, id, bob, carl)
		c.arrive(t, id, ada)
		c.arrive(t, id, ada)
		leave := c.arrive(t, id, bob)
		if _, _, err := c.Arrive(t.Context(), carl, id); !errors.Is(err, rooms.ErrFull) {
			t.Errorf("Arrive in a full room: got %v, want ErrFull", err)
		}
		dora := rooms.Visitor{Session: "dora"}
		for _, v := range []rooms.Visitor{carl, dora} {
			if _, err := c.Enter(t.Context(), v, id, ""); !errors.Is(err, rooms.ErrFull) {
				t.Errorf("Enter of %s: got %v, want ErrFull", v.Session, err)
			}
		}
		if _, err := c.Enter(t.Context(), bob, id, ""); err != nil {
			t.Errorf("Enter by a person who is present: got %v, want nil", err)
		}
		leave()
		time.Sleep(3 * time.Second)
		c.enter(t, id, dora)
		c.arrive(t, id, carl)
	})
}

func TestCapacity_holds_against_a_crowd(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{Capacity: 5})
	visitor := func(i int) rooms.Visitor {
		return rooms.Visitor{Session: rooms.Session(fmt.Sprint(i % 25)), Color: ada.Color}
	}
	for i := range 25 {
		c.enter(t, id, visitor(i))
	}
	var admitted, refused atomic.Int32
	var crowd sync.WaitGroup
	for i := range 50 {
		crowd.Go(func() {
			_, _, err := c.Arrive(t.Context(), visitor(i), id)
			switch {
			case err == nil:
				admitted.Add(1)
			case errors.Is(err, rooms.ErrFull):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	crowd.Wait()
	if got := len(c.Present(id)); got != 5 || admitted.Load()+refused.Load() != 50 {
		t.Errorf("crowd of 50 connections: got %d people, %d admitted, %d refused, want 5 people", got, admitted.Load(), refused.Load())
	}
}

func TestArrive_refuses_visitors_who_are_not_members(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{})
	for _, v := range []rooms.Visitor{bob, {}} {
		if _, _, err := c.Arrive(t.Context(), v, id); !errors.Is(err, rooms.ErrForbidden) {
			t.Errorf("Arrive of %q: got %v, want ErrForbidden", v.Session, err)
		}
	}
	c.told(t)
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
