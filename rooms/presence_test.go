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

func TestAPersonIsAnnouncedOnceHoweverManyPages(t *testing.T) {
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
		first() // only the first call counts
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

func TestAPageThatReloadsIsNotAnExit(t *testing.T) {
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
				t.Errorf("%s: got %+v, %v, want owner %t since %v", when, got, err, owner, since)
			}
		}
		check("owner who has not arrived", ada, true, time.Time{})
		check("member who has not arrived", bob, false, time.Time{})
		arrived := time.Now()
		leave := c.arrive(t, id, bob)
		time.Sleep(time.Minute)
		leave()
		time.Sleep(time.Second)
		check("during a blip", bob, false, arrived)
		leave = c.arrive(t, id, bob)
		check("after a blip", bob, false, arrived)
		leave()
		time.Sleep(time.Minute)
		check("after a departure", bob, false, time.Time{})
		back := time.Now()
		defer c.arrive(t, id, bob)()
		check("after a return", bob, false, back)
	})
}

func TestNoticesAreInTheHistoryOnly(t *testing.T) {
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
					t.Errorf("got %+v, want a notice", m)
				}
				got = append(got, m.Text)
			}
			want := []string{"#7453ac님이 입장하셨습니다.", "#bf6440님이 입장하셨습니다.", "#bf6440님이 퇴장하셨습니다."}
			if strict {
				want = nil
			}
			var told []string
			for _, m := range c.diary.posts {
				if !strict && m.Seq != int64(len(told))+1 {
					t.Errorf("%q was told with seq %d", m.Text, m.Seq)
				}
				told = append(told, m.Text)
			}
			if !slices.Equal(got, want) || !strict && !slices.Equal(told, want) {
				t.Errorf("strict %t: history %q, told %q, want %q", strict, got, told, want)
			}
		}
	})
}

func TestAnEmptyRoomIsRemovedAfterItsGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{EmptyGrace: 30 * time.Second})
		id := c.room(t, rooms.NewRoom{})
		time.Sleep(59 * time.Minute) // nobody has been there: this grace does not run
		leave := c.arrive(t, id, ada)
		c.diary.take()

		leave()
		time.Sleep(31 * time.Second)
		synctest.Wait()
		c.told(t, "people ") // not "left": nobody is there to hear it
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
			t.Errorf("got %v, want ErrNotFound", err)
		}
	})
}

func TestARoomThatNobodyUsesIsRemoved(t *testing.T) {
	tests := []struct {
		name string
		use  func(t *testing.T, c chat, id rooms.ID)
		told []string
	}{
		{"not at all", func(*testing.T, chat, rooms.ID) {}, []string{"removed"}},
		{"entered", func(t *testing.T, c chat, id rooms.ID) { c.arrive(t, id, ada) }, []string{"entered ada", "people ada"}},
		{"talked in without JavaScript", func(t *testing.T, c chat, id rooms.ID) {
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
					t.Errorf("%d places are left", n)
				}
			})
		})
	}
}

func TestTheGracesMayBeNone(t *testing.T) {
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

func TestAfterCloseNothingIsRemoved(t *testing.T) {
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
			t.Errorf("%d rooms are left, %v, want 3", len(list), err)
		}
	})
}

func TestCapacityCountsPeople(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{EmptyGrace: -1})
		id := c.room(t, rooms.NewRoom{Capacity: 2})
		c.enter(t, id, bob, carl)
		c.arrive(t, id, ada)
		c.arrive(t, id, ada)
		leave := c.arrive(t, id, bob)
		if _, _, err := c.Arrive(t.Context(), carl, id); !errors.Is(err, rooms.ErrFull) {
			t.Errorf("Arrive: got %v, want ErrFull", err)
		}
		dora := rooms.Visitor{Session: "dora"}
		for _, v := range []rooms.Visitor{carl, dora} {
			if _, err := c.Enter(t.Context(), v, id, ""); !errors.Is(err, rooms.ErrFull) {
				t.Errorf("Enter of %s: got %v, want ErrFull", v.Session, err)
			}
		}
		if _, err := c.Enter(t.Context(), bob, id, ""); err != nil {
			t.Errorf("who is there is not let in again: %v", err)
		}
		leave()
		time.Sleep(3 * time.Second)
		c.enter(t, id, dora)
		c.arrive(t, id, carl)
	})
}

func TestCapacityHoldsAgainstACrowd(t *testing.T) {
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
		t.Errorf("%d people are there, %d connections in, %d out", got, admitted.Load(), refused.Load())
	}
}

func TestOnlyMembersArrive(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{})
	for _, v := range []rooms.Visitor{bob, {}} {
		if _, _, err := c.Arrive(t.Context(), v, id); !errors.Is(err, rooms.ErrForbidden) {
			t.Errorf("%q: got %v, want ErrForbidden", v.Session, err)
		}
	}
	c.told(t)
}
