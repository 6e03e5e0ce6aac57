package rooms_test

import (
	"bytes"
	"database/sql"
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"gifchat/rooms"
	"gifchat/store/inspect"
)

// spoil changes the database file directly, as a failing disk does.
func (c chat) spoil(t *testing.T, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", c.path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec(statement)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// A damaged message is shown without its content and logged. Its sender cannot edit it;
// the owner can remove it.
func TestDamage_hides_the_content_and_can_be_removed(t *testing.T) {
	var log bytes.Buffer
	c := newChatOnDisk(t, rooms.Options{EmptyGrace: -1, Log: slog.New(slog.NewTextHandler(&log, nil))})
	id := c.room(t, rooms.NewRoom{})
	c.enter(t, id, bob)
	ctx := t.Context()
	first, err := c.Post(ctx, bob, id, rooms.Draft{Text: "I owe you 10", ClientID: "first"})
	if err != nil {
		t.Fatal(err)
	}
	gif := c.gif(t, id, bob)
	if _, err := c.Whisper(ctx, bob, id, ada.Color, rooms.Draft{Text: "to you alone"}); err != nil {
		t.Fatal(err)
	}
	c.spoil(t, "UPDATE messages SET text = 'I owe you 90' WHERE seq = 1; UPDATE messages SET person = '#000000' WHERE seq = 2;"+
		"UPDATE whispers SET text = 'to you all'")

	history, err := c.History(ctx, ada, id, rooms.Page{})
	if err != nil || len(history) != 2 {
		t.Fatalf("History: got %+v, %v, want 2 messages", history, err)
	}
	for i, m := range history {
		if m.Kind != rooms.KindDamaged || m.Seq != int64(i)+1 || m.Text != "" || m.GIF != nil || m.User != "" {
			t.Errorf("History: got %+v, want message %d to be damaged", m, i+1)
		}
	}
	whispers, err := c.Whispers(ctx, ada, id, 0, 0)
	if err != nil || len(whispers) != 1 || !whispers[0].Damaged || whispers[0].Text != "" {
		t.Errorf("Whispers: got %+v, %v, want one that is damaged", whispers, err)
	}
	if _, _, err := c.GIF(ctx, bob, gif); !errors.Is(err, rooms.ErrUnavailable) {
		t.Errorf("GIF of a damaged message: got %v, want ErrUnavailable", err)
	}
	for _, want := range []string{`msg="messages damaged" room=` + string(id) + " seq=1 more=true", `msg="whispers damaged"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log: got %s, want %s in it", log.String(), want)
		}
	}

	again, err := c.Post(ctx, bob, id, rooms.Draft{Text: "I owe you 10", ClientID: "first"})
	if err != nil || !again.Again || again.Seq != first.Seq {
		t.Errorf("Post again: got %+v, %v, want number %d with Again", again, err, first.Seq)
	}
	for name, a := range map[string]rooms.Amendment{"edited": {Seq: 1, Text: "x"}, "removed": {Seq: 1, Remove: true}} {
		if _, err := c.Amend(ctx, bob, id, a); err == nil {
			t.Errorf("damaged message %s by its sender: got nil, want an error", name)
		}
	}
	if _, err := c.Amend(ctx, ada, id, rooms.Amendment{Seq: 1, Text: "x"}); !errors.Is(err, rooms.ErrNoMessage) {
		t.Errorf("edit by the owner: got %v, want ErrNoMessage", err)
	}
	for seq := range int64(2) {
		if _, err := c.Amend(ctx, ada, id, rooms.Amendment{Seq: seq + 1, Remove: true}); err != nil {
			t.Errorf("removal by the owner: got %v, want nil", err)
		}
	}
	history, err = c.History(ctx, ada, id, rooms.Page{Limit: 2, After: -1})
	if err != nil || len(history) != 2 {
		t.Fatalf("History after the removals: got %+v, %v, want 2 messages", history, err)
	}
	for i, m := range history { // without the columns that can be wrong
		want := rooms.Message{ID: m.ID, Room: id, Seq: int64(i) + 1, Kind: rooms.KindRemoved, Session: bob.Session, ClientID: m.ClientID, CreatedAt: m.CreatedAt, Edited: m.Edited}
		if !reflect.DeepEqual(m, want) {
			t.Errorf("removed message: got %+v, want %+v", m, want)
		}
	}
	c.spoil(t, "DELETE FROM whispers")
	if r, err := inspect.Database(ctx, c.path); err != nil || len(r.Problems()) > 0 {
		t.Errorf("Look after the removals: got %q, %v, want no problems", r.Problems(), err)
	}
}
