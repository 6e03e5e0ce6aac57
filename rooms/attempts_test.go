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

// from returns one of many newcomers at an address.
func from(source string, i int) rooms.Visitor {
	return rooms.Visitor{Session: rooms.Session(fmt.Sprint(source, " ", i)), Source: source}
}

// formerMember returns one of many visitors, each with an address of its own.
func formerMember(i int) rooms.Visitor { return from(fmt.Sprint("address ", i), i) }

// visit makes a visitor a former member of a room.
func visit(t *testing.T, c chat, v rooms.Visitor, id rooms.ID, password string) {
	t.Helper()
	if _, err := c.Enter(t.Context(), v, id, password); err != nil {
		t.Fatal(err)
	}
	if err := c.Quit(t.Context(), v, id); err != nil {
		t.Fatal(err)
	}
}

// outcomes counts the results of password attempts.
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

func TestAttempts_limit_an_address(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{})
		id := c.room(t, rooms.NewRoom{Password: "x"})
		var got outcomes
		var refusal error
		for i := range 12 { // each with another session
			_, err := c.Enter(t.Context(), from("192.0.2.1", i), id, "wrong")
			got.count(t, err)
			refusal = err
		}
		if want := (outcomes{wrong: 10, tooMany: 2}); got != want {
			t.Errorf("outcomes: got %+v, want %+v", got, want)
		}
		tries, ok := errors.AsType[*rooms.TriesError](refusal)
		if !ok || tries.RetryAfter != 3*time.Minute {
			t.Errorf("twelfth attempt: got %v, want a TriesError for 3 minutes", refusal)
		}
		if _, err := c.Enter(t.Context(), from("192.0.2.2", 0), id, "x"); err != nil {
			t.Errorf("Enter from another address: got %v, want nil", err)
		}
		time.Sleep(tries.RetryAfter)
		if _, err := c.Enter(t.Context(), from("192.0.2.1", 99), id, "x"); err != nil {
			t.Errorf("Enter after RetryAfter: got %v, want nil", err)
		}
	})
}

// Row A3: newcomers from all addresses together have 100 wrong passwords an hour in a
// room. Members and former members can still enter.
func TestAttempts_let_former_members_into_an_exhausted_room(t *testing.T) {
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
		for i := range 1000 { // each from another address
			_, err := c.Enter(t.Context(), from(fmt.Sprint("address ", i), i), id, "wrong")
			got.count(t, err)
		}
		if want := (outcomes{wrong: 3, tooMany: 997}); got != want {
			t.Errorf("outcomes after 97 attempts: got %+v, want %+v", got, want)
		}
		for who, v := range map[string]rooms.Visitor{"the owner": ada, "a member": bob} {
			if _, err := c.Enter(t.Context(), v, id, ""); err != nil {
				t.Errorf("Enter by %s: got %v, want nil", who, err)
			}
		}
		for range 5 { // right passwords are not counted
			visit(t, c, known[0], id, "x")
		}
		got = outcomes{}
		for range 12 {
			_, err := c.Enter(t.Context(), known[1], id, "wrong")
			got.count(t, err)
		}
		if want := (outcomes{wrong: 10, tooMany: 2}); got != want {
			t.Errorf("outcomes of a former member: got %+v, want %+v", got, want)
		}
		_, err := c.Enter(t.Context(), from("192.0.2.1", 0), id, "x")
		if tries, ok := errors.AsType[*rooms.TriesError](err); !ok || tries.RetryAfter <= 0 || tries.RetryAfter > time.Hour {
			t.Errorf("Enter by a newcomer with the right password: got %v, want a TriesError for up to an hour", err)
		}
		time.Sleep(time.Hour)
		if _, err := c.Enter(t.Context(), from("192.0.2.1", 0), id, "x"); err != nil {
			t.Errorf("Enter an hour later: got %v, want nil", err)
		}
	})
}

