package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"gifchat/rooms"
)

// setName gives a member a name.
func setName(t *testing.T, s rooms.Store, m rooms.Member, nick string) error {
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
		member rooms.Member
		nick   string
		want   error
	}{
		{a, "Bob", nil},
		{b, "BOB", rooms.ErrNickTaken},
		{b, "ВОВ", rooms.ErrNickTaken}, // Cyrillic
		{a, "ВОВ", nil},
		{b, "Bob", rooms.ErrNickTaken},
		{b, "вов", rooms.ErrNickTaken}, // Cyrillic lower case
		{elsewhere, "bob", nil},
		{b, "Rob", nil},
		{a, "rob", rooms.ErrNickTaken},
		{b, "", nil}, // b gives up the name
		{a, "rob", nil},
		{b, "bob", nil},
	} {
		if err := setName(t, s, step.member, step.nick); !errors.Is(err, step.want) {
			t.Errorf("name of %s set to %s: got %v, want %v", step.member.Session, step.nick, err, step.want)
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
	if err := setName(t, s, a, "BUILD"); !errors.Is(err, rooms.ErrNickTaken) {
		t.Errorf("name of a program: got %v, want ErrNickTaken", err)
	}
	if _, err := s.RemoveRoom(ctx, rooms.Removal{ID: room.ID}); err != nil {
		t.Error(err)
	}
}

// concurrentNames checks that one of several members gets a name, if all of them try to
// set similar names at the same time.
func concurrentNames(t *testing.T, s rooms.Store) {
	room := create(t, s, "room")
	var given atomic.Int64
	var all sync.WaitGroup
	for i, nick := range []string{"BOB", "ВОВ", "ΒΟΒ", "bob", "B0B", "𝐁𝐨𝐛", "Ｂｏｂ", "b o b"} {
		m := guest(t, s, room.ID, rooms.Session(fmt.Sprint(i)), rooms.Color(fmt.Sprintf("#00000%d", i)))
		all.Go(func() {
			switch err := setName(t, s, m, nick); {
			case err == nil:
				given.Add(1)
			case !errors.Is(err, rooms.ErrNickTaken):
				t.Errorf("%s: got %v, want ErrNickTaken", nick, err)
			}
		})
	}
	all.Wait()
	if n := given.Load(); n != 1 {
		t.Errorf("names given: got %d, want 1", n)
	}
}
