package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"gifchat/rooms"
)

func batches(t *testing.T, s rooms.Store) {
	ctx := t.Context()
	room := create(t, s, "room")
	var batch []rooms.Message
	for i := range 5 {
		m := text(room.ID, fmt.Sprint(i))
		m.ClientID = fmt.Sprint(i % 4) // the last message repeats the first
		batch = append(batch, m)
	}
	got, err := s.AddMessages(ctx, room.ID, batch)
	if err != nil || len(got) != 5 {
		t.Fatalf("AddMessages: got %d, %v, want 5", len(got), err)
	}
	for i, one := range got[:4] {
		if one.Again || one.Seq != int64(i)+1 || one.Text != batch[i].Text {
			t.Errorf("message %d: got %+v, want the text %q with seq %d", i, one, batch[i].Text, i+1)
		}
	}
	if last := got[4]; !last.Again || !reflect.DeepEqual(last.Message, got[0].Message) {
		t.Errorf("repeated message: got %+v, want %+v", last, got[0].Message)
	}
	if _, err := s.AddMessages(ctx, newID(), batch[:1]); !errors.Is(err, rooms.ErrNotFound) {
		t.Errorf("unknown room: got %v, want ErrNotFound", err)
	}
}

func amendment(kind rooms.Kind, target rooms.Message, body string) rooms.Message {
	m := text(target.Room, body)
	m.Kind, m.Target = kind, target.Seq
	return m
}

func edits(t *testing.T, s rooms.Store) {
	ctx := t.Context()
	room := create(t, s, "room")
	original := add(t, s, text(room.ID, "helo"))
	picture := text(room.ID, "")
	picture.Kind, picture.GIF = rooms.KindGIF, &rooms.GIF{Name: "a.gif", Alt: "cat"}
	picture = add(t, s, picture)

	edit := amendment(rooms.KindEdit, original, "hello")
	edit.ClientID = "e1"
	stored, gifs, err := s.Amend(ctx, edit)
	if edit.Seq = 3; err != nil || stored.Again || len(gifs) > 0 || !reflect.DeepEqual(stored.Message, edit) {
		t.Errorf("Amend: got %+v, %q, %v, want %+v", stored, gifs, err, edit)
	}
	repeated := edit
	repeated.ID = newID()
	if stored, _, err = s.Amend(ctx, repeated); err != nil || !stored.Again || stored.ID != edit.ID {
		t.Errorf("retry of an edit: got %+v, %v, want the first edit", stored, err)
	}
	if _, _, err := s.Amend(ctx, amendment(rooms.KindEdit, picture, "고양이")); err != nil {
		t.Error(err)
	}
	original.Said = original.Fingerprint()
	original.Text, original.Edited = "hello", 3
	picture.GIF.Alt, picture.Edited = "고양이", 4
	got, err := s.Messages(ctx, room.ID, rooms.Page{Limit: 2, After: -1})
	if want := []rooms.Message{original, picture}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Messages: got %+v, %v, want %+v", got, err, want)
	}
	for _, target := range []rooms.Message{edit, {Room: room.ID, Seq: 99}} {
		if _, _, err := s.Amend(ctx, amendment(rooms.KindEdit, target, "x")); !errors.Is(err, rooms.ErrNoMessage) {
			t.Errorf("edit of message %d: got %v, want ErrNoMessage", target.Seq, err)
		}
	}
	if next := add(t, s, text(room.ID, "next")); next.Seq != 5 {
		t.Errorf("seq after a refused edit: got %d, want 5", next.Seq)
	}
}

func removals(t *testing.T, s rooms.Store) {
	ctx := t.Context()
	room := create(t, s, "room")
	original := add(t, s, text(room.ID, "secret"))
	if _, _, err := s.Amend(ctx, amendment(rooms.KindEdit, original, "secret too")); err != nil {
		t.Fatal(err)
	}
	picture := text(room.ID, "")
	picture.Kind, picture.GIF = rooms.KindGIF, &rooms.GIF{Name: "a.gif", Width: 1, Height: 1, Frames: 1, Bytes: 1, Alt: "cat"}
	picture = add(t, s, picture)

	if _, gifs, err := s.Amend(ctx, amendment(rooms.KindRemove, original, "")); err != nil || len(gifs) > 0 {
		t.Errorf("removal of a text: got the GIFs %q, %v, want none", gifs, err)
	}
	if _, gifs, err := s.Amend(ctx, amendment(rooms.KindRemove, picture, "")); err != nil || !slices.Equal(gifs, []string{"a.gif"}) {
		t.Errorf("removal of a GIF: got the GIFs %q, %v, want a.gif", gifs, err)
	}
	all, err := s.Messages(ctx, room.ID, rooms.Page{Limit: 10})
	if err != nil || len(all) != 5 {
		t.Fatalf("Messages: got %d, %v, want 5", len(all), err)
	}
	for _, m := range all {
		if m.Text != "" || m.GIF != nil {
			t.Errorf("message %d: got the text %q and the GIF %+v, want neither", m.Seq, m.Text, m.GIF)
		}
	}
	if all[0].Kind != rooms.KindRemoved || all[2].Kind != rooms.KindRemoved || all[3].Kind != rooms.KindRemove {
		t.Errorf("kinds: got %s, %s, %s, want %s, %s, %s", all[0].Kind, all[2].Kind, all[3].Kind, rooms.KindRemoved, rooms.KindRemoved, rooms.KindRemove)
	}
	if gif, err := s.GIF(ctx, "a.gif"); !errors.Is(err, rooms.ErrNotFound) {
		t.Errorf("GIF: got %+v, %v, want ErrNotFound", gif, err)
	}
	if _, _, err := s.Amend(ctx, amendment(rooms.KindRemove, original, "")); !errors.Is(err, rooms.ErrNoMessage) {
		t.Errorf("second removal: got %v, want ErrNoMessage", err)
	}
}
