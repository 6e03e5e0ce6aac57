package rooms_test

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"gifchat/rooms"
)

// gif posts a GIF of two frames and returns its name.
func (c chat) gif(t *testing.T, id rooms.ID, v rooms.Visitor) string {
	t.Helper()
	added, err := c.AddGIF(t.Context(), v, id, "cat.gif", bytes.NewReader(twoFrames(t)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Post(t.Context(), v, id, rooms.Draft{GIF: &added}); err != nil {
		t.Fatal(err)
	}
	return added.Name
}

func TestAmend(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{})
	c.enter(t, id, bob)
	ctx := t.Context()
	post := func(v rooms.Visitor, text string) int64 {
		t.Helper()
		m, err := c.Post(ctx, v, id, rooms.Draft{Text: text})
		if err != nil {
			t.Fatal(err)
		}
		return m.Seq
	}
	first, second := post(bob, "helo"), post(ada, "hi")
	gif := c.gif(t, id, bob)
	c.diary.take()

	edit, err := c.Amend(ctx, bob, id, rooms.Amendment{Seq: first, Text: "hello", ClientID: "e"})
	if err != nil || edit.Kind != rooms.KindEdit || edit.Target != first || edit.Seq != 4 || edit.Text != "hello" {
		t.Errorf("Amend: got %+v, %v, want edit 4 of message %d", edit, err, first)
	}
	again, err := c.Amend(ctx, bob, id, rooms.Amendment{Seq: first, Text: "hello", ClientID: "e"})
	if err != nil || !again.Again || !reflect.DeepEqual(again.Message, edit.Message) {
		t.Errorf("Amend again: got %+v, %v, want %+v", again, err, edit)
	}
	c.told(t, "edit 1")
	for name, test := range map[string]struct {
		v    rooms.Visitor
		a    rooms.Amendment
		want error
	}{
		"edit of another member's text":        {bob, rooms.Amendment{Seq: second, Text: "x"}, rooms.ErrNotYours},
		"removal of another member's text":     {bob, rooms.Amendment{Seq: second, Remove: true}, rooms.ErrNotYours},
		"edit of a member's text by the owner": {ada, rooms.Amendment{Seq: first, Text: "x"}, rooms.ErrNotYours},
		"edit of an edit":                      {bob, rooms.Amendment{Seq: 4, Text: "x"}, rooms.ErrNoMessage},
		"edit of an unknown message":           {bob, rooms.Amendment{Seq: 99, Text: "x"}, rooms.ErrNoMessage},
	} {
		if _, err := c.Amend(ctx, test.v, id, test.a); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
	if _, err := c.Amend(ctx, bob, id, rooms.Amendment{Seq: first, Text: " "}); err == nil {
		t.Error("Amend with an empty text: got nil, want an error")
	}
	if _, err := c.Amend(ctx, bob, id, rooms.Amendment{Seq: 3, Text: "고양이/개"}); err != nil {
		t.Error(err)
	}
	history, err := c.History(ctx, ada, id, rooms.Page{})
	if err != nil || history[0].Text != "hello" || history[0].Edited != 4 || history[2].GIF.Alt != "고양이/개" {
		t.Errorf("History after two edits: got %+v, %v", history, err)
	}

	if _, err := c.Amend(ctx, bob, id, rooms.Amendment{Seq: 3, Remove: true, ClientID: "r"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Amend(ctx, bob, id, rooms.Amendment{Seq: 3, Remove: true, ClientID: "r"}); err != nil {
		t.Errorf("removal again: got %v, want nil", err)
	}
	if _, err := c.Amend(ctx, bob, id, rooms.Amendment{Seq: 3, Remove: true}); !errors.Is(err, rooms.ErrNoMessage) {
		t.Errorf("second removal: got %v, want ErrNoMessage", err)
	}
	if _, _, err := c.GIF(ctx, bob, gif); !errors.Is(err, rooms.ErrNotFound) {
		t.Errorf("GIF of a removed message: got %v, want ErrNotFound", err)
	}
	if _, err := c.gifs.Open(gif); !errors.Is(err, rooms.ErrNotFound) {
		t.Errorf("file of a removed message: got %v, want ErrNotFound", err)
	}
	for range 2 { // the second is a retry
		if _, err := c.Amend(ctx, ada, id, rooms.Amendment{Seq: first, Remove: true, ClientID: "o"}); err != nil {
			t.Errorf("removal by the owner: got %v, want nil", err)
		}
	}
	if _, err := c.Amend(ctx, ada, id, rooms.Amendment{Seq: first, Remove: true, ClientID: "o2"}); !errors.Is(err, rooms.ErrNoMessage) {
		t.Errorf("second removal by the owner: got %v, want ErrNoMessage", err)
	}
	if _, err := c.Amend(ctx, bob, id, rooms.Amendment{Seq: second, Remove: true, ClientID: "not yours"}); !errors.Is(err, rooms.ErrNotYours) {
		t.Errorf("removal of the owner's text by a member: got %v, want ErrNotYours", err)
	}
	third := post(bob, "oh")
	c.diary.take()
	for range 2 {
		if _, err := c.Amend(ctx, ada, id, rooms.Amendment{Seq: third, Remove: true, ClientID: "o3"}); err != nil {
			t.Errorf("removal by the owner, twice with one client id: got %v, want nil", err)
		}
	}
	c.told(t, "remove 8")
	if _, err := c.Amend(ctx, bob, id, rooms.Amendment{Seq: third, Remove: true, ClientID: "other"}); !errors.Is(err, rooms.ErrNoMessage) {
		t.Errorf("removal of a removed message by its sender: got %v, want ErrNoMessage", err)
	}
}

func TestClientID_refuses_other_content_and_other_methods(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{})
	ctx := t.Context()
	post := func(d rooms.Draft) error { _, err := c.Post(ctx, ada, id, d); return err }
	amend := func(a rooms.Amendment) error { _, err := c.Amend(ctx, ada, id, a); return err }
	for _, err := range []error{
		post(rooms.Draft{Text: "one", ClientID: "chat"}),
		post(rooms.Draft{Text: "two"}),
		amend(rooms.Amendment{Seq: 1, Text: "uno", ClientID: "edit"}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	picture, err := c.AddGIF(ctx, ada, id, "", bytes.NewReader(picture(t)))
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"id of a text for an edit":       amend(rooms.Amendment{Seq: 1, Text: "x", ClientID: "chat"}),
		"id of a text for a removal":     amend(rooms.Amendment{Seq: 1, Remove: true, ClientID: "chat"}),
		"id of a text for a GIF":         post(rooms.Draft{GIF: &picture, ClientID: "chat"}),
		"id of an edit for another edit": amend(rooms.Amendment{Seq: 2, Text: "x", ClientID: "edit"}),
		"id of an edit for a removal":    amend(rooms.Amendment{Seq: 1, Remove: true, ClientID: "edit"}),
		"id of an edit for a text":       post(rooms.Draft{Text: "x", ClientID: "edit"}),
	} {
		if err == nil || err.Error() != "clientId: used" {
			t.Errorf("%s: got %v, want clientId: used", name, err)
		}
	}
	if err := amend(rooms.Amendment{Seq: 1, Remove: true}); err != nil {
		t.Fatal(err)
	}
	if err := post(rooms.Draft{Text: "one", ClientID: "chat"}); err != nil {
		t.Errorf("Post again after the removal: got %v, want nil", err)
	}
}
