package storetest

import (
	"errors"
	"reflect"
	"testing"

	"gifchat/rooms"
)

// authority checks that a change raises the version, and that a store refuses what was
// allowed under another one without writing anything.
func authority(t *testing.T, s rooms.Store) {
	ctx := t.Context()
	room := create(t, s, "room")
	a, b := guest(t, s, room.ID, "a", "#111111"), guest(t, s, room.ID, "b", "#222222")
	said := add(t, s, text(room.ID, "first"))
	version := func() int64 {
		t.Helper()
		r, _, err := s.Standing(ctx, room.ID, "a")
		if err != nil {
			t.Fatal(err)
		}
		return r.Authority
	}
	if got := version(); got != 1 {
		t.Errorf("version of a new room with messages and members: got %d, want 1", got)
	}
	rename := func(authority int64, nick string) error {
		named := a
		named.Nick = nick
		_, err := s.Apply(ctx, rooms.Change{ID: room.ID, Authority: authority, Member: &named, Notice: notice(room.ID, rooms.TopicNamed)})
		return err
	}
	if err := rename(1, "one"); err != nil {
		t.Fatal(err)
	}
	if got := version(); got != 2 {
		t.Errorf("version after a change: got %d, want 2", got)
	}
	if _, err := s.AddMember(ctx, rooms.Member{Room: room.ID, Session: "bot", Color: "#333333", Standing: rooms.StandingIn, Bot: true, Authority: 2}); err != nil {
		t.Fatal(err)
	}
	if got := version(); got != 3 {
		t.Errorf("version after a token was added: got %d, want 3", got)
	}

	for _, outdated := range []int64{1, 2, 4} {
		message, amending := text(room.ID, "x"), amendment(rooms.KindEdit, said, "x")
		message.Authority, amending.Authority = outdated, outdated
		_, add := s.AddMessages(ctx, room.ID, []rooms.Message{text(room.ID, "y"), message})
		_, _, amend := s.Amend(ctx, amending)
		_, _, whisper := s.AddWhisper(ctx, rooms.Whisper{ID: newID(), Room: room.ID, From: a, To: b, Text: "x", CreatedAt: began, Authority: outdated})
		_, member := s.AddMember(ctx, rooms.Member{Room: room.ID, Session: "new", Color: "#444444", Standing: rooms.StandingIn, Authority: outdated})
		_, _, presence := s.AddPresence(ctx, rooms.Presence{Room: room.ID, Session: "a", Process: "p", Authority: outdated}, notice(room.ID, rooms.TopicEntered))
		_, remove := s.RemoveRoom(ctx, rooms.Removal{ID: room.ID, Authority: outdated})
		for method, err := range map[string]error{
			"AddMessages": add, "Amend": amend, "AddWhisper": whisper, "AddMember": member, "AddPresence": presence,
			"Apply": rename(outdated, "x"), "RemoveRoom": remove,
		} {
			if !errors.Is(err, rooms.ErrOutdated) {
				t.Errorf("%s under version %d of 3: got %v, want ErrOutdated", method, outdated, err)
			}
		}
	}
	current := text(room.ID, "last")
	current.Authority = 3
	if got := add(t, s, current); got.Seq != 3 || got.Authority != 0 {
		t.Errorf("message under the current version: got %+v, want seq 3 and no version", got)
	}
	if m, err := memberOf(ctx, s, room.ID, "a"); err != nil || m.Nick != "one" || m.Whispers != 0 {
		t.Errorf("member after the refusals: got %+v, %v, want the nick one and no whispers", m, err)
	}
}

