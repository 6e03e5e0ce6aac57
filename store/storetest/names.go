package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"gifchat/rooms"
)

// call gives a member a nickname.
func call(t *testing.T, s rooms.Store, m rooms.Member, nick string) error {
	t.Helper()
	m.Nick = nick
	_, err := s.Apply(t.Context(), rooms.Change{ID: m.Room, Member: &m, Notice: notice(m.Room, rooms.TopicNamed)})
	return err
}

func names(t *testing.T, s rooms.Store) {
	ctx := t.Context()
	room, other := create(t, s, "room"), create(t, s, "other")
	a, b := guest(t, s, room.ID, "a", "#111111"), guest(t, s, room.ID, "b", "#222222")
	elsewhere := guest(t, s, other.ID, "a", "#111111")
	for _, step := range []struct {
		who  rooms.Member
		nick string
		want error
	}{
		{a, "Bob", nil},
		{b, "BOB", rooms.ErrNickTaken},
		{b, "ВОВ", rooms.ErrNickTaken}, // Cyrillic
		{a, "ВОВ", nil},
		{b, "Bob", rooms.ErrNickTaken},
		{b, "вов", rooms.ErrNickTaken}, // its own small letters
		{elsewhere, "bob", nil},
		{b, "Rob", nil},
		{a, "rob", rooms.ErrNickTaken},
		{b, "", nil}, // given back
		{a, "rob", nil},
		{b, "bob", nil},
	} {
		if err := call(t, s, step.who, step.nick); !errors.Is(err, step.want) {
			t.Errorf("nickname %s for %s: got %v, want %v", step.nick, step.who.Session, err, step.want)
		}
	}
	program := rooms.Member{Room: room.ID, Session: "c", Color: "#333333", Standing: rooms.StandingIn, Nick: "B0B"}
	if _, err := s.AddMember(ctx, program); !errors.Is(err, rooms.ErrNickTaken) {
		t.Errorf("AddMember as %s: got %v, want ErrNickTaken", program.Nick, err)
	}
	program.Nick = "build"
	if _, err := s.AddMember(ctx, program); err != nil {
		t.Error(err)
	}
	if err := call(t, s, a, "BUILD"); !errors.Is(err, rooms.ErrNickTaken) {
		t.Errorf("nickname of a program: got %v, want ErrNickTaken", err)
	}
	if _, err := s.RemoveRoom(ctx, rooms.Removal{ID: room.ID}); err != nil {
		t.Error(err)
	}
}

// concurrentNames checks that one of several nicknames that look alike is stored.
func concurrentNames(t *testing.T, s rooms.Store) {
	room := create(t, s, "room")
	var given atomic.Int64
	var all sync.WaitGroup
	for i, nick := range []string{"BOB", "ВОВ", "ΒΟΒ", "bob", "B0B", "𝐁𝐨𝐛", "Ｂｏｂ", "b o b"} {
		m := guest(t, s, room.ID, rooms.Session(fmt.Sprint(i)), rooms.Color(fmt.Sprintf("#00000%d", i)))
		all.Go(func() {
			switch err := call(t, s, m, nick); {
			case err == nil:
				given.Add(1)
			case !errors.Is(err, rooms.ErrNickTaken):
				t.Errorf("nickname %s: got %v, want ErrNickTaken", nick, err)
			}
		})
	}
	all.Wait()
	if n := given.Load(); n != 1 {
		t.Errorf("stored nicknames: got %d, want 1", n)
	}
}
