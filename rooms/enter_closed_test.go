package rooms_test

import (
	"errors"
	"testing"

	"gifchat/rooms"
)

// setClosed closes or opens a room of Ada's.
func (c chat) setClosed(t *testing.T, id rooms.ID, closed bool) {
	t.Helper()
	if _, err := c.Configure(t.Context(), ada, id, rooms.Settings{Closed: &closed}); err != nil {
		t.Fatal(err)
	}
}

func TestEnter_refuses_newcomers_in_a_closed_room(t *testing.T) {
	for name, password := range map[string]string{"public": "", "private": "pw"} {
		t.Run(name, func(t *testing.T) {
			c := newChat(t, rooms.Options{EmptyGrace: -1, OwnerGrace: -1})
			id := c.room(t, rooms.NewRoom{Password: password})
			visitor := func(name string, color rooms.Color) rooms.Visitor {
				v := rooms.Visitor{Session: rooms.Session(name), Color: color}
				if _, err := c.Enter(t.Context(), v, id, password); err != nil {
					t.Fatal(err)
				}
				return v
			}
			member, muted := visitor("member", "#111111"), visitor("muted", "#222222")
			kicked, banned := visitor("kicked", "#333333"), visitor("banned", "#444444")
			quitter := visitor("quitter", "#555555")
			token, _, err := c.MakeToken(t.Context(), ada, id, "봇")
			if err := errors.Join(err, c.Mute(t.Context(), ada, id, "#222222", 0), c.Kick(t.Context(), ada, id, "#333333"),
				c.Ban(t.Context(), ada, id, "#444444"), c.Quit(t.Context(), quitter, id)); err != nil {
				t.Fatal(err)
			}
			c.setClosed(t, id, true)
			late, _, err := c.MakeToken(t.Context(), ada, id, "늦은 봇")
			if err != nil {
				t.Fatalf("MakeToken in a closed room: got %v, want nil", err)
			}
			for who, test := range map[string]struct {
				v    rooms.Visitor
				want error
			}{
				"owner": {ada, nil}, "member": {member, nil}, "muted": {muted, nil},
				"token": {rooms.TokenVisitor(token), nil}, "token of the closed room": {rooms.TokenVisitor(late), nil},
				"kicked": {kicked, rooms.ErrClosed}, "quitter": {quitter, rooms.ErrClosed}, "stranger": {dora, rooms.ErrClosed},
				"banned": {banned, rooms.ErrBanned}, "false token": {rooms.TokenVisitor("x"), rooms.ErrForbidden},
				"nobody": {rooms.Visitor{}, rooms.ErrForbidden},
			} {
				if _, err := c.Enter(t.Context(), test.v, id, password); !errors.Is(err, test.want) {
					t.Errorf("Enter by %s: got %v, want %v", who, err, test.want)
				}
			}
			if _, err := c.Enter(t.Context(), dora, id, "wrong"); !errors.Is(err, rooms.ErrClosed) {
				t.Errorf("Enter by a stranger with a wrong password: got %v, want ErrClosed", err)
			}
			c.setClosed(t, id, false)
			for _, v := range []rooms.Visitor{kicked, quitter, dora} {
				if _, err := c.Enter(t.Context(), v, id, password); err != nil {
					t.Errorf("Enter by %s after the room was opened: got %v, want nil", v.Session, err)
				}
			}
		})
	}
}

func TestConfigure_announces_a_closed_room(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{Title: "방"})
	c.setClosed(t, id, true)
	c.setClosed(t, id, true)
	c.told(t, "notice closed", "changed 방")
	c.setClosed(t, id, false)
	c.told(t, "notice opened", "changed 방")
}