// presence checks that the people of all processes together decide whether a room is
// full or empty, and whether a person has left.
func presence(t *testing.T, s rooms.Store) {
	ctx := t.Context()
	room := newRoom("room")
	room.Capacity = 2
	owner := rooms.Member{Room: room.ID, Session: room.OwnerSession, Color: room.Owner, Since: began, Standing: rooms.StandingIn}
	if err := s.CreateRoom(ctx, room, owner, rooms.RoomLimits{}); err != nil {
		t.Fatal(err)
	}
	a := guest(t, s, room.ID, "a", "#111111")
	arrive := func(session rooms.Session, process string, seq int64, first bool, want error) {
		t.Helper()
		got, isFirst, err := s.AddPresence(ctx, rooms.Presence{Room: room.ID, Session: session, Process: process}, notice(room.ID, rooms.TopicEntered))
		checkNotice(t, "AddPresence", got)
		if got.Seq != seq || isFirst != first || !errors.Is(err, want) {
			t.Errorf("AddPresence of %s through %s: got seq %d, first %t, %v, want %d, %t, %v", session, process, got.Seq, isFirst, err, seq, first, want)
		}
	}
	leave := func(session rooms.Session, process string, seq int64, last bool) {
		t.Helper()
		got, isLast, err := s.RemovePresence(ctx, rooms.Presence{Room: room.ID, Session: session, Process: process}, notice(room.ID, rooms.TopicLeft))
		checkNotice(t, "RemovePresence", got)
		if got.Seq != seq || isLast != last || err != nil {
			t.Errorf("RemovePresence of %s through %s: got seq %d, last %t, %v, want %d, %t", session, process, got.Seq, isLast, err, seq, last)
		}
	}
	arrive("a", "one", 1, true, nil)
	arrive("a", "one", 0, false, nil)
	arrive("a", "two", 0, false, nil)
	arrive("b", "two", 2, true, nil)
	arrive("c", "one", 0, false, rooms.ErrFull)
	arrive(room.OwnerSession, "one", 3, true, nil)
	if _, err := s.RemoveRoom(ctx, rooms.Removal{ID: room.ID, Empty: true}); !errors.Is(err, rooms.ErrOccupied) {
		t.Errorf("RemoveRoom of an empty room that has people: got %v, want ErrOccupied", err)
	}
	taken := rooms.Change{ID: room.ID, Absent: room.OwnerSession, Room: &room, Notice: notice(room.ID, rooms.TopicOwner)}
	if _, err := s.Apply(ctx, taken); !errors.Is(err, rooms.ErrOccupied) {
		t.Errorf("Apply for an absent owner who is present: got %v, want ErrOccupied", err)
	}
	leave("a", "one", 0, false)
	leave("a", "two", 4, true)
	leave("a", "two", 0, false)
	arrive("a", "two", 0, false, rooms.ErrFull)
	leave(room.OwnerSession, "one", 5, true)
	arrive("a", "one", 6, true, nil)

	a.Standing = rooms.StandingOut
	if _, err := s.Apply(ctx, rooms.Change{ID: room.ID, Member: &a, Notice: notice(room.ID, rooms.TopicKicked)}); err != nil {
		t.Fatal(err)
	}
	leave("a", "one", 0, false)
	if _, err := s.Apply(ctx, taken); err != nil {
		t.Errorf("Apply for an owner who is absent: got %v, want nil", err)
	}
	if err := s.EndProcess(ctx, "two"); err != nil {
		t.Fatal(err)
	}
	arrive("c", "one", 9, true, nil)
	leave("c", "one", 0, true) // nobody is left to read the notice
	if _, err := s.RemoveRoom(ctx, rooms.Removal{ID: room.ID, Empty: true}); err != nil {
		t.Errorf("RemoveRoom of an empty room: got %v, want nil", err)
	}
	_, _, err := s.AddPresence(ctx, rooms.Presence{Room: room.ID, Session: "a", Process: "one"}, rooms.Message{})
	if !errors.Is(err, rooms.ErrNotFound) {
		t.Errorf("AddPresence in a removed room: got %v, want ErrNotFound", err)
	}
}

// checkNotice checks that a notice without a seq, which was not stored, is the zero
// Message.
func checkNotice(t *testing.T, method string, got rooms.Message) {
	t.Helper()
	if got.Seq == 0 && !reflect.DeepEqual(got, rooms.Message{}) {
		t.Errorf("%s: got notice %+v, want the zero Message for a notice that was not stored", method, got)
	}
}

func roomLimits(t *testing.T, s rooms.Store) {
	create(t, s, "one")
	for name, test := range map[string]struct {
		limits rooms.RoomLimits
		owner  rooms.Session
		want   error
	}{
		"a session at its limit":    {rooms.RoomLimits{PerSession: 1}, "owner", rooms.ErrTooManyRooms},
		"all rooms at the limit":    {rooms.RoomLimits{All: 1}, "other", rooms.ErrTooManyRooms},
		"a session below its limit": {rooms.RoomLimits{PerSession: 1}, "another", nil},
		"a session without a limit": {rooms.RoomLimits{}, "owner", nil},
	} {
		room := newRoom(name)
		room.OwnerSession = test.owner
		owner := rooms.Member{Room: room.ID, Session: test.owner, Color: room.Owner, Standing: rooms.StandingIn}
		if err := s.CreateRoom(t.Context(), room, owner, test.limits); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}
