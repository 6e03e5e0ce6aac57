package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gifchat/rooms"
)

func unchangedMessages(t *testing.T, s rooms.Store) {
	room := create(t, s, "room")
	gif := text(room.ID, "")
	gif.Kind, gif.GIF = rooms.KindGIF, &rooms.GIF{
		Name: "000102030405060708090a0b.gif", Width: 3, Height: 4, Frames: 5, Bytes: 6, Alt: "고양이",
		Duration: 1230 * time.Millisecond, Poster: 4, SHA256: strings.Repeat("0f", 32),
	}
	notice := rooms.Message{ID: newID(), Room: room.ID, Kind: rooms.KindNotice, Text: "#78583a님이 입장하셨습니다.", CreatedAt: began}
	reply := text(room.ID, "네!")
	reply.Face, reply.Reply = 7, 1
	named := notice
	named.ID, named.Topic, named.Person, named.Nick, named.Face, named.Detail = newID(), rooms.TopicNamed, "#78583a", "김선생", 7, "파란 고래"
	var want []rooms.Message
	for i, m := range []rooms.Message{
		text(room.ID, "hello"), gif, notice, reply, named,
		text(room.ID, "'; DROP TABLE messages; --"),
		text(room.ID, "👩‍👩‍👧‍👦\n\t‮\u200b\x7f"),
	} {
		got := add(t, s, m)
		m.Seq = int64(i + 1)
		if !reflect.DeepEqual(got, m) {
			t.Errorf("AddMessages: got %+v, want %+v", got, m)
		}
		want = append(want, m)
	}
	got, err := s.Messages(t.Context(), room.ID, rooms.Page{Limit: 10})
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Messages: got %+v, %v, want %+v", got, err, want)
	}
}

func pages(t *testing.T, s rooms.Store) {
	room, other := create(t, s, "room"), create(t, s, "other")
	for range 10 {
		add(t, s, text(room.ID, "here"))
		add(t, s, text(other.ID, "there"))
	}
	for _, test := range []struct {
		page rooms.Page
		want []int64
	}{
		{rooms.Page{Limit: 3}, []int64{8, 9, 10}},
		{rooms.Page{Limit: 30}, []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
		{rooms.Page{Before: 8, Limit: 3}, []int64{5, 6, 7}},
		{rooms.Page{Before: 3, Limit: 3}, []int64{1, 2}},
		{rooms.Page{Before: 1, Limit: 3}, nil},
		{rooms.Page{Before: 99, Limit: 2}, []int64{9, 10}},
		{rooms.Page{After: 2, Limit: 3}, []int64{3, 4, 5}},
		{rooms.Page{After: 9, Limit: 3}, []int64{10}},
		{rooms.Page{After: 10, Limit: 3}, nil},
		{rooms.Page{After: 99, Limit: 3}, nil},
		{rooms.Page{After: -1, Limit: 3}, []int64{1, 2, 3}},
		{rooms.Page{After: 2, Before: 4, Limit: 3}, []int64{3, 4, 5}},
	} {
		messages, err := s.Messages(t.Context(), room.ID, test.page)
		var got []int64
		for _, m := range messages {
			got = append(got, m.Seq)
		}
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("Messages(%+v): got seqs %v, %v, want %v", test.page, got, err, test.want)
		}
	}
}

func repeatedMessage(t *testing.T, s rooms.Store) {
	ctx := t.Context()
	room, other := create(t, s, "room"), create(t, s, "other")
	m := text(room.ID, "first")
	m.ClientID = "c1"
	first := add(t, s, m)

	retry := text(room.ID, "second")
	retry.ClientID = "c1"
	got, again, err := addMessage(ctx, s, retry)
	if err != nil || !again || !reflect.DeepEqual(got, first) {
		t.Errorf("another text with the same client id: got %+v, again %t, %v, want %+v, again true", got, again, err, first)
	}
	elsewhere, byAnother, nameless := retry, retry, retry
	elsewhere.ID, elsewhere.Room = newID(), other.ID
	byAnother.ID, byAnother.Session = newID(), "guest"
	nameless.ID, nameless.ClientID = newID(), ""
	for _, m := range []rooms.Message{elsewhere, byAnother, nameless} {
		add(t, s, m)
	}
	nameless.ID = newID()
	if got := add(t, s, nameless); got.Seq != 4 {
		t.Errorf("seq after a retry: got %d, want 4", got.Seq)
	}
}

