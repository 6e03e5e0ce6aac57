package rooms_test

import (
	"reflect"
	"testing"

	"gifchat/rooms"
)

func TestWhisper(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{})
	c.enter(t, id, bob, carl)
	ctx := t.Context()
	w, err := c.Whisper(ctx, ada, id, bobColor, rooms.Draft{Text: "쉿", ClientID: "w"})
	if err != nil || w.From.Session != ada.Session || w.To.Session != bob.Session || w.FromSeq != 1 || w.ToSeq != 1 {
		t.Errorf("Whisper: got %+v, %v, want number 1 in both lists", w, err)
	}
	if again, err := c.Whisper(ctx, ada, id, bobColor, rooms.Draft{Text: "쉿", ClientID: "w"}); err != nil || !reflect.DeepEqual(again, w) {
		t.Errorf("Whisper again: got %+v, %v, want %+v", again, err, w)
	}
	c.told(t, "whispered 쉿")
	for v, want := range map[rooms.Visitor]int{ada: 1, bob: 1, carl: 0} {
		if got, err := c.Whispers(ctx, v, id, 0, 0); err != nil || len(got) != want {
			t.Errorf("Whispers of %s: got %d, %v, want %d", v.Session, len(got), err, want)
		}
	}
	if history, err := c.History(ctx, bob, id, rooms.Page{}); err != nil || len(history) > 0 {
		t.Errorf("History after whispers: got %d messages, %v, want none", len(history), err)
	}
	for _, to := range []rooms.Color{adaColor, "#000000", ""} {
		if _, err := c.Whisper(ctx, ada, id, to, rooms.Draft{Text: "x"}); err == nil {
			t.Errorf("Whisper to %q: got nil, want an error", to)
		}
	}
}

func TestWhisper_refuses_a_client_id_used_for_another_person(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{})
	c.enter(t, id, bob, carl)
	colors := map[rooms.Session]rooms.Color{}
	for _, v := range []rooms.Visitor{bob, carl} {
		m, err := c.Member(t.Context(), v, id)
		if err != nil {
			t.Fatal(err)
		}
		colors[v.Session] = m.Color
	}
	d := rooms.Draft{Text: "psst", ClientID: "w"}
	first, err := c.Whisper(t.Context(), ada, id, colors[bob.Session], d)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := c.Whisper(t.Context(), ada, id, colors[bob.Session], d); err != nil || again.ID != first.ID {
		t.Errorf("Whisper again: got %+v, %v, want %+v", again, err, first)
	}
	if _, err := c.Whisper(t.Context(), ada, id, colors[carl.Session], d); err == nil || err.Error() != "clientId: used" {
		t.Errorf("Whisper to another member: got %v, want clientId: used", err)
	}
}
