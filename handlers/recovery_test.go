package handlers_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"gifchat/rooms"
)

// lateEvent is a chat that calls happens after it has found a member.
type lateEvent struct {
	rooms.Chat
	happens atomic.Pointer[func()] // once
}

func (c *lateEvent) Member(ctx context.Context, v rooms.Visitor, id rooms.ID) (rooms.Member, error) {
	m, err := c.Chat.Member(ctx, v, id)
	if happens := c.happens.Swap(nil); happens != nil {
		(*happens)()
	}
	return m, err
}

// A visitor who is sent out after a recovering socket passed its check receives no later
// message, and is notified.
func TestRecovery_honours_a_kick_that_arrives_during_it(t *testing.T) {
	for name, send := range map[string]func(*rooms.Service, rooms.Visitor, rooms.ID, rooms.Color) error{
		"kick": func(c *rooms.Service, v rooms.Visitor, id rooms.ID, who rooms.Color) error {
			return c.Kick(t.Context(), v, id, who)
		},
		"ban": func(c *rooms.Service, v rooms.Visitor, id rooms.ID, who rooms.Color) error {
			return c.Ban(t.Context(), v, id, who)
		},
		"remove": func(c *rooms.Service, v rooms.Visitor, id rooms.ID, _ rooms.Color) error {
			return c.Remove(t.Context(), v, id)
		},
	} {
		t.Run(name, func(t *testing.T) {
			chat := &lateEvent{}
			h := open(t, func(c *settings) { chat.Chat, c.Chat = c.Chat, chat })
			owner := rooms.Visitor{Session: "owner", Color: "#112233"}
			room, err := h.chat.Create(t.Context(), owner, rooms.NewRoom{Title: "방", Capacity: 10})
			if err != nil {
				t.Fatal(err)
			}
			bob := h.visitor(t)
			w := h.dial(t, "/", "", bob)
			w.send(`40/chat,`)
			pid := between(w.until(`40/chat,`), `"pid":"`)
			w.send(`42/chat,1["join","` + string(room.ID) + `"]`)
			color := rooms.Color(between(w.until(`43/chat,1`), `"user":"`))
			_ = w.CloseNow()

			happens := func() {
				if err := send(h.chat, owner, room.ID, color); err != nil {
					t.Error(err)
				}
				_, _ = h.chat.Post(t.Context(), owner, room.ID, rooms.Draft{Text: "after the kick"})
			}
			chat.happens.Store(&happens)
			w = h.dial(t, "/", "", bob)
			w.send(`40/chat,{"pid":"` + pid + `"}`)
			for {
				packet := w.until("/chat,")
				if strings.Contains(packet, "after the kick") {
					t.Fatalf("packet during the recovery: got %s, want no message after the kick", packet)
				}
				if strings.Contains(packet, "error-message") {
					break
				}
			}
			_, _ = h.chat.Post(t.Context(), owner, room.ID, rooms.Draft{Text: "after the kick"})
			w.send(`42/chat,2["whispers",{"room":"` + string(room.ID) + `","after":0}]`)
			if packet := w.until("/chat,"); !strings.HasPrefix(packet, "43/chat,2") {
				t.Fatalf("packet after the recovery: got %s, want only the acknowledgement", packet)
			}
		})
	}
}

// between returns what follows a text, up to the next quotation mark.
func between(packet, text string) string {
	_, rest, _ := strings.Cut(packet, text)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

// The default room after a recovery is the one before, or none: a message for one room must
// not be posted in another.
func TestRecovery_keeps_the_default_room_or_clears_it(t *testing.T) {
	for _, how := range []string{"left", "kicked", "still there"} {
		t.Run(how, func(t *testing.T) {
			h := open(t, nil)
			owner := rooms.Visitor{Session: "owner", Color: "#112233"}
			var ids []rooms.ID
			for range 3 {
				room, err := h.chat.Create(t.Context(), owner, rooms.NewRoom{Title: "방", Capacity: 10})
				if err != nil {
					t.Fatal(err)
				}
				ids = append(ids, room.ID)
			}
			bob := h.visitor(t)
			w := h.dial(t, "/", "", bob)
			w.send(`40/chat,`)
			pid := between(w.until(`40/chat,`), `"pid":"`)
			var color rooms.Color
			for _, id := range ids {
				w.send(`42/chat,1["join","` + string(id) + `"]`)
				color = rooms.Color(between(w.until(`43/chat,1`), `"user":"`))
			}
			want := "not_found"
			switch how {
			case "left":
				w.send(`42/chat,2["leave"]`)
				w.until(`43/chat,2`)
			case "still there":
				want = `"ok":true`
			}
			_ = w.CloseNow()
			if how == "kicked" {
				if err := h.chat.Kick(t.Context(), owner, ids[2], color); err != nil {
					t.Fatal(err)
				}
			}
			w = h.dial(t, "/", "", bob)
			w.send(`40/chat,{"pid":"` + pid + `"}`)
			w.send(`42/chat,9["chat","meant for the last room"]`)
			if got := w.until(`43/chat,9`); !strings.Contains(got, want) {
				t.Errorf("got %s, want %s", got, want)
			}
			for _, id := range ids[:2] {
				messages, err := h.chat.History(t.Context(), owner, id, rooms.Page{})
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range messages {
					if m.Kind == rooms.KindText {
						t.Errorf("another room: got %q, want no message", m.Text)
					}
				}
			}
		})
	}
}

// The token of a program is part of its identity: the private id of its socket is of
// no use with another token, or without one.
func TestRecovery_requires_the_token_of_a_program(t *testing.T) {
	c := openCompany(t)
	c.annSocket.send(`42/chat,2["token",{"nick":"날씨봇"}]`)
	token := between(c.annSocket.until(`43/chat,2[{"ok":true`), `"token":"`)
	c.annSocket.send(`42/chat,3["settings",{"max":3}]`)
	c.annSocket.until(`43/chat,3[{"ok":true`)
	connect := func(auth string) (w *wire, pid string) {
		w = c.dial(t, "/", "", nil)
		w.send("40/chat," + auth)
		return w, between(w.until("40/chat,"), `"pid":"`)
	}
	bot, pid := connect(`{"room":"` + c.room + `","token":"` + token + `"}`)
	c.annSocket.until(`["join"`)
	_ = bot.CloseNow()
	for name, auth := range map[string]string{
		"another token": `{"token":"x` + token + `","pid":"` + pid + `"}`,
		"no token":      `{"pid":"` + pid + `"}`,
	} {
		other, got := connect(auth)
		if got == pid {
			t.Errorf("%s: got the socket of the program, want a new one", name)
		}
		other.send(`42/chat,1["chat",{"room":"` + c.room + `","chat":"not by the program"}]`)
		if answer := other.until("43/chat,1["); !strings.Contains(answer, `"ok":false`) {
			t.Errorf("%s: got %s for a message, want a refusal", name, answer)
		}
	}
	bot, got := connect(`{"token":"` + token + `","pid":"` + pid + `"}`)
	if got != pid {
		t.Errorf("the token: got pid %s, want %s", got, pid)
	}
	bot.send(`42/chat,1["chat","by the program"]`)
	bot.until(`43/chat,1[{"ok":true`)
}
