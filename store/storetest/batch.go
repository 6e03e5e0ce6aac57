package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
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
	seq = partlyRepeated(t, s, batch, first, seq)
	stored, err := s.Messages(t.Context(), room.ID, rooms.Page{After: -1, Limit: 2 * size})
	if err != nil || int64(len(stored)) != seq {
		t.Errorf("messages: got %d, %v, want %d", len(stored), err, seq)
	}
}

// partlyRepeated stores a batch of which every second message is stored already, first
// under an outdated authority version. It returns the last seq.
func partlyRepeated(t *testing.T, s rooms.Store, batch []rooms.Message, first []rooms.Stored, seq int64) int64 {
	t.Helper()
	mixed := slices.Clone(batch)
	for i := 1; i < len(mixed); i += 2 {
		mixed[i] = text(mixed[i].Room, "new")
		mixed[i].ClientID = fmt.Sprint("new ", i)
	}
	mixed[0].Authority = 2
	if _, err := s.AddMessages(t.Context(), mixed[0].Room, mixed); !errors.Is(err, rooms.ErrOutdated) {
		t.Errorf("partly repeated batch under version 2 of 1: got %v, want ErrOutdated", err)
	}
	mixed[0].Authority = 1
	got, err := s.AddMessages(t.Context(), mixed[0].Room, mixed)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range got {
		want := rooms.Stored{Message: first[i].Message, Again: true}
		if i%2 == 1 {
			seq++
			want = rooms.Stored{Message: mixed[i]}
			want.Seq = seq
		}
		if !reflect.DeepEqual(m, want) {
			t.Errorf("message %d of the partly repeated batch: got %+v, want %+v", i, m, want)
		}
	}
	return seq
}