func seqsWithoutGaps(t *testing.T, s rooms.Store) {
	const senders, each = 8, 25
	busy := []rooms.Room{create(t, s, "one"), create(t, s, "two")}
	var all sync.WaitGroup
	for sender := range senders {
		all.Go(func() {
			last := make(map[rooms.ID]int64)
			for i := range each {
				m := text(busy[i%2].ID, "x")
				m.ClientID = fmt.Sprint(sender, i)
				for range 2 { // each message is sent again
					got, _, err := addMessage(t.Context(), s, m)
					if err != nil {
						t.Error(err)
						return
					}
					if got.Seq < last[m.Room] {
						t.Errorf("seq: got %d after %d, want a higher one", got.Seq, last[m.Room])
					}
					last[m.Room] = got.Seq
				}
			}
		})
	}
	all.Wait()
	var total int
	for _, room := range busy {
		messages, err := s.Messages(t.Context(), room.ID, rooms.Page{After: -1, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		total += len(messages)
		for i, m := range messages {
			if m.Seq != int64(i+1) || m.Kind == rooms.KindDamaged {
				t.Fatalf("message %d of %s: got seq %d, kind %s, want seq %d", i+1, room.Title, m.Seq, m.Kind, i+1)
			}
		}
	}
	if total != senders*each {
		t.Errorf("messages: got %d, want %d", total, senders*each)
	}
}

func shownGIFs(t *testing.T, s rooms.Store) {
	room := create(t, s, "room")
	const name = "000102030405060708090a0b.gif"
	m := text(room.ID, "")
	m.Kind, m.GIF = rooms.KindGIF, &rooms.GIF{Name: name, Width: 3, Height: 4, Frames: 5, Bytes: 6, Duration: time.Second, Poster: 4, SHA256: "0f", Alt: "고양이"}
	m = add(t, s, m)
	add(t, s, text(room.ID, "no gif"))
	if got, err := s.GIF(t.Context(), name); err != nil || !reflect.DeepEqual(got, m) {
		t.Errorf("GIF(%q): got %+v, %v, want %+v", name, got, err, m)
	}
	for _, name := range []string{"another.gif", ""} {
		if got, err := s.GIF(t.Context(), name); !errors.Is(err, rooms.ErrNotFound) {
			t.Errorf("GIF(%q): got %+v, %v, want ErrNotFound", name, got, err)
		}
	}
}

func uploads(t *testing.T, s rooms.Store) {
	room, other := create(t, s, "room"), create(t, s, "other")
	for i, upload := range []struct {
		room    rooms.ID
		session rooms.Session
	}{{room.ID, "owner"}, {other.ID, "owner"}, {room.ID, "guest"}, {room.ID, "owner"}} {
		m := text(upload.room, "")
		m.Session, m.CreatedAt = upload.session, began.Add(time.Duration(i)*time.Second)
		m.Kind, m.GIF = rooms.KindGIF, &rooms.GIF{Name: string(newID()) + ".gif", Bytes: int64(10 + i)}
		add(t, s, m)
	}
	add(t, s, text(room.ID, "no gif"))
	for since, want := range map[time.Time][]rooms.Upload{
		began.Add(-time.Second): {{Bytes: 10, At: began}, {Bytes: 11, At: began.Add(time.Second)}, {Bytes: 13, At: began.Add(3 * time.Second)}},
		began:                   {{Bytes: 11, At: began.Add(time.Second)}, {Bytes: 13, At: began.Add(3 * time.Second)}},
		began.Add(time.Minute):  nil,
	} {
		if got, err := s.Uploads(t.Context(), "owner", since); err != nil || !slices.Equal(got, want) {
			t.Errorf("Uploads since %v: got %v, %v, want %v", since, got, err, want)
		}
	}
	if _, err := s.RemoveRoom(t.Context(), rooms.Removal{ID: room.ID}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Uploads(t.Context(), "owner", began.Add(-time.Second)); err != nil || len(got) != 1 {
		t.Errorf("Uploads after a room was removed: got %v, %v, want one of the other room", got, err)
	}
}

func cancelledQueries(t *testing.T, s rooms.Store) {
	var all sync.WaitGroup
	for _, title := range []string{"one", "two", "three", "four"} {
		room := create(t, s, title)
		for range 20 {
			add(t, s, text(room.ID, title))
		}
		all.Go(func() {
			for i := range 100 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i*5)*time.Microsecond)
				messages, err := s.Messages(ctx, room.ID, rooms.Page{Limit: 20})
				cancel()
				if err != nil && !errors.Is(err, rooms.ErrUnavailable) {
					t.Errorf("Messages of a cancelled query: got %v, want ErrUnavailable", err)
				}
				for _, m := range messages {
					if m.Room != room.ID || m.Text != title {
						t.Errorf("message: got the text %q, want %q", m.Text, title)
					}
				}
			}
		})
	}
	all.Wait()
}
