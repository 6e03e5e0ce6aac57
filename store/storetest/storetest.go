// Package storetest has the promises of rooms.Store as a test suite for every
// implementation, and helpers for tests with a database.
package storetest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"slices"
	"testing"
	"time"

	"gifchat/rooms"
)

// Test checks the promises of rooms.Store. open returns a new, empty store for
// each subtest and closes it at the end of that subtest.
func Test(t *testing.T, open func(t *testing.T) rooms.Store) {
	for name, test := range map[string]func(*testing.T, rooms.Store){
		"rooms are listed in order of creation":             roomsInOrder,
		"a removed room is removed with its content":        removal,
		"a member who enters again stays unchanged":         repeatedEntry,
		"members have different colours":                    differentColors,
		"messages are returned unchanged":                   unchangedMessages,
		"a page has the requested messages in order":        pages,
		"a repeated client id returns the first message":    repeatedMessage,
		"a fingerprint survives edits and removals":         fingerprints,
		"concurrent messages have numbers without gaps":     seqsWithoutGaps,
		"a batch is numbered in order and finds a retry":    batches,
		"an edit changes its target and has a number":       edits,
		"a removal erases the message and its edits":        removals,
		"a change is stored with its notice":                changes,
		"a name that looks like another one is refused":     names,
		"address bans expire and are limited":               addresses,
		"a closed room admits members and programs only":    closedRoom,
		"one of many concurrent look-alike names is stored": concurrentNames,
		"a former member keeps the colour":                  formerMembers,
		"a whisper is in two lists":                         whispers,
		"a GIF is found by its name":                        shownGIFs,
		"uploads are the GIFs that messages still show":     uploads,
		"a cancelled change is not made":                    cancelledChanges,
		"an outdated authority version is refused":          authority,
		"presence decides whether a room is full or empty":  presence,
		"a room beyond the limits is refused":               roomLimits,
		"a large batch is stored in order":                  largeBatch,
		"a cancelled query returns no other query's rows":   cancelledQueries,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// began has a resolution of a millisecond, which every store preserves.
var began = time.Date(2026, 11, 23, 0, 44, 47, 519e6, time.UTC)

// newRoom returns a room that the session "owner" has created.
func newRoom(title string) rooms.Room {
	return rooms.Room{
		ID:           newID(),
		Title:        title,
		Capacity:     10,
		Owner:        "#78583a",
		OwnerSession: "owner",
		PasswordHash: "$argon2id$…",
		CreatedAt:    began,
		Authority:    1,
	}
}

func create(t *testing.T, s rooms.Store, title string) rooms.Room {
	t.Helper()
	r := newRoom(title)
	owner := rooms.Member{Room: r.ID, Session: r.OwnerSession, Color: r.Owner, Since: r.CreatedAt, Standing: rooms.StandingIn}
	if err := s.CreateRoom(t.Context(), r, owner, rooms.RoomLimits{}); err != nil {
		t.Fatal(err)
	}
	return r
}

func text(room rooms.ID, body string) rooms.Message {
	return rooms.Message{
		ID:        newID(),
		Room:      room,
		Kind:      rooms.KindText,
		User:      "#78583a",
		Session:   "owner",
		Text:      body,
		CreatedAt: began,
	}
}

func newID() rooms.ID {
	var b [12]byte
	rand.Read(b[:])
	return rooms.ID(hex.EncodeToString(b[:]))
}

func add(t *testing.T, s rooms.Store, m rooms.Message) rooms.Message {
	t.Helper()
	stored, again, err := addMessage(t.Context(), s, m)
	if err != nil || again {
		t.Fatalf("AddMessages: got again %t, %v, want a new message", again, err)
	}
	return stored
}

// addMessage adds one message.
func addMessage(ctx context.Context, s rooms.Store, m rooms.Message) (stored rooms.Message, again bool, err error) {
	all, err := s.AddMessages(ctx, m.Room, []rooms.Message{m})
	if err != nil {
		return rooms.Message{}, false, err
	}
	return all[0].Message, all[0].Again, nil
}

// memberOf returns the membership of a session in a room.
func memberOf(ctx context.Context, s rooms.Store, id rooms.ID, session rooms.Session) (rooms.Member, error) {
	_, m, err := s.Standing(ctx, id, session)
	return m, err
}

var everything = rooms.RoomPage{Limit: 100}

func roomsInOrder(t *testing.T, s rooms.Store) {
	var want []rooms.Room
	for _, title := range []string{"셋", "하나", "둘"} {
		room := create(t, s, title)
		room.Number = int64(len(want)) + 1
		want = append(want, room)
	}
	got, err := s.Rooms(t.Context(), everything)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("Rooms: got %+v, %v, want %+v", got, err, want)
	}
	page, err := s.Rooms(t.Context(), rooms.RoomPage{After: got[0].Number, Limit: 1})
	if err != nil || !slices.Equal(page, want[1:2]) {
		t.Errorf("page: got %+v, %v, want %+v", page, err, want[1:2])
	}
	for session, count := range map[rooms.Session]int{"owner": 3, "guest": 0} {
		if made, all, err := s.CountRooms(t.Context(), session); made != count || all != 3 || err != nil {
			t.Errorf("CountRooms of %s: got %d of %d, %v, want %d of 3", session, made, all, err, count)
		}
	}
	for session, want := range map[rooms.Session][]rooms.ID{
		"owner": {want[0].ID, want[1].ID, want[2].ID}, "guest": nil, "": nil,
	} {
		if ids, err := s.RoomsOf(t.Context(), session); !slices.Equal(ids, want) || err != nil {
			t.Errorf("RoomsOf %q: got %q, %v, want %q", session, ids, err, want)
		}
	}
	one, err := s.Room(t.Context(), want[1].ID)
	if err != nil || one != want[1] {
		t.Errorf("Room: got %+v, %v, want %+v", one, err, want[1])
	}
	if _, err := s.Room(t.Context(), newID()); !errors.Is(err, rooms.ErrNotFound) {
		t.Errorf("unknown room: got %v, want ErrNotFound", err)
	}
}

func removal(t *testing.T, s rooms.Store) {
	ctx := t.Context()
	gone, stays := create(t, s, "gone"), create(t, s, "stays")
	for room, gif := range map[rooms.ID]string{gone.ID: "a.gif", stays.ID: "b.gif"} {
		for _, name := range []string{gif, gif, "both.gif"} {
			m := text(room, "")
			m.Kind, m.GIF = rooms.KindGIF, &rooms.GIF{Name: name}
			add(t, s, m)
		}
	}
	gifs, err := s.RemoveRoom(ctx, rooms.Removal{ID: gone.ID})
	if err != nil || !slices.Equal(gifs, []string{"a.gif"}) {
		t.Errorf("RemoveRoom: got %q, %v, want a.gif only", gifs, err)
	}
	if _, err := s.RemoveRoom(ctx, rooms.Removal{ID: gone.ID}); !errors.Is(err, rooms.ErrNotFound) {
		t.Errorf("RemoveRoom again: got %v, want ErrNotFound", err)
	}
	if _, err := memberOf(ctx, s, gone.ID, "owner"); !errors.Is(err, rooms.ErrNotFound) {
		t.Errorf("Standing in a removed room: got %v, want ErrNotFound", err)
	}
	if _, err := s.AddMember(ctx, rooms.Member{Room: gone.ID, Session: "s", Color: "#000000"}); !errors.Is(err, rooms.ErrNotFound) {
		t.Errorf("AddMember to a removed room: got %v, want ErrNotFound", err)
	}
	if _, _, err := addMessage(ctx, s, text(gone.ID, "late")); !errors.Is(err, rooms.ErrNotFound) {
		t.Errorf("AddMessages to a removed room: got %v, want ErrNotFound", err)
	}
	if left, err := s.Messages(ctx, gone.ID, rooms.Page{Limit: 10}); err != nil || len(left) > 0 {
		t.Errorf("Messages of a removed room: got %v, %v, want none", left, err)
	}
	if left, err := s.Messages(ctx, stays.ID, rooms.Page{Limit: 10}); err != nil || len(left) != 3 {
		t.Errorf("Messages of the other room: got %d, %v, want 3", len(left), err)
	}
}

func repeatedEntry(t *testing.T, s rooms.Store) {
	ctx := t.Context()
	room := create(t, s, "room")
	owner := rooms.Member{Room: room.ID, Session: "owner", Color: room.Owner, Since: began, Standing: rooms.StandingIn}
	if got, err := memberOf(ctx, s, room.ID, "owner"); err != nil || got != owner {
		t.Errorf("Standing of the owner: got %+v, %v, want %+v", got, err, owner)
	}
	if got, err := memberOf(ctx, s, room.ID, "guest"); err != nil || got != (rooms.Member{}) {
		t.Errorf("Standing of a stranger: got %+v, %v, want the zero Member", got, err)
	}
	first := rooms.Member{Room: room.ID, Session: "guest", Color: "#111111", Since: began.Add(time.Second), Standing: rooms.StandingIn}
	second := rooms.Member{Room: room.ID, Session: "guest", Color: "#222222", Since: began.Add(time.Hour), Standing: rooms.StandingIn}
	for _, m := range []rooms.Member{first, second} {
		if got, err := s.AddMember(ctx, m); err != nil || got != first {
			t.Errorf("AddMember: got %+v, %v, want %+v", got, err, first)
		}
	}
	if got, err := memberOf(ctx, s, room.ID, "guest"); err != nil || got != first {
		t.Errorf("Standing: got %+v, %v, want %+v", got, err, first)
	}
}

func differentColors(t *testing.T, s rooms.Store) {
	ctx := t.Context()
	room, other := create(t, s, "room"), create(t, s, "other")
	guest := rooms.Member{Room: room.ID, Session: "guest", Color: room.Owner, Since: began, Standing: rooms.StandingIn}
	if _, err := s.AddMember(ctx, guest); !errors.Is(err, rooms.ErrColorTaken) {
		t.Errorf("AddMember with the owner's colour: got %v, want ErrColorTaken", err)
	}
	if got, err := memberOf(ctx, s, room.ID, "guest"); err != nil || got != (rooms.Member{}) {
		t.Errorf("Standing after the refusal: got %+v, %v, want the zero Member", got, err)
	}
	guest.Color = "#111111"
	if _, err := s.AddMember(ctx, guest); err != nil {
		t.Error(err)
	}
	guest.Room = other.ID
	if _, err := s.AddMember(ctx, guest); err != nil {
		t.Errorf("AddMember with the same colour in another room: got %v, want no error", err)
	}
}

func cancelledChanges(t *testing.T, s rooms.Store) {
	room := create(t, s, "room")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := addMessage(ctx, s, text(room.ID, "late")); !errors.Is(err, rooms.ErrUnavailable) {
		t.Errorf("AddMessages: got %v, want ErrUnavailable", err)
	}
	if _, err := s.AddMember(ctx, rooms.Member{Room: room.ID, Session: "late", Color: "#000000"}); !errors.Is(err, rooms.ErrUnavailable) {
		t.Errorf("AddMember: got %v, want ErrUnavailable", err)
	}
	if err := s.CreateRoom(ctx, newRoom("late"), rooms.Member{}, rooms.RoomLimits{}); !errors.Is(err, rooms.ErrUnavailable) {
		t.Errorf("CreateRoom: got %v, want ErrUnavailable", err)
	}
	if got := add(t, s, text(room.ID, "in time")); got.Seq != 1 {
		t.Errorf("seq of the next message: got %d, want 1", got.Seq)
	}
	if all, err := s.Rooms(t.Context(), everything); err != nil || len(all) != 1 {
		t.Errorf("Rooms: got %d, %v, want 1", len(all), err)
	}
}