// A visitor can collect any number of sessions of former members while a room is public
// or has another password.
func TestAttempts_limit_former_members_together(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{EmptyGrace: -1})
		c.HashCheaply()
		id := c.room(t, rooms.NewRoom{})
		for i := range 300 {
			visit(t, c, formerMember(i), id, "")
		}
		password := "x"
		if _, err := c.Configure(t.Context(), ada, id, rooms.Settings{Password: &password}); err != nil {
			t.Fatal(err)
		}
		c.CountAttempts(id, 100)
		var got outcomes
		for range 3 {
			for i := range 300 {
				_, err := c.Enter(t.Context(), formerMember(i), id, "wrong")
				got.count(t, err)
			}
		}
		if want := (outcomes{wrong: 100, tooMany: 800}); got != want {
			t.Errorf("outcomes: got %+v, want %+v", got, want)
		}
		if _, err := c.Enter(t.Context(), formerMember(0), id, "x"); !errors.Is(err, rooms.ErrTooManyTries) {
			t.Errorf("Enter with the right password: got %v, want ErrTooManyTries", err)
		}
		time.Sleep(time.Hour)
		if _, err := c.Enter(t.Context(), formerMember(0), id, "x"); err != nil {
			t.Errorf("Enter an hour later: got %v, want nil", err)
		}
	})
}

func TestAttempts_keep_a_room_while_others_are_attempted(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{Password: "x"})
	c.CountAttempts(id, 100)
	for i := range 50_000 {
		c.CountAttempts(rooms.ID(fmt.Sprint("other ", i)), 1)
	}
	if _, err := c.Enter(t.Context(), bob, id, "x"); !errors.Is(err, rooms.ErrTooManyTries) {
		t.Errorf("Enter after attempts in 50,000 other rooms: got %v, want ErrTooManyTries", err)
	}
}

// Attempts that do not wait for an answer are limited as well.
func TestAttempts_limit_concurrent_passwords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{})
		c.HashCheaply()
		id := c.room(t, rooms.NewRoom{Password: "x"})
		release := c.BlockHasher()
		errs := make([]error, 40)
		var attempts sync.WaitGroup
		for i := range errs {
			attempts.Go(func() { _, errs[i] = c.Enter(t.Context(), from("192.0.2.1", i), id, "wrong") })
		}
		synctest.Wait() // all have passed the first check and wait for the hasher
		release()
		attempts.Wait()
		var got outcomes
		for _, err := range errs {
			got.count(t, err)
		}
		if want := (outcomes{wrong: 10, tooMany: 30}); got != want {
			t.Errorf("outcomes: got %+v, want %+v", got, want)
		}
	})
}

func TestEnter_gives_up_waiting_for_the_hasher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{})
		id := c.room(t, rooms.NewRoom{Password: "x"})
		defer c.BlockHasher()()
		begun := time.Now()
		if _, err := c.Enter(t.Context(), bob, id, "x"); !errors.Is(err, rooms.ErrUnavailable) || time.Since(begun) != 10*time.Second {
			t.Errorf("Enter while the hasher is blocked: got %v after %v, want ErrUnavailable after 10 s", err, time.Since(begun))
		}
	})
}

// A visitor who waits for RetryAfter is not refused again.
func TestAttempts_return_the_longest_wait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{EmptyGrace: -1})
		c.HashCheaply()
		id, other := c.room(t, rooms.NewRoom{Password: "x"}), c.room(t, rooms.NewRoom{Password: "x"})
		for _, room := range []rooms.ID{id, other} {
			visit(t, c, bob, room, "x")
		}
		c.CountAttempts(id, 100)
		useUp := func(v rooms.Visitor, room rooms.ID) {
			for range 11 {
				_, _ = c.Enter(t.Context(), v, room, "wrong")
			}
		}
		wantWait := func(v rooms.Visitor, room rooms.ID, want time.Duration) {
			t.Helper()
			_, err := c.Enter(t.Context(), v, room, "x")
			if tries, ok := errors.AsType[*rooms.TriesError](err); !ok || tries.RetryAfter != want {
				t.Errorf("Enter: got %v, want a TriesError for %v", err, want)
			}
		}
		newcomer := from("192.0.2.1", 0)
		useUp(newcomer, other)
		wantWait(newcomer, other, 3*time.Minute)
		wantWait(newcomer, id, time.Hour)
		useUp(bob, id)
		wantWait(bob, other, 3*time.Minute) // the session's limit in all rooms
		wantWait(bob, id, time.Hour)        // the room's limit
		time.Sleep(3 * time.Minute)
		wantWait(bob, id, 57*time.Minute)
		if _, err := c.Enter(t.Context(), bob, other, "x"); err != nil {
			t.Errorf("Enter in another room: got %v, want nil", err)
		}
	})
}

