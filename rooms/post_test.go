package rooms_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"gifchat/rooms"
)

func TestPost(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{})
	msg, err := c.Post(t.Context(), ada, id, rooms.Draft{Text: " hello\n", ClientID: "c1"})
	if err != nil {
		t.Fatal(err)
	}
	if msg.Seq != 1 || msg.User != ada.Color || msg.Text != " hello\n" || msg.Kind != rooms.KindText || len(msg.ID) != 24 {
		t.Errorf("Post: got %+v, want message 1 of ada", msg)
	}
	c.told(t, "posted  hello\n")
	again, err := c.Post(t.Context(), ada, id, rooms.Draft{Text: " hello\n", ClientID: "c1"})
	if err != nil || !again.Again || !reflect.DeepEqual(again.Message, msg.Message) {
		t.Errorf("Post again: got %+v, %v, want %+v", again, err, msg)
	}
	c.told(t)
	history, err := c.History(t.Context(), ada, id, rooms.Page{})
	if err != nil || len(history) != 1 || !reflect.DeepEqual(history[0], msg.Message) {
		t.Errorf("History: got %+v, %v, want %+v", history, err, msg.Message)
	}
	if _, err := c.Post(t.Context(), bob, id, rooms.Draft{Text: "x"}); !errors.Is(err, rooms.ErrForbidden) {
		t.Errorf("Post by a stranger: got %v, want ErrForbidden", err)
	}
	if _, err := c.History(t.Context(), bob, id, rooms.Page{}); !errors.Is(err, rooms.ErrForbidden) {
		t.Errorf("History by a stranger: got %v, want ErrForbidden", err)
	}
}

func TestPost_refuses_invalid_drafts(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{})
	const name = "000102030405060708090a0b.gif"
	for want, drafts := range map[string][]rooms.Draft{
		"text: empty":             {{}, {Text: " \n\t\u3000"}, {Text: "\u200b\u200d\ufe0f"}, {Text: "\u3164\u2800"}, {Text: "\U000e0041"}},
		"text: too_long":          {{Text: strings.Repeat("가", 2001)}},
		"text: bad_character":     {{Text: "a\x00b"}, {Text: "a\xed\xa0\x80b"}, {Text: "\xff"}},
		"text: not_with_a_gif":    {{Text: "a", GIF: &rooms.GIF{Name: name}}},
		"gif: bad_name":           {{GIF: &rooms.GIF{Name: "../../" + name}}, {GIF: &rooms.GIF{}}},
		"clientId: too_long":      {{Text: "a", ClientID: strings.Repeat("a", 65)}},
		"clientId: bad_character": {{Text: "a", ClientID: "\x00"}},
	} {
		for _, d := range drafts {
			_, err := c.Post(t.Context(), ada, id, d)
			if _, ok := errors.AsType[*rooms.InvalidError](err); !ok || err.Error() != want {
				t.Errorf("Post(%.20q): got %v, want %s", d.Text, err, want)
			}
		}
	}
	if _, err := c.Post(t.Context(), ada, id, rooms.Draft{Text: strings.Repeat("가", 2000), ClientID: strings.Repeat("가", 64)}); err != nil {
		t.Errorf("Post of the longest text: got %v, want nil", err)
	}
	for _, text := range []string{".", "👍🏽", "❤\ufe0f", "\u0301", "\ue000", "\U0001fae9 of Unicode 16", "\U0001fae9"} {
		if _, err := c.Post(t.Context(), ada, id, rooms.Draft{Text: text}); err != nil {
			t.Errorf("Post(%q): got %v, want nil", text, err)
		}
	}
}

func TestPost_announces_messages_in_order_of_seq(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{})
	const senders, each = 8, 25
	var all sync.WaitGroup
	for range senders {
		all.Go(func() {
			for i := range each {
				if _, err := c.Post(t.Context(), ada, id, rooms.Draft{Text: fmt.Sprint(i)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if len(c.diary.posts) != senders*each {
		t.Fatalf("announced messages: got %d, want %d", len(c.diary.posts), senders*each)
	}
	for i, m := range c.diary.posts {
		if m.Seq != int64(i+1) {
			t.Fatalf("seq of announced message %d: got %d", i+1, m.Seq)
		}
	}
}

func TestHistory_limits_a_page(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{})
	for i := range 210 {
		if _, err := c.Post(t.Context(), ada, id, rooms.Draft{Text: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	for limit, want := range map[int]int{0: 50, -1: 50, 7: 7, 200: 200, 1 << 30: 200} {
		got, err := c.History(t.Context(), ada, id, rooms.Page{Limit: limit})
		if err != nil || len(got) != want {
			t.Errorf("History with limit %d: got %d messages, %v, want %d", limit, len(got), err, want)
		}
	}
}

// panicking is a Notifier that panics for each message.
type panicking struct{ *diary }

func (panicking) Posted(...rooms.Message) { panic("test") }

func TestPost_unlocks_the_room_after_a_panic(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{})
	s := rooms.NewService(c.store, c.gifs, panicking{c.diary}, rooms.Options{EmptyGrace: -1})
	defer s.Close()
	if _, _, err := s.Arrive(t.Context(), ada, id); err != nil { // keeps the live room and its lock
		t.Fatal(err)
	}
	func() {
		defer func() { _ = recover() }()
		_, err := s.Post(t.Context(), ada, id, rooms.Draft{Text: "x"})
		t.Errorf("Post: got %v, want a panic", err)
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, _, err := s.Arrive(ctx, ada, id); err != nil {
		t.Error(err)
	}
}

// interruptedStore is a Store that calls a function once, right after it has returned a
// standing.
type interruptedStore struct {
	rooms.Store
	then func()
}

func (s *interruptedStore) Standing(ctx context.Context, id rooms.ID, v rooms.Session) (rooms.Room, rooms.Member, error) {
	room, member, err := s.Store.Standing(ctx, id, v)
	if then := s.then; then != nil {
		s.then = nil
		then()
	}
	return room, member, err
}

// A nickname that a member gives up can be another member's before the message is
// stored.
func TestPost_uses_the_nickname_at_the_time_of_storing(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{})
	c.enter(t, id, bob)
	m := &interruptedStore{Store: c.store}
	s := rooms.NewService(m, c.gifs, c.diary, rooms.Options{EmptyGrace: -1})
	defer s.Close()
	if _, err := s.Rename(t.Context(), ada, id, "하나"); err != nil {
		t.Fatal(err)
	}
	m.then = func() {
		for _, one := range []struct {
			v    rooms.Visitor
			nick string
		}{{ada, "둘"}, {bob, "하나"}} {
			if _, err := s.Rename(t.Context(), one.v, id, one.nick); err != nil {
				t.Error(err)
			}
		}
	}
	said, err := s.Post(t.Context(), ada, id, rooms.Draft{Text: "x"})
	if err != nil || said.Nick != "둘" {
		t.Errorf("nickname of the sender: got %q, %v, want 둘", said.Nick, err)
	}
}
