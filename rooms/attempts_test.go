package rooms_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/rooms"
)

// from returns one of many strangers at an address.
func from(source string, i int) rooms.Visitor {
	return rooms.Visitor{Session: rooms.Session(fmt.Sprint(source, " ", i)), Source: source}
}

// friend returns one of many who are known in a room, each at an address of its own.
func friend(i int) rooms.Visitor { return from(fmt.Sprint("address ", i), i) }

// visit has somebody come into a room and quit it.
func visit(t *testing.T, c chat, v rooms.Visitor, id rooms.ID, password string) {
	t.Helper()
	if _, err := c.Enter(t.Context(), v, id, password); err != nil {
		t.Fatal(err)
	}
	if err := c.Quit(t.Context(), v, id); err != nil {
		t.Fatal(err)
	}
}

// outcomes counts what becomes of guesses.
type outcomes struct{ right, wrong, tooMany int }

func (o *outcomes) count(t *testing.T, err error) {
	t.Helper()
	switch {
	case err == nil:
		o.right++
	case errors.Is(err, rooms.ErrWrongPassword):
		o.wrong++
	case errors.Is(err, rooms.ErrTooManyTries):
		o.tooMany++
	default:
		t.Error(err)
	}
}

func TestGuessingIsSlowForAnAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{})
		id := c.room(t, rooms.NewRoom{Password: "x"})
		var got outcomes
		var refusal error
		for i := range 12 { // each with a session of its own
			_, err := c.Enter(t.Context(), from("192.0.2.1", i), id, "wrong")
			got.count(t, err)
			refusal = err
		}
		if want := (outcomes{wrong: 10, tooMany: 2}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		tries, ok := errors.AsType[*rooms.TriesError](refusal)
		if !ok || tries.RetryAfter != 3*time.Minute {
			t.Errorf("got %v, want to be told of three minutes", refusal)
		}
		if _, err := c.Enter(t.Context(), from("192.0.2.2", 0), id, "x"); err != nil {
			t.Errorf("another address: %v", err)
		}
		time.Sleep(tries.RetryAfter)
		if _, err := c.Enter(t.Context(), from("192.0.2.1", 99), id, "x"); err != nil {
			t.Errorf("when told to: %v", err)
		}
	})
}

// Row A3: a hundred wrong passwords an hour in a room, from wherever they come.
// Who was in the room before is not locked out by them.
func TestAnExhaustedRoomLetsTheKnownIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{EmptyGrace: -1})
		c.HashCheaply()
		id := c.room(t, rooms.NewRoom{Password: "x"})
		known := []rooms.Visitor{from("198.51.100.1", 0), from("198.51.100.2", 0)}
		for _, v := range known {
			visit(t, c, v, id, "x")
		}
		if _, err := c.Enter(t.Context(), bob, id, "x"); err != nil {
			t.Fatal(err)
		}
		c.CountAttempts(id, 97)
		var got outcomes
		for i := range 1000 { // of a thousand addresses
			_, err := c.Enter(t.Context(), from(fmt.Sprint("address ", i), i), id, "wrong")
			got.count(t, err)
		}
		if want := (outcomes{wrong: 3, tooMany: 997}); got != want {
			t.Errorf("got %+v, want %+v: a hundred an hour with the 97 before", got, want)
		}
		for who, v := range map[string]rooms.Visitor{"the owner": ada, "a member": bob} {
			if _, err := c.Enter(t.Context(), v, id, ""); err != nil {
				t.Errorf("%s: %v", who, err)
			}
		}
		for range 5 { // a right one costs nothing
			visit(t, c, known[0], id, "x")
		}
		got = outcomes{}
		for range 12 {
			_, err := c.Enter(t.Context(), known[1], id, "wrong")
			got.count(t, err)
		}
		if want := (outcomes{wrong: 10, tooMany: 2}); got != want {
			t.Errorf("somebody who was in and guesses: got %+v, want %+v", got, want)
		}
		_, err := c.Enter(t.Context(), from("192.0.2.1", 0), id, "x")
		if tries, ok := errors.AsType[*rooms.TriesError](err); !ok || tries.RetryAfter <= 0 || tries.RetryAfter > time.Hour {
			t.Errorf("somebody new, with the right password: got %v, want to be told when", err)
		}
		time.Sleep(time.Hour)
		if _, err := c.Enter(t.Context(), from("192.0.2.1", 0), id, "x"); err != nil {
			t.Errorf("an hour later: %v", err)
		}
	})
}