// Attempts with the former password reveal nothing about the new one.
func TestAttempts_restart_with_another_password(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{Password: "x"})
	c.CountAttempts(id, 100)
	if _, err := c.Enter(t.Context(), bob, id, "x"); !errors.Is(err, rooms.ErrTooManyTries) {
		t.Fatalf("Enter after 100 attempts: got %v, want ErrTooManyTries", err)
	}
	frozen, password := true, "y"
	if _, err := c.Configure(t.Context(), ada, id, rooms.Settings{Frozen: &frozen}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Enter(t.Context(), bob, id, "x"); !errors.Is(err, rooms.ErrTooManyTries) {
		t.Errorf("Enter after another setting was changed: got %v, want ErrTooManyTries", err)
	}
	if _, err := c.Configure(t.Context(), ada, id, rooms.Settings{Password: &password}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Enter(t.Context(), bob, id, "y"); err != nil {
		t.Errorf("Enter with the new password: got %v, want nil", err)
	}
}

// The limits of each former member and of all together restart.
func TestAttempts_of_former_members_restart_with_another_password(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{EmptyGrace: -1})
		c.HashCheaply()
		id := c.room(t, rooms.NewRoom{Password: "x"})
		for i := range 11 {
			visit(t, c, formerMember(i), id, "x")
		}
		for i := range 100 {
			if _, err := c.Enter(t.Context(), formerMember(i%10), id, "wrong"); !errors.Is(err, rooms.ErrWrongPassword) {
				t.Fatal(err)
			}
		}
		time.Sleep(3 * time.Minute) // the window of the sessions' own limits
		for _, i := range []int{0, 10} {
			if _, err := c.Enter(t.Context(), formerMember(i), id, "x"); !errors.Is(err, rooms.ErrTooManyTries) {
				t.Errorf("Enter by former member %d: got %v, want ErrTooManyTries", i, err)
			}
		}
		password := "y"
		if _, err := c.Configure(t.Context(), ada, id, rooms.Settings{Password: &password}); err != nil {
			t.Fatal(err)
		}
		for _, i := range []int{0, 10} {
			if _, err := c.Enter(t.Context(), formerMember(i), id, "y"); err != nil {
				t.Errorf("Enter by former member %d with the new password: got %v, want nil", i, err)
			}
		}
		if n := c.AttemptKeys(); n != 0 {
			t.Errorf("keys after the password was changed: got %d, want 0", n)
		}
		c.CountAttempts(id, 1)
		if err := c.Remove(t.Context(), ada, id); err != nil {
			t.Fatal(err)
		}
		if n := c.AttemptKeys(); n != 0 {
			t.Errorf("keys after the room was removed: got %d, want 0", n)
		}
	})
}

// A school class opens the room's page at the same moment.
func TestAttempts_allow_many_right_passwords_from_one_address(t *testing.T) {
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
		t.Errorf("outcomes: got %+v, want %+v", got, want)
	}
}

// A visitor who knows a password cannot occupy the hasher by entering again and again.
func TestAttempts_limit_the_hashes_of_an_address(t *testing.T) {
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
			t.Errorf("outcomes: got %+v, want %+v", got, want)
		}
		if _, err := c.Enter(t.Context(), from("192.0.2.2", 0), id, "x"); err != nil {
			t.Errorf("Enter from another address: got %v, want nil", err)
		}
		time.Sleep(time.Minute)
		if _, err := c.Enter(t.Context(), from("192.0.2.1", 300), id, "x"); err != nil {
			t.Errorf("Enter a minute later: got %v, want nil", err)
		}
	})
}
