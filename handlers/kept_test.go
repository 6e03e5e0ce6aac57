package handlers_test

import (
	"fmt"
	"strings"
	"testing"

	"gifchat/rooms"
)

// A member is offline while messages are posted, edited and removed. The member
// resumes its session and gets every event, but no text that was replaced.
func TestRecovery_brings_no_text_that_was_edited_or_removed(t *testing.T) {
	h := open(t, nil)
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
	w.until(`43/chat,1`)
	_ = w.CloseNow()

	post := func(text string) int64 {
		stored, err := h.chat.Post(t.Context(), owner, room.ID, rooms.Draft{Text: text})
		if err != nil {
			t.Fatal(err)
		}
		return stored.Seq
	}
	amend := func(a rooms.Amendment) {
		if _, err := h.chat.Amend(t.Context(), owner, room.ID, a); err != nil {
			t.Fatal(err)
		}
	}
	removed, edited := post("secret of the removed message"), post("secret of the edited message")
	amend(rooms.Amendment{Seq: removed, Text: "secret of the removed edit"})
	amend(rooms.Amendment{Seq: edited, Text: "corrected"})
	amend(rooms.Amendment{Seq: removed, Remove: true})
	last := post("the last message")

	w = h.dial(t, "/", "", bob)
	w.send(`40/chat,{"pid":"` + pid + `"}`)
	for seq := removed; seq <= last; seq++ {
		packet := w.until(fmt.Sprintf(`"seq":%d,`, seq)) // every event comes, in order
		if strings.Contains(packet, "secret") {
			t.Errorf("event %d: got %s, want no replaced text", seq, packet)
		}
		switch seq {
		case removed:
			if !strings.Contains(packet, `["chat",`) || !strings.Contains(packet, `"kind":"removed"`) {
				t.Errorf("removed message: got %s, want a chat of the kind removed", packet)
			}
		case edited:
			if !strings.Contains(packet, `"chat":"corrected"`) || !strings.Contains(packet, `"kind":"text"`) {
				t.Errorf("edited message: got %s, want the new text", packet)
			}
		}
	}
}
