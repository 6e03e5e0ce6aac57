package rooms_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/rooms"
)

// The colours of Ada and Bob in Ada's rooms.
const adaColor, bobColor = rooms.Color("#7453ac"), rooms.Color("#bf6440")

func TestKick(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{Password: "pw"})
	if _, err := c.Enter(t.Context(), bob, id, "pw"); err != nil {
		t.Fatal(err)
	}
	c.arrive(t, id, ada)
	leave := c.arrive(t, id, bob)
	c.diary.take()
	if err := c.Kick(t.Context(), ada, id, bobColor); err != nil {
		t.Fatal(err)
	}
	c.told(t, "notice kicked", "expelled bob kicked", "people ada")
	leave() // must not announce that bob leaves
	if got := c.Present(id); len(got) != 1 {
		t.Errorf("Present after the kick: got %d people, want 1", len(got))
	}
	if _, err := c.Enter(t.Context(), bob, id, ""); !errors.Is(err, rooms.ErrWrongPassword) {
		t.Errorf("Enter without the password after a kick: got %v, want ErrWrongPassword", err)
	}
	m, err := c.Enter(t.Context(), bob, id, "pw")
	if err != nil || m.Color != bobColor {
		t.Errorf("Enter with the password after a kick: got %+v, %v, want colour %s", m, err, bobColor)
	}
	if err := c.Kick(t.Context(), ada, id, "#000000"); !errors.Is(err, rooms.ErrNoPerson) {
		t.Errorf("Kick of an unused colour: got %v, want ErrNoPerson", err)
	}
	for _, who := range []rooms.Color{adaColor, "ada", ""} {
		if _, ok := errors.AsType[*rooms.InvalidError](c.Kick(t.Context(), ada, id, who)); !ok {
			t.Errorf("Kick(%q): want an InvalidError", who)
		}
	}
}

func TestBan_lasts_until_unban(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{})
	c.enter(t, id, bob)
	c.diary.take()
	ctx := t.Context()
	if err := c.Ban(ctx, ada, id, bobColor); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Enter(ctx, bob, id, ""); !errors.Is(err, rooms.ErrBanned) {
		t.Errorf("Enter: got %v, want ErrBanned", err)
	}
	if banned, err := c.Banned(ctx, ada, id); err != nil || len(banned) != 1 || banned[0].Color != bobColor {
		t.Errorf("Banned: got %+v, %v, want bob", banned, err)
	}
	if err := c.Unban(ctx, ada, id, bobColor); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Member(ctx, bob, id); !errors.Is(err, rooms.ErrForbidden) {
		t.Errorf("Member after Unban: got %v, want ErrForbidden", err)
	}
	c.enter(t, id, bob)
	if err := c.Unban(ctx, ada, id, bobColor); !errors.Is(err, rooms.ErrNoPerson) {
		t.Errorf("Unban of a member: got %v, want ErrNoPerson", err)
	}
	if err := errors.Join(c.Kick(ctx, ada, id, bobColor), c.Ban(ctx, ada, id, bobColor)); err != nil {
		t.Errorf("Ban of a kicked person: got %v, want nil", err)
	}
}

func TestMute_ends_in_time(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{EmptyGrace: -1})
		id := c.room(t, rooms.NewRoom{})
		c.enter(t, id, bob)
		speak := func() error { _, err := c.Post(t.Context(), bob, id, rooms.Draft{Text: "x"}); return err }
		if err := c.Mute(t.Context(), ada, id, bobColor, time.Minute); err != nil {
			t.Fatal(err)
		}
		time.Sleep(59 * time.Second)
		if _, ok := errors.AsType[*rooms.MutedError](speak()); !ok {
			t.Error("Post by a muted member: want a MutedError")
		}
		time.Sleep(time.Second)
		if err := speak(); err != nil {
			t.Errorf("Post after the mute: got %v, want nil", err)
		}
		if err := c.Mute(t.Context(), ada, id, bobColor, 0); err != nil {
			t.Fatal(err)
		}
		time.Sleep(365 * 24 * time.Hour)
		if _, ok := errors.AsType[*rooms.MutedError](speak()); !ok {
			t.Error("Post a year after a mute without end: want a MutedError")
		}
		if err := errors.Join(c.Unmute(t.Context(), ada, id, bobColor), speak()); err != nil {
			t.Error(err)
		}
		for _, d := range []time.Duration{-1, 31 * 24 * time.Hour} {
			if _, ok := errors.AsType[*rooms.InvalidError](c.Mute(t.Context(), ada, id, bobColor, d)); !ok {
				t.Errorf("Mute for %v: want an InvalidError", d)
			}
		}
	})
}

// Messages that are on their way when the person is kicked are refused.
func TestKick_is_followed_by_no_message_of_the_person(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	for range 5 {
		id := c.room(t, rooms.NewRoom{})
		c.enter(t, id, bob)
		var all sync.WaitGroup
		for i := range 16 {
			all.Go(func() {
				for n, deadline := 0, time.Now().Add(20*time.Second); time.Now().Before(deadline); n++ {
					if _, err := c.Post(context.Background(), bob, id, rooms.Draft{Text: fmt.Sprint(i, n)}); err != nil {
						if !errors.Is(err, rooms.ErrForbidden) {
							t.Error(err)
						}
						return
					}
				}
				t.Error("Post: the kicked member can still post")
			})
		}
		for c.seqs(t, id) < 40 {
			time.Sleep(time.Millisecond) // real time: the messages have to be on the disk
		}
		if err := c.Kick(t.Context(), ada, id, bobColor); err != nil {
			t.Fatal(err)
		}
		all.Wait()
		history, err := c.History(t.Context(), ada, id, rooms.Page{})
		if err != nil || history[len(history)-1].Topic != rooms.TopicKicked {
			t.Errorf("last message: got %+v, %v, want the notice of the kick", history[len(history)-1], err)
		}
	}
}

func TestDelegate(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{})
	c.enter(t, id, bob)
	ctx := t.Context()
	if err := errors.Join(c.Mute(ctx, ada, id, bobColor, 0), c.Delegate(ctx, ada, id, bobColor)); err != nil {
		t.Fatal(err)
	}
	room, err := c.Room(ctx, id)
	if err != nil || room.Owner != bobColor || room.OwnerSession != bob.Session {
		t.Errorf("room after Delegate: got %+v, %v, want bob as its owner", room, err)
	}
	if err := c.Kick(ctx, ada, id, bobColor); !errors.Is(err, rooms.ErrNotOwner) {
		t.Errorf("Kick by the former owner: got %v, want ErrNotOwner", err)
	}
	if _, err := c.Post(ctx, bob, id, rooms.Draft{Text: "x"}); err != nil {
		t.Errorf("Post by the new owner: got %v, want nil", err)
	}
	if err := c.Kick(ctx, bob, id, adaColor); err != nil {
		t.Error(err)
	}
}
