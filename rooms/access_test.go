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

// everyMethod returns a call of each method of the chat that needs an action in a room.
func everyMethod(c chat, id rooms.ID, gif string) map[string]struct {
	action string
	call   func(context.Context, rooms.Visitor) error
} {
	type method = struct {
		action string
		call   func(context.Context, rooms.Visitor) error
	}
	title := "새 제목"
	return map[string]method{
		"Member":     {"read", func(ctx context.Context, v rooms.Visitor) error { _, err := c.Member(ctx, v, id); return err }},
		"Attendance": {"read", func(ctx context.Context, v rooms.Visitor) error { _, err := c.Attendance(ctx, v, id); return err }},
		"Arrive": {"read", func(ctx context.Context, v rooms.Visitor) error {
			_, visit, err := c.Arrive(ctx, v, id)
			if err == nil {
				visit.Lose()
			}
			return err
		}},
		"History": {"read", func(ctx context.Context, v rooms.Visitor) error {
			_, err := c.History(ctx, v, id, rooms.Page{})
			return err
		}},
		"Whispers": {"read", func(ctx context.Context, v rooms.Visitor) error {
			_, err := c.Whispers(ctx, v, id, 0, 0)
			return err
		}},
		"AddGIF": {"speak", func(ctx context.Context, v rooms.Visitor) error {
			_, err := c.AddGIF(ctx, v, id, "", &failing{})
			if errors.Is(err, errFailing) {
				return nil // the visitor was authorized
			}
			return err
		}},
		"GIF": {"see a GIF", func(ctx context.Context, v rooms.Visitor) error {
			_, file, err := c.GIF(ctx, v, gif)
			if err == nil {
				err = file.Close()
			}
			return err
		}},
		"Poster": {"see a GIF", func(ctx context.Context, v rooms.Visitor) error {
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
		"Kick":   {"moderate", func(ctx context.Context, v rooms.Visitor) error { return nobody(c.Kick(ctx, v, id, "#010203")) }},
		"Ban":    {"moderate", func(ctx context.Context, v rooms.Visitor) error { return nobody(c.Ban(ctx, v, id, "#010203")) }},
		"BanAddress": {"moderate", func(ctx context.Context, v rooms.Visitor) error {
			_, err := c.BanAddress(ctx, v, id, "#010203")
			return nobody(err)
		}},
		"Unban":  {"moderate", func(ctx context.Context, v rooms.Visitor) error { return nobody(c.Unban(ctx, v, id, "#010203")) }},
		"Mute":   {"moderate", func(ctx context.Context, v rooms.Visitor) error { return nobody(c.Mute(ctx, v, id, "#010203", 0)) }},
		"Unmute": {"moderate", func(ctx context.Context, v rooms.Visitor) error { return nobody(c.Unmute(ctx, v, id, "#010203")) }},
		"Delegate": {"moderate", func(ctx context.Context, v rooms.Visitor) error {
			return nobody(c.Delegate(ctx, v, id, "#010203"))
		}},
		"Banned": {"moderate", func(ctx context.Context, v rooms.Visitor) error { _, err := c.Banned(ctx, v, id); return err }},
		"Tokens": {"moderate", func(ctx context.Context, v rooms.Visitor) error { _, err := c.Tokens(ctx, v, id); return err }},
		"Configure": {"moderate", func(ctx context.Context, v rooms.Visitor) error {
			_, err := c.Configure(ctx, v, id, rooms.Settings{Title: &title})
			return err
		}},
		"MakeToken": {"moderate", func(ctx context.Context, v rooms.Visitor) error {
			_, _, err := c.MakeToken(ctx, v, id, "")
			return err
		}},
	}
}

// nobody returns nil for ErrNoPerson, which only an authorized visitor gets.
func nobody(err error) error {
	if errors.Is(err, rooms.ErrNoPerson) {
		return nil
	}
	return err
}

var errFailing = errors.New("failing")

type failing struct{}

func (*failing) Read([]byte) (int, error) { return 0, errFailing }

// TestAuthorize_matrix_has_every_method finds methods that are missing in everyMethod.
func TestAuthorize_checks_every_method(t *testing.T) {
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
	type answers struct{ read, seeGIF, speak, speakFrozen, moderate error }
	everyone := map[string]struct {
		v    rooms.Visitor
		want answers
	}{
		"owner":    {ada, answers{}},
		"member":   {plain, answers{speakFrozen: rooms.ErrFrozen, moderate: rooms.ErrNotOwner}},
		"muted":    {muted, answers{speak: errMuted, speakFrozen: rooms.ErrFrozen, moderate: rooms.ErrNotOwner}},
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
		for name, method := range everyMethod(c, id, gif) {
			for who, test := range everyone {
				t.Run(fmt.Sprintf("%s by %s, frozen %t, closed %t", name, who, frozen, state.closed), func(t *testing.T) {
					want := map[string]error{
						"read": test.want.read, "see a GIF": test.want.seeGIF, "speak": test.want.speak, "moderate": test.want.moderate,
					}[method.action]
					if frozen && method.action == "speak" {
						want = test.want.speakFrozen
					}
					err := method.call(t.Context(), test.v)
					if silenced, ok := errors.AsType[*rooms.MutedError](err); ok {
						if time.Until(silenced.Until) > time.Hour {
							t.Errorf("end of the mute: got %v, want at most an hour from now", silenced.Until)
						}
						err = errMuted
					}
					if !errors.Is(err, want) {
						t.Errorf("%s by %s: got %v, want %v", name, who, err, want)
					}
				})
			}
		}
	}
	for name, method := range everyMethod(c, "000000000000000000000000", gif) {
		if method.action == "see a GIF" {
			continue
		}
		if err := method.call(t.Context(), ada); !errors.Is(err, rooms.ErrNotFound) {
			t.Errorf("%s in an unknown room: got %v, want ErrNotFound", name, err)
		}
	}
}
