package eventlog

import (
	"fmt"
	"slices"
	"testing"
)

func TestMemberships_cover_the_events_between_join_and_leave(t *testing.T) {
	var m Memberships
	m.Join("a", 2)
	m.Join("a", 3) // is in it already
	m.Join("b", 3)
	m.Leave("a", 5)
	m.Leave("a", 6) // is not in it
	m.Join("a", 8)
	m.Join("c", 8)
	m.Leave("c", 8) // no event in that time
	for room, want := range map[string][]uint64{"a": {3, 4, 5, 9, 10}, "b": {4, 5, 6, 7, 8, 9, 10}, "c": nil} {
		var got []uint64
		for number := range uint64(11) {
			if m.Covers(room, number) {
				got = append(got, number)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("events covered in room %s: got %v, want %v", room, got, want)
		}
	}
	if got := m.Rooms(); !slices.Equal(got, []string{"b", "a"}) || !m.In("a") || m.In("c") {
		t.Errorf("rooms: got %v, want [b a]", got)
	}
}

func TestMemberships_forget_removes_a_room(t *testing.T) {
	var m Memberships
	m.Join("a", 1)
	m.Leave("a", 2)
	m.Join("a", 3)
	m.Join("b", 3)
	c := m.Clone()
	m.Forget("a")
	if m.Covers("a", 2) || m.Covers("a", 4) || !m.Covers("b", 4) || m.past != 0 {
		t.Errorf("after Forget: got %+v, want only b", m)
	}
	if !c.Covers("a", 2) || !c.Covers("a", 4) {
		t.Errorf("the clone: got %+v, want it unchanged", c)
	}
}

func TestMemberships_know_what_they_have_forgotten(t *testing.T) {
	var m Memberships
	m.Join("stays", 0)
	for i := range uint64(maxPast + 2) {
		room := fmt.Sprint(i)
		m.Join(room, 10*i)
		m.Leave(room, 10*i+1)
	}
	if m.Covers("1", 11) || !m.Covers("2", 21) || !m.Covers("stays", 5) {
		t.Errorf("got %+v, want rooms 0 and 1 forgotten", m)
	}
	if m.CompleteAfter(10) || !m.CompleteAfter(11) {
		t.Errorf("complete after 10: %v, after 11: %v, want false and true", m.CompleteAfter(10), m.CompleteAfter(11))
	}
}

func TestAimed_follows_rooms_and_exceptions(t *testing.T) {
	in := func(room string) bool { return room == "a" || room == "b" }
	for _, tt := range []struct {
		rooms, except []string
		want          bool
	}{
		{nil, nil, true},
		{nil, []string{"a"}, false},
		{nil, []string{"c"}, true},
		{[]string{"c", "a"}, nil, true},
		{[]string{"c"}, nil, false},
		{[]string{"a"}, []string{"b"}, false},
	} {
		if got := Aimed(tt.rooms, tt.except, in); got != tt.want {
			t.Errorf("Aimed(%v, %v): got %v, want %v", tt.rooms, tt.except, got, tt.want)
		}
	}
}

func TestMemberships_index_agrees_with_covers(t *testing.T) {
	for _, rooms := range []uint64{indexFrom / 2, 2 * indexFrom} {
		var m Memberships
		for i := range rooms {
			m.Join(fmt.Sprint(i), i)
		}
		for i := range uint64(10) {
			m.Leave(fmt.Sprint(i), rooms+i)
			m.Join(fmt.Sprint(i), rooms+2*i) // a second membership in the room
		}
		index := m.Index()
		for i := range rooms + 1 { // in the last one it never was
			for number := range 3 * rooms {
				if got, want := index(fmt.Sprint(i), number), m.Covers(fmt.Sprint(i), number); got != want {
					t.Fatalf("%d rooms, room %d at %d: got %v, want %v", rooms, i, number, got, want)
				}
			}
		}
	}
}