// Sessions that were in once, when the room was open or under a password of
// before, are as many as somebody likes.
func TestOldFriendsGuessNoMoreThanStrangers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{EmptyGrace: -1})
		c.HashCheaply()
		id := c.room(t, rooms.NewRoom{})
		for i := range 300 {
			visit(t, c, friend(i), id, "")
		}
		password := "x"
		if _, err := c.Configure(t.Context(), ada, id, rooms.Settings{Password: &password}); err != nil {
			t.Fatal(err)
		}
		c.CountAttempts(id, 100)
		var got outcomes
		for range 3 {
			for i := range 300 {
				_, err := c.Enter(t.Context(), friend(i), id, "wrong")
				got.count(t, err)
			}
		}
		if want := (outcomes{wrong: 100, tooMany: 800}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if _, err := c.Enter(t.Context(), friend(0), id, "x"); !errors.Is(err, rooms.ErrTooManyTries) {
			t.Errorf("got %v, want ErrTooManyTries", err)
		}
		time.Sleep(time.Hour)
		if _, err := c.Enter(t.Context(), friend(0), id, "x"); err != nil {
			t.Errorf("an hour later: %v", err)
		}
	})
}

// A room's tries are remembered whatever is guessed at others.
func TestNoRoomIsForgottenForOthers(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{Password: "x"})
	c.CountAttempts(id, 100)
	for i := range 50_000 {
		c.CountAttempts(rooms.ID(fmt.Sprint("other ", i)), 1)
	}
	if _, err := c.Enter(t.Context(), bob, id, "x"); !errors.Is(err, rooms.ErrTooManyTries) {
		t.Errorf("got %v, want ErrTooManyTries", err)
	}
}

// Nobody gets past the limit by not waiting for an answer.
func TestGuessesAtOnceAreCountedOneAfterAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{})
		c.HashCheaply()
		id := c.room(t, rooms.NewRoom{Password: "x"})
		release := c.BlockHasher()
		errs := make([]error, 40)
		var guessing sync.WaitGroup
		for i := range errs {
			guessing.Go(func() { _, errs[i] = c.Enter(t.Context(), from("192.0.2.1", i), id, "wrong") })
		}
		synctest.Wait() // all have been let through to wait for their turn
		release()
		guessing.Wait()
		var got outcomes
		for _, err := range errs {
			got.count(t, err)
		}
		if want := (outcomes{wrong: 10, tooMany: 30}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}

// Whoever waits for a turn that does not come is told so.
func TestNobodyWaitsForATurnForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{})
		id := c.room(t, rooms.NewRoom{Password: "x"})
		defer c.BlockHasher()()
		begun := time.Now()
		if _, err := c.Enter(t.Context(), bob, id, "x"); !errors.Is(err, rooms.ErrUnavailable) || time.Since(begun) != 10*time.Second {
			t.Errorf("got %v after %v, want ErrUnavailable after ten seconds", err, time.Since(begun))
		}
	})
}

// Whoever comes when told to is not told to come again.
func TestRetryAfterIsOfEverythingThatIsUsedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{EmptyGrace: -1})
		c.HashCheaply()
		id, other := c.room(t, rooms.NewRoom{Password: "x"}), c.room(t, rooms.NewRoom{Password: "x"})
		for _, room := range []rooms.ID{id, other} {
			visit(t, c, bob, room, "x")
		}
		c.CountAttempts(id, 100)
		guess := func(v rooms.Visitor, room rooms.ID) {
			for range 11 {
				_, _ = c.Enter(t.Context(), v, room, "wrong")
			}
		}
		told := func(v rooms.Visitor, room rooms.ID, want time.Duration) {
			t.Helper()
			_, err := c.Enter(t.Context(), v, room, "x")
			if tries, ok := errors.AsType[*rooms.TriesError](err); !ok || tries.RetryAfter != want {
				t.Errorf("got %v, want to be told of %v", err, want)
			}
		}
		stranger := from("192.0.2.1", 0)
		guess(stranger, other)
		told(stranger, other, 3*time.Minute)
		told(stranger, id, time.Hour)
		guess(bob, id)
		told(bob, other, 3*time.Minute) // of wherever
		told(bob, id, time.Hour)        // of this room
		time.Sleep(3 * time.Minute)
		told(bob, id, 57*time.Minute)
		if _, err := c.Enter(t.Context(), bob, other, "x"); err != nil {
			t.Errorf("in another room: %v", err)
		}
	})
}

