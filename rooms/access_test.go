package rooms_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"gifchat/rooms"
)

// dora has never been let in.
var dora = rooms.Visitor{Session: "dora", Color: "#315e26"}

// everyDeed is all that can be done in a room, with what it needs.
func everyDeed(c chat, id rooms.ID, gif string) map[string]struct {
	need string
	do   func(context.Context, rooms.Visitor) error
} {
	type deed = struct {
		need string
		do   func(context.Context, rooms.Visitor) error
	}
	title := "새 제목"
	return map[string]deed{
		"Member":     {"be", func(ctx context.Context, v rooms.Visitor) error { _, err := c.Member(ctx, v, id); return err }},
		"Attendance": {"be", func(ctx context.Context, v rooms.Visitor) error { _, err := c.Attendance(ctx, v, id); return err }},
		"Arrive": {"be", func(ctx context.Context, v rooms.Visitor) error {
			_, visit, err := c.Arrive(ctx, v, id)
			if err == nil {
				visit.Lose()
			}
			return err
		}},
		"History": {"be", func(ctx context.Context, v rooms.Visitor) error {
			_, err := c.History(ctx, v, id, rooms.Page{})
			return err
		}},
		"Whispers": {"be", func(ctx context.Context, v rooms.Visitor) error {
			_, err := c.Whispers(ctx, v, id, 0, 0)
			return err
		}},
		"AddGIF": {"speak", func(ctx context.Context, v rooms.Visitor) error {
			_, err := c.AddGIF(ctx, v, id, "", &failing{})
			if errors.Is(err, errFailing) {
				return nil // it was allowed to begin
			}
			return err
		}},
		"GIF": {"see", func(ctx context.Context, v rooms.Visitor) error {
			_, file, err := c.GIF(ctx, v, gif)
			if err == nil {
				err = file.Close()
			}
			return err
		}},
		"Poster": {"see", func(ctx context.Context, v rooms.Visitor) error {
			_, file, err := c.Poster(ctx, v, gif)
			if err == nil {
				err = file.Close()
			}
			return err
		}},
		"Post": {"speak", func(ctx context.Context, v rooms.Visitor) error {
			_, err := c.Post(ctx, v, id, rooms.Draft{Text: "x"})
			return err
		}},
		"Amend": {"speak", func(ctx context.Context, v rooms.Visitor) error {
			_, err := c.Amend(ctx, v, id, rooms.Amendment{Seq: 1 << 40, Text: "x"})
			if errors.Is(err, rooms.ErrNoMessage) {
				return nil
			}
			return err
		}},
		"Whisper": {"speak", func(ctx context.Context, v rooms.Visitor) error {
			_, err := c.Whisper(ctx, v, id, "#010203", rooms.Draft{Text: "x"})
			if errors.Is(err, rooms.ErrNoPerson) {
				return nil
			}
			return err
		}},
		"Rename": {"speak", func(ctx context.Context, v rooms.Visitor) error { _, err := c.Rename(ctx, v, id, ""); return err }},
		"Kick":   {"rule", func(ctx context.Context, v rooms.Visitor) error { return nobody(c.Kick(ctx, v, id, "#010203")) }},
		"Ban":    {"rule", func(ctx context.Context, v rooms.Visitor) error { return nobody(c.Ban(ctx, v, id, "#010203")) }},
		"BanAddress": {"rule", func(ctx context.Context, v rooms.Visitor) error {
			_, err := c.BanAddress(ctx, v, id, "#010203")
			return nobody(err)
		}},
		"Unban":  {"rule", func(ctx context.Context, v rooms.Visitor) error { return nobody(c.Unban(ctx, v, id, "#010203")) }},
		"Mute":   {"rule", func(ctx context.Context, v rooms.Visitor) error { return nobody(c.Mute(ctx, v, id, "#010203", 0)) }},
		"Unmute": {"rule", func(ctx context.Context, v rooms.Visitor) error { return nobody(c.Unmute(ctx, v, id, "#010203")) }},
		"Delegate": {"rule", func(ctx context.Context, v rooms.Visitor) error {
			return nobody(c.Delegate(ctx, v, id, "#010203"))
		}},
		"Banned": {"rule", func(ctx context.Context, v rooms.Visitor) error { _, err := c.Banned(ctx, v, id); return err }},
		"Tokens": {"rule", func(ctx context.Context, v rooms.Visitor) error { _, err := c.Tokens(ctx, v, id); return err }},
		"Configure": {"rule", func(ctx context.Context, v rooms.Visitor) error {
			_, err := c.Configure(ctx, v, id, rooms.Settings{Title: &title})
			return err
		}},
		"MakeToken": {"rule", func(ctx context.Context, v rooms.Visitor) error {
			_, _, err := c.MakeToken(ctx, v, id, "")
			return err
		}},
	}
}

