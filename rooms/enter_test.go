package rooms_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/rooms"
)

func TestEnter_checks_the_password_of_a_private_room(t *testing.T) {
	c := newChat(t, rooms.Options{})
	ctx := t.Context()
	id := c.room(t, rooms.NewRoom{Password: "비밀 a&b#x"})
	for _, wrong := range []string{"", "비밀", "비밀 a&b#X", strings.Repeat("x", 1<<20)} {
		if _, err := c.Enter(ctx, bob, id, wrong); !errors.Is(err, rooms.ErrWrongPassword) {
			t.Errorf("Enter with %.20q: got %v, want ErrWrongPassword", wrong, err)
		}
	}
	if _, err := c.Member(ctx, bob, id); !errors.Is(err, rooms.ErrForbidden) {
		t.Errorf("Member after wrong passwords: got %v, want ErrForbidden", err)
	}
	first, err := c.Enter(ctx, bob, id, "비밀 a&b#x")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []rooms.Visitor{bob, ada} {
		if _, err := c.Enter(ctx, v, id, ""); err != nil {
			t.Errorf("Enter by member %s without a password: got %v, want nil", v.Session, err)
		}
	}
	if again, err := c.Enter(ctx, rooms.Visitor{Session: "bob", Color: "#123456"}, id, ""); err != nil || again != first {
		t.Errorf("Enter again with another colour: got %+v, %v, want %+v", again, err, first)
	}
	if _, err := c.Enter(ctx, rooms.Visitor{}, id, "비밀 a&b#x"); !errors.Is(err, rooms.ErrForbidden) {
		t.Errorf("Enter without a session: got %v, want ErrForbidden", err)
	}
}

func TestEnter_needs_no_password_after_a_restart(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{Password: "x"})
	c.Close()
	next := rooms.NewService(c.store, c.gifs, c.diary, rooms.Options{})
	defer next.Close()
	if m, err := next.Enter(t.Context(), ada, id, ""); err != nil || m.Color != ada.Color {
		t.Errorf("Enter after a restart: got %+v, %v, want colour %s", m, err, ada.Color)
	}
}

func TestAttempts_limit_a_session(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{})
		ids := []rooms.ID{c.room(t, rooms.NewRoom{Password: "x"}), c.room(t, rooms.NewRoom{Password: "x"})}
		attempt := func(v rooms.Visitor, i int, password string) error {
			_, err := c.Enter(t.Context(), v, ids[i%2], password)
			return err
		}
		for i := range 10 {
			if err := attempt(bob, i, "wrong"); !errors.Is(err, rooms.ErrWrongPassword) {
				t.Fatalf("attempt %d: got %v, want ErrWrongPassword", i+1, err)
			}
		}
		if err := attempt(bob, 0, "x"); !errors.Is(err, rooms.ErrTooManyTries) {
			t.Errorf("attempt 11: got %v, want ErrTooManyTries", err)
		}
		if err := attempt(carl, 0, "x"); err != nil {
			t.Errorf("another session: got %v, want nil", err)
		}
		if err := attempt(ada, 0, ""); err != nil {
			t.Errorf("owner: got %v, want nil", err)
		}
		time.Sleep(3 * time.Minute)
		if err := attempt(bob, 0, "x"); err != nil {
			t.Errorf("attempt 3 minutes later: got %v, want nil", err)
		}
	})
}

func TestAttempts_limit_a_room(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id, other := c.room(t, rooms.NewRoom{Password: "x"}), c.room(t, rooms.NewRoom{Password: "x"})
	c.CountAttempts(id, 98)
	var wrong, tooMany int
	for i := range 5 {
		_, err := c.Enter(t.Context(), rooms.Visitor{Session: rooms.Session(fmt.Sprint(i))}, id, "wrong")
		switch {
		case errors.Is(err, rooms.ErrWrongPassword):
			wrong++
		case errors.Is(err, rooms.ErrTooManyTries):
			tooMany++
		}
	}
	if wrong != 2 || tooMany != 3 {
		t.Errorf("attempts after 98: got %d wrong and %d refused, want 2 and 3", wrong, tooMany)
	}
	if _, err := c.Enter(t.Context(), ada, id, ""); err != nil {
		t.Errorf("owner: got %v, want nil", err)
	}
	if _, err := c.Enter(t.Context(), bob, other, "x"); err != nil {
		t.Errorf("another room: got %v, want nil", err)
	}
}

func TestEnter_stops_waiting_when_the_context_ends(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{Password: "x"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Enter(ctx, bob, id, "x"); !errors.Is(err, rooms.ErrUnavailable) {
		t.Errorf("Enter: got %v, want ErrUnavailable", err)
	}
}

func TestEnter_refuses_a_password_replaced_during_the_check(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{Password: "before"})
	m := &interruptedStore{Store: c.store}
	s := rooms.NewService(m, c.gifs, c.diary, rooms.Options{EmptyGrace: -1})
	defer s.Close()
	m.then = func() {
		after := "after"
		if _, err := s.Configure(t.Context(), ada, id, rooms.Settings{Password: &after}); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Enter(t.Context(), bob, id, "before"); !errors.Is(err, rooms.ErrWrongPassword) {
		t.Errorf("Enter with the former password: got %v, want ErrWrongPassword", err)
	}
	if _, err := s.Enter(t.Context(), bob, id, "after"); err != nil {
		t.Error(err)
	}
}

func TestEnter_gives_each_member_another_colour(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{})
	owners := make(map[rooms.Color]rooms.Session)
	for i := range 100 {
		v := rooms.Visitor{Session: rooms.Session(fmt.Sprint(i)), Color: ada.Color}
		if i%10 == 0 {
			v.Color = "" // a socket without a cookie
		}
		m, err := c.Enter(t.Context(), v, id, "")
		if err != nil {
			t.Fatal(err)
		}
		if other, taken := owners[m.Color]; taken || m.Color == ada.Color {
			t.Errorf("colour of %s: got %s, which %s has", v.Session, m.Color, other)
		}
		owners[m.Color] = v.Session
	}
	m, err := c.Enter(t.Context(), bob, id, "")
	if err != nil || m.Color != bob.Color {
		t.Errorf("Enter with a free colour: got %s, %v, want %s", m.Color, err, bob.Color)
	}
}

func TestEnter_admits_many_who_want_one_colour(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{})
	var tasks sync.WaitGroup
	for i := range 100 {
		tasks.Go(func() {
			v := rooms.Visitor{Session: rooms.Session(fmt.Sprint(i)), Color: ada.Color}
			if _, err := c.Enter(t.Context(), v, id, ""); err != nil {
				t.Error(err)
			}
		})
	}
	tasks.Wait()
}
