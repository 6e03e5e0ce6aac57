package rooms_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
				for n := range 5000 {
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

func TestSuccession(t *testing.T) {
	const grace = 10 * time.Minute
	ownedBy := func(t *testing.T, c chat, id rooms.ID) rooms.Session {
		t.Helper()
		room, err := c.Room(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return room.OwnerSession
	}
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
		if got := ownedBy(t, c, id); got != ada.Session {
			t.Errorf("owner before the end of the grace: got %s, want ada", got)
		}
		c.diary.take()
		time.Sleep(1)
		synctest.Wait()
		c.told(t, "notice owner", "changed 방")
		if got := ownedBy(t, c, id); got != bob.Session {
			t.Errorf("owner: got %s, want bob", got)
		}
	})
	run("owner who returns in time stays", func(t *testing.T, c chat, id rooms.ID) {
		c.arrive(t, id, ada)()
		c.arrive(t, id, bob)
		time.Sleep(grace / 2)
		c.arrive(t, id, ada)
		time.Sleep(2 * grace)
		if got := ownedBy(t, c, id); got != ada.Session {
			t.Errorf("owner: got %s, want ada", got)
		}
	})
	run("owner who does not come after a restart is replaced", func(t *testing.T, c chat, id rooms.ID) {
		c.arrive(t, id, carl)
		time.Sleep(grace)
		synctest.Wait()
		if got := ownedBy(t, c, id); got != carl.Session {
			t.Errorf("owner: got %s, want carl", got)
		}
	})
	run("owner of an empty room stays", func(t *testing.T, c chat, id rooms.ID) {
		c.arrive(t, id, ada)()
		time.Sleep(24 * time.Hour)
		if got := ownedBy(t, c, id); got != ada.Session {
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
		if got := ownedBy(t, c, id); got != bob.Session {
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
		if got := ownedBy(t, c, id); got != bob.Session {
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
		if got := ownedBy(t, c, id); got != carl.Session {
			t.Errorf("owner: got %s, want carl", got)
		}
	})
}

func TestConfigure(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{})
	ctx := t.Context()
	title, capacity, password, yes := " 새 제목 ", 2, "pw", true
	room, err := c.Configure(ctx, ada, id, rooms.Settings{Title: &title, Capacity: &capacity, Password: &password, Keep: &yes})
	if err != nil || room.Title != "새 제목" || room.Capacity != 2 || !room.Private() || !room.Keep || room.Frozen {
		t.Errorf("Configure: got %+v, %v", room, err)
	}
	if kept, err := c.Room(ctx, id); err != nil || kept != room {
		t.Errorf("Room after Configure: got %+v, %v, want %+v", kept, err, room)
	}
	c.told(t, "notice titled", "changed 새 제목")
	if _, err := c.Configure(ctx, ada, id, rooms.Settings{Title: &title}); err != nil {
		t.Error(err)
	}
	c.told(t) // no setting differs
	if _, err := c.Enter(ctx, bob, id, ""); !errors.Is(err, rooms.ErrWrongPassword) {
		t.Errorf("Enter without the new password: got %v, want ErrWrongPassword", err)
	}
	if _, err := c.Enter(ctx, bob, id, "pw"); err != nil {
		t.Error(err)
	}
	long, none, few := string(make([]rune, 61)), " ", 1
	for _, bad := range []rooms.Settings{{Title: &long}, {Title: &none}, {Capacity: &few}} {
		if _, err := c.Configure(ctx, ada, id, bad); err == nil {
			t.Errorf("Configure(%+v): got nil, want an error", bad)
		}
	}
}

func TestKeep_prevents_the_removal_of_an_empty_room(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{EmptyGrace: time.Second})
		yes := true
		created, changed := c.room(t, rooms.NewRoom{Keep: true}), c.room(t, rooms.NewRoom{})
		c.arrive(t, created, ada)()
		c.arrive(t, changed, ada)()
		time.Sleep(2500 * time.Millisecond)
		if _, err := c.Configure(t.Context(), ada, changed, rooms.Settings{Keep: &yes}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
		for _, id := range []rooms.ID{created, changed} {
			if _, err := c.Room(t.Context(), id); err != nil {
				t.Error(err)
			}
		}
		title, no := "새 제목", false
		if _, err := c.Configure(t.Context(), ada, created, rooms.Settings{Title: &title}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Configure(t.Context(), ada, changed, rooms.Settings{Keep: &no}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if _, err := c.Room(t.Context(), created); err != nil {
			t.Errorf("kept room after another setting was changed: got %v, want nil", err)
		}
		if _, err := c.Room(t.Context(), changed); !errors.Is(err, rooms.ErrNotFound) {
			t.Errorf("room that is no longer kept: got %v, want ErrNotFound", err)
		}
	})
}

func TestTokens(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{Password: "pw"})
	ctx := t.Context()
	token, bot, err := c.MakeToken(ctx, ada, id, "날씨봇")
	if err != nil || len(token) != 32 || !bot.Bot || bot.Nick != "날씨봇" {
		t.Fatalf("MakeToken: got %q, %+v, %v, want 32 characters and a bot", token, bot, err)
	}
	v := rooms.TokenVisitor(token)
	m, err := c.Post(ctx, v, id, rooms.Draft{Text: "맑음"})
	if err != nil || m.User != bot.Color || m.Nick != "날씨봇" {
		t.Errorf("Post with a token: got %+v, %v, want the bot as sender", m, err)
	}
	if _, err := c.Post(ctx, rooms.TokenVisitor(token+"x"), id, rooms.Draft{Text: "x"}); !errors.Is(err, rooms.ErrForbidden) {
		t.Errorf("Post with another token: got %v, want ErrForbidden", err)
	}
	if _, ok := errors.AsType[*rooms.InvalidError](c.Delegate(ctx, ada, id, bot.Color)); !ok {
		t.Error("Delegate to a program: want an InvalidError")
	}
	if all, err := c.Tokens(ctx, ada, id); err != nil || !slices.Equal(all, []rooms.Member{bot}) {
		t.Errorf("Tokens: got %+v, %v, want %+v", all, err, bot)
	}
	if err := c.Kick(ctx, ada, id, bot.Color); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Post(ctx, v, id, rooms.Draft{Text: "x"}); !errors.Is(err, rooms.ErrForbidden) {
		t.Errorf("Post with a revoked token: got %v, want ErrForbidden", err)
	}
	if _, err := c.Enter(ctx, v, id, "pw"); !errors.Is(err, rooms.ErrForbidden) {
		t.Errorf("Enter with a revoked token and the password: got %v, want ErrForbidden", err)
	}
	for range 20 {
		_, _, err = c.MakeToken(ctx, ada, id, "")
	}
	if err != nil {
		t.Errorf("token 20: got %v, want nil", err)
	}
	if _, _, err := c.MakeToken(ctx, ada, id, ""); err == nil {
		t.Error("token 21: got nil, want an error")
	}
}

func TestTokens_stay_within_the_limit_under_concurrency(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{})
	var all sync.WaitGroup
	for range 60 {
		all.Go(func() { _, _, _ = c.MakeToken(t.Context(), ada, id, "") })
	}
	all.Wait()
	if tokens, err := c.Tokens(t.Context(), ada, id); err != nil || len(tokens) != 20 {
		t.Errorf("tokens: got %d, %v, want 20", len(tokens), err)
	}
}
