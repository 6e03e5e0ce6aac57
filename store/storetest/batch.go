package storetest

import (
	"fmt"
	"reflect"
	"testing"

	"gifchat/rooms"
)

// largeBatch checks a batch that a store may have to insert in parts, in which some
// messages repeat earlier ones.
func largeBatch(t *testing.T, s rooms.Store) {
	const size, repeats = 150, 7
	room := create(t, s, "room")
	batch := make([]rooms.Message, size)
	for i := range batch {
		batch[i] = text(room.ID, fmt.Sprint(i))
		batch[i].ClientID = fmt.Sprint(i)
		if i%repeats == 0 && i > 0 {
			batch[i].ClientID = fmt.Sprint(i - 1)
		}
		if i%5 == 1 {
			batch[i].Session = rooms.Session(fmt.Sprint("guest", i))
		}
	}
	first, err := s.AddMessages(t.Context(), room.ID, batch)
	if err != nil {
		t.Fatal(err)
	}
	var seq int64
	for i, m := range first {
		again := i%repeats == 0 && i > 0 && batch[i].Session == batch[i-1].Session
		want := rooms.Stored{Message: batch[i], Again: again}
		if again {
			want.Message = first[i-1].Message
		} else {
			seq++
			want.Seq = seq
		}
		if !reflect.DeepEqual(m, want) {
			t.Errorf("message %d of the batch: got %+v, want %+v", i, m, want)
		}
	}
	second, err := s.AddMessages(t.Context(), room.ID, batch)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range second {
		if !m.Again || !reflect.DeepEqual(m.Message, first[i].Message) {
			t.Errorf("message %d of the repeated batch: got %+v, want %+v with Again", i, m, first[i].Message)
		}
	}
	stored, err := s.Messages(t.Context(), room.ID, rooms.Page{After: -1, Limit: 2 * size})
	if err != nil || int64(len(stored)) != seq {
		t.Errorf("messages: got %d, %v, want %d", len(stored), err, seq)
	}
}