// The owner's way out: nothing that was tried tells about the new one.
func TestAnotherPasswordBeginsAnew(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{Password: "x"})
	c.CountAttempts(id, 100)
	if _, err := c.Enter(t.Context(), bob, id, "x"); !errors.Is(err, rooms.ErrTooManyTries) {
		t.Fatalf("got %v, want ErrTooManyTries", err)
	}
	frozen, password := true, "y"
	if _, err := c.Configure(t.Context(), ada, id, rooms.Settings{Frozen: &frozen}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Enter(t.Context(), bob, id, "x"); !errors.Is(err, rooms.ErrTooManyTries) {
		t.Errorf("after another setting: got %v, want ErrTooManyTries", err)
	}
	if _, err := c.Configure(t.Context(), ada, id, rooms.Settings{Password: &password}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Enter(t.Context(), bob, id, "y"); err != nil {
		t.Errorf("with the new one: %v", err)
	}
}

// For who was in before too, one by one and all together.
func TestAnotherPasswordBeginsAnewForTheKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{EmptyGrace: -1})
		c.HashCheaply()
		id := c.room(t, rooms.NewRoom{Password: "x"})
		for i := range 11 {
			visit(t, c, friend(i), id, "x")
		}
		for i := range 100 {
			if _, err := c.Enter(t.Context(), friend(i%10), id, "wrong"); !errors.Is(err, rooms.ErrWrongPassword) {
				t.Fatal(err)
			}
		}
		time.Sleep(3 * time.Minute) // what is theirs anywhere
		for _, i := range []int{0, 10} {
			if _, err := c.Enter(t.Context(), friend(i), id, "x"); !errors.Is(err, rooms.ErrTooManyTries) {
				t.Errorf("friend %d: got %v, want ErrTooManyTries", i, err)
			}
		}
		password := "y"
		if _, err := c.Configure(t.Context(), ada, id, rooms.Settings{Password: &password}); err != nil {
			t.Fatal(err)
		}
		for _, i := range []int{0, 10} {
			if _, err := c.Enter(t.Context(), friend(i), id, "y"); err != nil {
				t.Errorf("friend %d with the new one: %v", i, err)
			}
		}
		if n := c.AttemptKeys(); n != 0 {
			t.Errorf("of %d rooms it is known how often they were tried, want none", n)
		}
		c.CountAttempts(id, 1)
		if err := c.Remove(t.Context(), ada, id); err != nil {
			t.Fatal(err)
		}
		if n := c.AttemptKeys(); n != 0 {
			t.Errorf("of %d rooms that are gone it is known how often they were tried", n)
		}
	})
}

// A class opens the room's page at the same moment, all from one address.
func TestAClassWithTheRightPasswordIsNoAttack(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{Password: "x", Capacity: 100})
	var mu sync.Mutex
	var got outcomes
	var class sync.WaitGroup
	for i := range 14 {
		class.Go(func() {
			_, err := c.Enter(t.Context(), from("192.0.2.1", i), id, "x")
			mu.Lock()
			defer mu.Unlock()
			got.count(t, err)
		})
	}
	class.Wait()
	if want := (outcomes{right: 14}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// Who knows a password cannot keep the others waiting by using it all the time.
func TestAnAddressHasSoManyPasswordsHashed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{EmptyGrace: -1})
		c.HashCheaply()
		id := c.room(t, rooms.NewRoom{Password: "x"})
		var got outcomes
		for i := range 250 {
			_, err := c.Enter(t.Context(), from("192.0.2.1", i), id, "x")
			got.count(t, err)
		}
		if want := (outcomes{right: 200, tooMany: 50}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if _, err := c.Enter(t.Context(), from("192.0.2.2", 0), id, "x"); err != nil {
			t.Errorf("another address: %v", err)
		}
		time.Sleep(time.Minute)
		if _, err := c.Enter(t.Context(), from("192.0.2.1", 300), id, "x"); err != nil {
			t.Errorf("a minute later: %v", err)
		}
	})
}

func TestSomebodyMayMakeSoManyRooms(t *testing.T) {
	c := newChat(t, rooms.Options{MaxRoomsPerVisitor: 3, MaxRooms: 5})
	first := c.room(t, rooms.NewRoom{})
	create := func(v rooms.Visitor) error {
		_, err := c.Create(t.Context(), v, rooms.NewRoom{Title: "방", Capacity: 2})
		return err
	}
	// Many at once are counted too.
	var mu sync.Mutex
	made := 1
	var tasks sync.WaitGroup
	for range 20 {
		tasks.Go(func() {
			err := create(ada)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				made++
			case !errors.Is(err, rooms.ErrTooManyRooms):
				t.Error(err)
			}
		})
	}
	tasks.Wait()
	if made > 3 {
		t.Errorf("%d were made, want 3 at most", made)
	}
	for ; made < 3; made++ {
		if err := create(ada); err != nil {
			t.Fatal(err)
		}
	}
	if err := create(ada); !errors.Is(err, rooms.ErrTooManyRooms) {
		t.Errorf("the fourth: got %v", err)
	}
	for i, want := range []error{nil, nil, rooms.ErrTooManyRooms} {
		if err := create(bob); !errors.Is(err, want) {
			t.Errorf("room %d in all: got %v, want %v", 4+i, err, want)
		}
	}
	if err := c.Remove(t.Context(), ada, first); err != nil {
		t.Fatal(err)
	}
	if err := create(ada); err != nil {
		t.Errorf("in the place of one that is gone: %v", err)
	}
}
