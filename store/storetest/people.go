package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"gifchat/rooms"
)

// guest adds a member to a room.
func guest(t *testing.T, s rooms.Store, id rooms.ID, session rooms.Session, c rooms.Color) rooms.Member {
	t.Helper()
	m, err := s.AddMember(t.Context(), rooms.Member{
		Room: id, Session: session, Color: c, Since: began.Add(time.Minute), Standing: rooms.StandingIn,
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func notice(room rooms.ID, topic rooms.Topic) rooms.Message {
	return rooms.Message{ID: newID(), Room: room, Kind: rooms.KindNotice, Topic: topic, Text: "…", CreatedAt: began}
}

func changes(t *testing.T, s rooms.Store) {
	ctx := t.Context()
	room := create(t, s, "before")
	room.Number = 1
	m := guest(t, s, room.ID, "guest", "#111111")
	add(t, s, text(room.ID, "first"))

	room.Title, room.Capacity, room.Owner, room.OwnerSession = "after", 20, m.Color, m.Session
	room.PasswordHash, room.Frozen, room.Keep, room.Closed, room.Authority = "", true, true, true, 2
	m.Nick, m.MutedUntil = "철수", began.Add(time.Hour)
	want := notice(room.ID, rooms.TopicOwner)
	want.Person, want.Nick = m.Color, m.Nick
	stored, err := s.Apply(ctx, rooms.Change{ID: room.ID, Room: &room, Member: &m, Notice: want})
	want.Seq = 2
	if err != nil || !reflect.DeepEqual(stored, want) {
		t.Errorf("Apply: got %+v, %v, want %+v", stored, err, want)
	}
	gotRoom, got, err := s.Standing(ctx, room.ID, m.Session)
	if err != nil || gotRoom != room || got != m {
		t.Errorf("Standing: got %+v, %+v, %v, want %+v, %+v", gotRoom, got, err, room, m)
	}
	if got, err := s.Message(ctx, room.ID, 2); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Message: got %+v, %v, want %+v", got, err, want)
	}

	unknown := rooms.Member{Room: room.ID, Session: "nobody", Standing: rooms.StandingIn}
	for name, test := range map[string]struct {
		change rooms.Change
		want   error
	}{
		"an unknown room":   {rooms.Change{ID: newID(), Room: &room}, rooms.ErrNotFound},
		"an unknown person": {rooms.Change{ID: room.ID, Member: &unknown}, rooms.ErrNoPerson},
	} {
		test.change.Notice = notice(test.change.ID, rooms.TopicChanged)
		if _, err := s.Apply(ctx, test.change); !errors.Is(err, test.want) {
			t.Errorf("Apply for %s: got %v, want %v", name, err, test.want)
		}
	}
	if next := add(t, s, text(room.ID, "next")); next.Seq != 3 {
		t.Errorf("seq after a refused change: got %d, want 3", next.Seq)
	}
}

func closedRoom(t *testing.T, s rooms.Store) {
	ctx := t.Context()
	room := create(t, s, "room")
	m := guest(t, s, room.ID, "member", "#111111")
	out := guest(t, s, room.ID, "out", "#222222")
	out.Standing = rooms.StandingOut
	room.Closed = true
	if _, err := s.Apply(ctx, rooms.Change{ID: room.ID, Room: &room, Member: &out, Notice: notice(room.ID, rooms.TopicClosed)}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		member rooms.Member
		want   error
	}{
		{m, nil},
		{rooms.Member{Session: "owner", Color: room.Owner}, nil},
		{rooms.Member{Session: "bot", Color: "#333333", Bot: true}, nil},
		{out, rooms.ErrClosed},
		{rooms.Member{Session: "new", Color: "#444444"}, rooms.ErrClosed},
	} {
		test.member.Room, test.member.Standing = room.ID, rooms.StandingIn
		if _, err := s.AddMember(ctx, test.member); !errors.Is(err, test.want) {
			t.Errorf("AddMember of %s: got %v, want %v", test.member.Session, err, test.want)
		}
	}
}

func addresses(t *testing.T, s rooms.Store) {
	ctx := t.Context()
	room, other := create(t, s, "room"), create(t, s, "other")
	ban := func(m rooms.Member, address string, until time.Time) {
		t.Helper()
		m.Standing, m.Address, m.AddressUntil = rooms.StandingBanned, address, until
		if _, err := s.Apply(ctx, rooms.Change{ID: room.ID, Member: &m, Notice: notice(room.ID, rooms.TopicBanned)}); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Person(ctx, room.ID, m.Color); err != nil || got != m {
			t.Errorf("Person: got %+v, %v, want %+v", got, err, m)
		}
	}
	check := func(id rooms.ID, address string, want time.Time) {
		t.Helper()
		if got, err := s.AddressBanned(ctx, id, address); err != nil || !got.Equal(want) {
			t.Errorf("AddressBanned(%q): got %v, %v, want %v", address, got, err, want)
		}
	}
	one, two := guest(t, s, room.ID, "one", "#111111"), guest(t, s, room.ID, "two", "#222222")
	guest(t, s, other.ID, "one", "#111111")
	ban(one, "a", began.Add(2*time.Hour))
	ban(two, "a", began.Add(time.Hour))
	check(room.ID, "a", began.Add(2*time.Hour))
	check(room.ID, "b", time.Time{})
	check(room.ID, "", time.Time{})
	check(other.ID, "a", time.Time{})
	ban(one, "", time.Time{})
	check(room.ID, "a", began.Add(time.Hour))

	for i := range rooms.MaxAddressBans {
		name := strconv.Itoa(i)
		m := guest(t, s, room.ID, rooms.Session(name), rooms.Color(fmt.Sprintf("#4444%02x", i)))
		ban(m, name, began.Add(3*time.Hour+time.Duration(i)*time.Second))
	}
	check(room.ID, "a", time.Time{}) // the ban that would end first
	check(room.ID, "0", began.Add(3*time.Hour))
	check(room.ID, strconv.Itoa(rooms.MaxAddressBans-1), began.Add(3*time.Hour+(rooms.MaxAddressBans-1)*time.Second))
}

func formerMembers(t *testing.T, s rooms.Store) {
	ctx := t.Context()
	room := create(t, s, "room")
	m := guest(t, s, room.ID, "guest", "#111111")
	m.Nick = "name"
	setStanding := func(st rooms.Standing) {
		t.Helper()
		m.Standing = st
		if _, err := s.Apply(ctx, rooms.Change{ID: room.ID, Member: &m, Notice: notice(room.ID, rooms.TopicKicked)}); err != nil {
			t.Fatal(err)
		}
	}
	again := rooms.Member{Room: room.ID, Session: "guest", Color: "#222222", Since: began, Standing: rooms.StandingIn}
	setStanding(rooms.StandingOut)
	got, err := s.AddMember(ctx, again)
	if want := (rooms.Member{Room: room.ID, Session: "guest", Color: "#111111", Since: m.Since, Standing: rooms.StandingIn}); err != nil || got != want {
		t.Errorf("AddMember of a former member: got %+v, %v, want %+v", got, err, want)
	}
	setStanding(rooms.StandingBanned)
	if _, err := s.AddMember(ctx, again); !errors.Is(err, rooms.ErrBanned) {
		t.Errorf("AddMember of a banned member: got %v, want ErrBanned", err)
	}
	if _, err := s.AddMember(ctx, rooms.Member{Room: room.ID, Session: "new", Color: "#111111"}); !errors.Is(err, rooms.ErrColorTaken) {
		t.Errorf("AddMember with the colour of a banned member: got %v, want ErrColorTaken", err)
	}
	if got, err := s.Banned(ctx, room.ID, 2); err != nil || !slices.Equal(sessions(got), []rooms.Session{"guest"}) {
		t.Errorf("Banned: got %+v, %v, want guest", got, err)
	}
	m = rooms.Member{Room: room.ID, Session: "another", Color: "#333333", Since: began.Add(time.Hour), Standing: rooms.StandingIn}
	if _, err := s.AddMember(ctx, m); err != nil {
		t.Fatal(err)
	}
	setStanding(rooms.StandingBanned)
	for limit, want := range [][]rooms.Session{nil, {"another"}, {"another", "guest"}, {"another", "guest"}} {
		if got, err := s.Banned(ctx, room.ID, limit); err != nil || !slices.Equal(sessions(got), want) {
			t.Errorf("Banned with limit %d: got %+v, %v, want %q", limit, got, err, want)
		}
	}
	for session, standing := range map[rooms.Session]rooms.Standing{"one": rooms.StandingIn, "two": rooms.StandingOut} {
		m = rooms.Member{Room: room.ID, Session: session, Color: rooms.Color("#" + session), Since: began, Standing: rooms.StandingIn, Bot: true}
		if _, err := s.AddMember(ctx, m); err != nil {
			t.Fatal(err)
		}
		setStanding(standing)
	}
	if got, err := s.Bots(ctx, room.ID); err != nil || !slices.Equal(sessions(got), []rooms.Session{"one"}) || !got[0].Bot {
		t.Errorf("Bots: got %+v, %v, want one", got, err)
	}
	if got, err := s.Person(ctx, room.ID, "#111111"); err != nil || got.Session != "guest" {
		t.Errorf("Person: got %+v, %v, want guest", got, err)
	}
	if _, err := s.Person(ctx, room.ID, "#222222"); !errors.Is(err, rooms.ErrNoPerson) {
		t.Errorf("Person: got %v, want ErrNoPerson", err)
	}
}

func sessions(members []rooms.Member) []rooms.Session {
	var all []rooms.Session
	for _, m := range members {
		all = append(all, m.Session)
	}
	return all
}

func whispers(t *testing.T, s rooms.Store) {
	ctx := t.Context()
	room := create(t, s, "room")
	a, b := guest(t, s, room.ID, "a", "#111111"), guest(t, s, room.ID, "b", "#222222")
	c := guest(t, s, room.ID, "c", "#333333")
	send := func(from, to rooms.Member, clientID string) (rooms.Whisper, bool) {
		t.Helper()
		w, again, err := s.AddWhisper(ctx, rooms.Whisper{
			ID: newID(), Room: room.ID, From: from, To: to, Text: "쉿", ClientID: clientID, CreatedAt: began,
		})
		if err != nil {
			t.Fatal(err)
		}
		return w, again
	}
	first, _ := send(a, b, "1")
	second, _ := send(b, a, "1")
	third, _ := send(a, c, "2")
	if again, repeated := send(a, b, "1"); !repeated || again.ID != first.ID {
		t.Errorf("retry: got %+v, again %t, want %+v, again true", again, repeated, first)
	}
	for _, test := range []struct {
		w        rooms.Whisper
		from, to int64
	}{{first, 1, 1}, {second, 2, 2}, {third, 3, 1}} {
		if test.w.FromSeq != test.from || test.w.ToSeq != test.to {
			t.Errorf("whisper from %s to %s: got numbers %d and %d, want %d and %d", test.w.From.Session, test.w.To.Session,
				test.w.FromSeq, test.w.ToSeq, test.from, test.to)
		}
	}
	for session, want := range map[rooms.Session][]rooms.Whisper{
		"a": {first, second, third}, "b": {first, second}, "c": {third}, "owner": nil,
	} {
		got, err := s.Whispers(ctx, room.ID, session, 0, 10)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("Whispers of %s: got %+v, %v, want %+v", session, got, err, want)
		}
	}
	if got, err := s.Whispers(ctx, room.ID, "a", 1, 1); err != nil || len(got) != 1 || got[0].ID != second.ID {
		t.Errorf("page after whisper 1: got %+v, %v, want the second whisper", got, err)
	}
	if m, err := memberOf(ctx, s, room.ID, "a"); err != nil || m.Whispers != 3 {
		t.Errorf("whispers of a: got %d, %v, want 3", m.Whispers, err)
	}
	_, _, err := s.AddWhisper(ctx, rooms.Whisper{ID: newID(), Room: room.ID, From: a, To: rooms.Member{Session: "nobody"}, CreatedAt: began})
	if !errors.Is(err, rooms.ErrNoPerson) {
		t.Errorf("whisper to an unknown person: got %v, want ErrNoPerson", err)
	}
	if m, err := memberOf(ctx, s, room.ID, "a"); err != nil || m.Whispers != 3 {
		t.Errorf("whispers of a after the refusal: got %d, %v, want 3", m.Whispers, err)
	}
}
