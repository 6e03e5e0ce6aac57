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

func TestEnterAPrivateRoom(t *testing.T) {
	c := newChat(t, rooms.Options{})
	ctx := t.Context()
	id := c.room(t, rooms.NewRoom{Password: "비밀 a&b#x"})
	for _, wrong := range []string{"", "비밀", "비밀 a&b#X", strings.Repeat("x", 1<<20)} {
		if _, err := c.Enter(ctx, bob, id, wrong); !errors.Is(err, rooms.ErrWrongPassword) {
			t.Errorf("%.20q: got %v, want ErrWrongPassword", wrong, err)
		}
	}
	if _, err := c.Member(ctx, bob, id); !errors.Is(err, rooms.ErrForbidden) {
		t.Errorf("after wrong passwords: got %v, want ErrForbidden", err)
	}
	first, err := c.Enter(ctx, bob, id, "비밀 a&b#x")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []rooms.Visitor{bob, ada} {
		if _, err := c.Enter(ctx, v, id, ""); err != nil {
			t.Errorf("member %s without a password: %v", v.Session, err)
		}
	}
	if again, err := c.Enter(ctx, rooms.Visitor{Session: "bob", Color: "#123456"}, id, ""); err != nil || again != first {
		t.Errorf("got %+v, %v, want the first grant %+v", again, err, first)
	}
	if _, err := c.Enter(ctx, rooms.Visitor{}, id, "비밀 a&b#x"); !errors.Is(err, rooms.ErrForbidden) {
		t.Errorf("nobody: got %v, want ErrForbidden", err)
	}
}

func TestMembershipSurvivesARestart(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{Password: "x"})
	c.Close()
	next := rooms.NewService(c.store, c.gifs, c.diary, rooms.Options{})
	defer next.Close()
	if m, err := next.Enter(t.Context(), ada, id, ""); err != nil || m.Color != ada.Color {
		t.Errorf("got %+v, %v", m, err)
	}
}

func TestGuessingIsSlowForASession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{})
		ids := []rooms.ID{c.room(t, rooms.NewRoom{Password: "x"}), c.room(t, rooms.NewRoom{Password: "x"})}
		guess := func(v rooms.Visitor, i int, password string) error {
			_, err := c.Enter(t.Context(), v, ids[i%2], password)
			return err
		}
		for i := range 10 {
			if err := guess(bob, i, "wrong"); !errors.Is(err, rooms.ErrWrongPassword) {
				t.Fatalf("try %d: got %v, want ErrWrongPassword", i+1, err)
			}
		}
		if err := guess(bob, 0, "x"); !errors.Is(err, rooms.ErrTooManyTries) {
			t.Errorf("try 11: got %v, want ErrTooManyTries", err)
		}
		if err := guess(carl, 0, "x"); err != nil {
			t.Errorf("another session: %v", err)
		}
		if err := guess(ada, 0, ""); err != nil {
			t.Errorf("the owner: %v", err)
		}
		time.Sleep(3 * time.Minute)
		if err := guess(bob, 0, "x"); err != nil {
			t.Errorf("three minutes later: %v", err)
		}
	})
}

func TestGuessingIsSlowInARoom(t *testing.T) {
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
		t.Errorf("%d were wrong and %d too many, want 2 and 3", wrong, tooMany)
	}
	if _, err := c.Enter(t.Context(), ada, id, ""); err != nil {
		t.Errorf("the owner: %v", err)
	}
	if _, err := c.Enter(t.Context(), bob, other, "x"); err != nil {
		t.Errorf("another room: %v", err)
	}
}

func TestWaitingForAHashEndsWithTheContext(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{Password: "x"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Enter(ctx, bob, id, "x"); !errors.Is(err, rooms.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
}

func TestMembersHaveDifferentColors(t *testing.T) {
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
			t.Errorf("%s and %s are both %s", other, v.Session, m.Color)
		}
		owners[m.Color] = v.Session
	}
	m, err := c.Enter(t.Context(), bob, id, "")
	if err != nil || m.Color != bob.Color {
		t.Errorf("a free colour: got %s, %v, want %s", m.Color, err, bob.Color)
	}
}

func TestManyMayWantOneColorAtOnce(t *testing.T) {
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

func TestAPasswordIsTheOneThatIsSetInTheEnd(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{Password: "before"})
	m := &meddled{Store: c.store}
	s := rooms.NewService(m, c.gifs, c.diary, rooms.Options{EmptyGrace: -1})
	defer s.Close()
	m.then = func() {
		after := "after"
		if _, err := s.Configure(t.Context(), ada, id, rooms.Settings{Password: &after}); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Enter(t.Context(), bob, id, "before"); !errors.Is(err, rooms.ErrWrongPassword) {
		t.Errorf("got %v, want ErrWrongPassword", err)
	}
	if _, err := s.Enter(t.Context(), bob, id, "after"); err != nil {
		t.Error(err)
	}
}

// A token that nobody has made is nobody: else each would be a new visitor.
func TestAMadeUpTokenLetsNobodyIn(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{})
	if _, err := c.Enter(t.Context(), rooms.TokenVisitor("made up"), id, ""); !errors.Is(err, rooms.ErrForbidden) {
		t.Errorf("got %v, want ErrForbidden", err)
	}
	token, _, err := c.MakeToken(t.Context(), ada, id, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Enter(t.Context(), rooms.TokenVisitor(token), id, ""); err != nil {
		t.Errorf("a real one: %v", err)
	}
}
