package store

import (
	"fmt"
	"testing"

	"gifchat/rooms"
)

// A retry is inserted, found to be repeated, and deleted. In a room whose head is damaged,
// other messages have the same numbers and later ones.
func TestAddMessages_retry_deletes_nothing_in_a_room_with_a_damaged_head(t *testing.T) {
	s := openTest(t)
	id := addRoom(t, s)
	message := func(n, attempt int) rooms.Message {
		return rooms.Message{
			ID: rooms.ID(fmt.Sprint(n, " ", attempt)), Kind: rooms.KindText, Session: "s", Text: fmt.Sprint(n), ClientID: fmt.Sprint(n),
		}
	}
	for n := range 5 {
		if _, err := s.AddMessages(t.Context(), id, []rooms.Message{message(n, 1)}); err != nil {
			t.Fatal(err)
		}
	}
	err := s.write.do(t.Context(), func(tx *transaction) error {
		_, err := tx.exec("UPDATE rooms SET head = 2")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.AddMessages(t.Context(), id, []rooms.Message{message(3, 2)})
	if err != nil || !got[0].Again || got[0].Seq != 4 {
		t.Errorf("AddMessages of message 4 again: got %+v, %v, want seq 4 with Again", got, err)
	}
	if _, err := s.AddMessages(t.Context(), id, []rooms.Message{message(9, 1), message(4, 2)}); err == nil {
		t.Error("AddMessages of a new message: got nil, want an error, because its number is taken")
	}
	if all, err := s.Messages(t.Context(), id, rooms.Page{After: -1, Limit: 10}); err != nil || len(all) != 5 {
		t.Errorf("messages: got %d, %v, want 5", len(all), err)
	}
}