// nobody takes "there is no such person" for "you may ask".
func nobody(err error) error {
	if errors.Is(err, rooms.ErrNoPerson) {
		return nil
	}
	return err
}

var errFailing = errors.New("failing")

type failing struct{}

func (*failing) Read([]byte) (int, error) { return 0, errFailing }

// The matrix: who may do what. A deed that is missing here is one that nobody
// has thought about; TestEveryVerbIsInTheMatrix counts them.
func TestWhoMayDoWhat(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1, OwnerGrace: -1})
	id := c.room(t, rooms.NewRoom{})
	member := func(name string, color rooms.Color) rooms.Visitor {
		v := rooms.Visitor{Session: rooms.Session(name), Color: color}
		c.enter(t, id, v)
		return v
	}
	plain, muted := member("plain", "#111111"), member("muted", "#222222")
	kicked, banned := member("kicked", "#333333"), member("banned", "#444444")
	gif := c.gif(t, id, ada)
	for _, err := range []error{
		c.Mute(t.Context(), ada, id, "#222222", time.Hour),
		c.Kick(t.Context(), ada, id, "#333333"),
		c.Ban(t.Context(), ada, id, "#444444"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	mutedError := errors.New("muted")
	// By need: be, see, speak, speak while frozen, rule.
	type answers struct{ be, see, speak, frozen, rule error }
	everyone := map[string]struct {
		v    rooms.Visitor
		want answers
	}{
		"owner":    {ada, answers{}},
		"member":   {plain, answers{frozen: rooms.ErrFrozen, rule: rooms.ErrNotOwner}},
		"muted":    {muted, answers{speak: mutedError, frozen: rooms.ErrFrozen, rule: rooms.ErrNotOwner}},
		"kicked":   {kicked, answers{rooms.ErrForbidden, rooms.ErrNotFound, rooms.ErrForbidden, rooms.ErrForbidden, rooms.ErrForbidden}},
		"banned":   {banned, answers{rooms.ErrBanned, rooms.ErrNotFound, rooms.ErrBanned, rooms.ErrBanned, rooms.ErrBanned}},
		"stranger": {dora, answers{rooms.ErrForbidden, rooms.ErrNotFound, rooms.ErrForbidden, rooms.ErrForbidden, rooms.ErrForbidden}},
		"nobody":   {rooms.Visitor{}, answers{rooms.ErrForbidden, rooms.ErrNotFound, rooms.ErrForbidden, rooms.ErrForbidden, rooms.ErrForbidden}},
	}
	for _, state := range []struct{ frozen, closed bool }{{false, false}, {true, false}, {false, true}} {
		frozen := state.frozen
		if _, err := c.Configure(t.Context(), ada, id, rooms.Settings{Frozen: &frozen, Closed: &state.closed}); err != nil {
			t.Fatal(err)
		}
		for name, deed := range everyDeed(c, id, gif) {
			for who, test := range everyone {
				t.Run(fmt.Sprintf("%s by %s, frozen %t, closed %t", name, who, frozen, state.closed), func(t *testing.T) {
					want := map[string]error{
						"be": test.want.be, "see": test.want.see, "speak": test.want.speak, "rule": test.want.rule,
					}[deed.need]
					if frozen && deed.need == "speak" {
						want = test.want.frozen
					}
					err := deed.do(t.Context(), test.v)
					if silenced, ok := errors.AsType[*rooms.MutedError](err); ok {
						if time.Until(silenced.Until) > time.Hour {
							t.Errorf("muted until %v", silenced.Until)
						}
						err = mutedError
					}
					if !errors.Is(err, want) {
						t.Errorf("got %v, want %v", err, want)
					}
				})
			}
		}
	}
	for name, deed := range everyDeed(c, "000000000000000000000000", gif) {
		if deed.need == "see" {
			continue
		}
		if err := deed.do(t.Context(), ada); !errors.Is(err, rooms.ErrNotFound) {
			t.Errorf("%s in no room: got %v, want ErrNotFound", name, err)
		}
	}
}
