package rooms_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/rooms"
)

// second returns a second Service on c's store, as another process would have it.
func (c chat) second(t *testing.T, opts rooms.Options) chat {
	t.Helper()
	other := c
	other.diary = &diary{}
	other.Service = rooms.NewService(c.store, c.gifs, other.diary, opts)
	other.HashCheaply()
	t.Cleanup(other.Close)
	return other
}

// Moderation through one process takes effect in the other process at once, although that
// process has cached the member's access.
func TestProcesses_share_the_rights_of_members(t *testing.T) {
	yes := true
	for name, test := range map[string]struct {
		moderate func(ctx context.Context, c chat, id rooms.ID) error
		want     error
	}{
		"kick": {func(ctx context.Context, c chat, id rooms.ID) error { return c.Kick(ctx, ada, id, bobColor) }, rooms.ErrForbidden},
		"ban":  {func(ctx context.Context, c chat, id rooms.ID) error { return c.Ban(ctx, ada, id, bobColor) }, rooms.ErrBanned},
		"mute": {func(ctx context.Context, c chat, id rooms.ID) error { return c.Mute(ctx, ada, id, bobColor, time.Hour) }, errMuted},
		"freeze": {func(ctx context.Context, c chat, id rooms.ID) error {
			_, err := c.Configure(ctx, ada, id, rooms.Settings{Frozen: &yes})
			return err
		}, rooms.ErrFrozen},
		"quit":   {func(ctx context.Context, c chat, id rooms.ID) error { return c.Quit(ctx, bob, id) }, rooms.ErrForbidden},
		"remove": {func(ctx context.Context, c chat, id rooms.ID) error { return c.Remove(ctx, ada, id) }, rooms.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			first := newChat(t, rooms.Options{EmptyGrace: -1})
			other := first.second(t, rooms.Options{EmptyGrace: -1})
			id := first.room(t, rooms.NewRoom{})
			other.enter(t, id, bob)
			other.arrive(t, id, bob) // a live room, which caches bob's access
			if _, err := other.Post(t.Context(), bob, id, rooms.Draft{Text: "before"}); err != nil {
				t.Fatal(err)
			}
			if err := test.moderate(t.Context(), first, id); err != nil {
				t.Fatal(err)
			}
			_, post := other.Post(t.Context(), bob, id, rooms.Draft{Text: "after"})
			_, amend := other.Amend(t.Context(), bob, id, rooms.Amendment{Seq: 2, Text: "after"})
			_, whisper := other.Whisper(t.Context(), bob, id, adaColor, rooms.Draft{Text: "after"})
			for verb, err := range map[string]error{"Post": post, "Amend": amend, "Whisper": whisper} {
				if _, muted := errors.AsType[*rooms.MutedError](err); muted {
					err = errMuted
				}
				if !errors.Is(err, test.want) {
					t.Errorf("%s through the other process: got %v, want %v", verb, err, test.want)
				}
			}
		})
	}
}

var errMuted = errors.New("muted")

// A message that was allowed before the room changed is refused in the transaction.
func TestProcesses_refuse_a_message_allowed_before_a_kick(t *testing.T) {
	first := newChat(t, rooms.Options{EmptyGrace: -1})
	other := first.second(t, rooms.Options{EmptyGrace: -1})
	for range 5 {
		id := first.room(t, rooms.NewRoom{})
		other.enter(t, id, bob)
		other.arrive(t, id, bob)
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				for n, deadline := 0, time.Now().Add(20*time.Second); time.Now().Before(deadline); n++ {
					if _, err := other.Post(context.Background(), bob, id, rooms.Draft{Text: fmt.Sprint(i, n)}); err != nil {
						if !errors.Is(err, rooms.ErrForbidden) {
							t.Errorf("Post: got %v, want ErrForbidden", err)
						}
						return
					}
				}
				t.Error("Post: the kicked member can still post")
			})
		}
		for first.seqs(t, id) < 20 {
			time.Sleep(time.Millisecond) // real time: the messages are stored on a disk
		}
		if err := first.Kick(t.Context(), ada, id, bobColor); err != nil {
			t.Fatal(err)
		}
		all.Wait()
		history, err := first.History(t.Context(), ada, id, rooms.Page{})
		if last := history[len(history)-1]; err != nil || last.Topic != rooms.TopicKicked {
			t.Errorf("last message: got %+v, %v, want the notice of the kick", last, err)
		}
	}
}

func TestProcesses_share_the_owner(t *testing.T) {
	first := newChat(t, rooms.Options{EmptyGrace: -1})
	other := first.second(t, rooms.Options{EmptyGrace: -1})
	id := first.room(t, rooms.NewRoom{})
	first.enter(t, id, bob)
	if err := first.Delegate(t.Context(), ada, id, bobColor); err != nil {
		t.Fatal(err)
	}
	if err := other.Kick(t.Context(), ada, id, bobColor); !errors.Is(err, rooms.ErrNotOwner) {
		t.Errorf("Kick by the former owner: got %v, want ErrNotOwner", err)
	}
	if err := other.Kick(t.Context(), bob, id, adaColor); err != nil {
		t.Errorf("Kick by the new owner: got %v, want nil", err)
	}
}

// Two changes that read the same authority version do not both take effect.
func TestProcesses_make_one_change_at_a_time(t *testing.T) {
	first := newChat(t, rooms.Options{EmptyGrace: -1})
	other := first.second(t, rooms.Options{EmptyGrace: -1})
	id := first.room(t, rooms.NewRoom{})
	var visitors []rooms.Visitor
	var colors []rooms.Color
	for i := range 10 {
		v := rooms.Visitor{Session: rooms.Session(fmt.Sprint("v", i)), Color: rooms.Color(fmt.Sprintf("#00000%d", i))}
		visitors, colors = append(visitors, v), append(colors, v.Color)
	}
	first.enter(t, id, visitors...)
	var owners atomic.Int64
	var all sync.WaitGroup
	for i, color := range colors {
		all.Go(func() {
			err := []chat{first, other}[i%2].Delegate(t.Context(), ada, id, color)
			if err == nil {
				owners.Add(1)
			} else if !errors.Is(err, rooms.ErrNotOwner) {
				t.Errorf("Delegate: got %v, want ErrNotOwner", err)
			}
		})
	}
	all.Wait()
	if got := owners.Load(); got != 1 {
		t.Errorf("owners made by ada: got %d, want 1", got)
	}
}

func TestProcesses_fill_a_room_together(t *testing.T) {
	const capacity, visitors = 5, 25
	first := newChat(t, rooms.Options{EmptyGrace: -1})
	other := first.second(t, rooms.Options{EmptyGrace: -1})
	id := first.room(t, rooms.NewRoom{Capacity: capacity})
	visitor := func(i int) rooms.Visitor {
		return rooms.Visitor{Session: rooms.Session(fmt.Sprint(i)), Color: ada.Color}
	}
	for i := range visitors {
		first.enter(t, id, visitor(i))
	}
	var admitted atomic.Int64
	var all sync.WaitGroup
	for i := range visitors {
		all.Go(func() {
			_, _, err := []chat{first, other}[i%2].Arrive(t.Context(), visitor(i), id)
			if err == nil {
				admitted.Add(1)
			} else if !errors.Is(err, rooms.ErrFull) {
				t.Errorf("Arrive: got %v, want ErrFull", err)
			}
		})
	}
	all.Wait()
	if got := admitted.Load(); got != capacity {
		t.Errorf("people admitted: got %d, want %d", got, capacity)
	}
	if _, _, err := other.Arrive(t.Context(), ada, id); err != nil {
		t.Errorf("Arrive of the owner in a full room: got %v, want nil", err)
	}
}

func TestProcesses_announce_a_person_once(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := newChat(t, rooms.Options{EmptyGrace: -1})
		other := first.second(t, rooms.Options{EmptyGrace: -1})
		id := first.room(t, rooms.NewRoom{Capacity: 2})
		first.enter(t, id, bob, carl)
		first.arrive(t, id, ada)
		other.arrive(t, id, ada)
		leaveFirst, leaveOther := first.arrive(t, id, bob), other.arrive(t, id, bob)
		if _, _, err := other.Arrive(t.Context(), carl, id); !errors.Is(err, rooms.ErrFull) {
			t.Errorf("Arrive of a third person: got %v, want ErrFull", err)
		}
		leaveFirst()
		time.Sleep(time.Minute)
		synctest.Wait()
		if got, want := topics(t, first, id), []rooms.Topic{rooms.TopicEntered, rooms.TopicEntered}; !slices.Equal(got, want) {
			t.Errorf("notices after one connection was lost: got %q, want %q", got, want)
		}
		leaveOther()
		time.Sleep(time.Minute)
		synctest.Wait()
		if got, want := topics(t, first, id), []rooms.Topic{rooms.TopicEntered, rooms.TopicEntered, rooms.TopicLeft}; !slices.Equal(got, want) {
			t.Errorf("notices after both connections were lost: got %q, want %q", got, want)
		}
		other.arrive(t, id, carl)
	})
}

// topics returns the topics of a room's notices.
func topics(t *testing.T, c chat, id rooms.ID) []rooms.Topic {
	t.Helper()
	history, err := c.History(t.Context(), ada, id, rooms.Page{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	var topics []rooms.Topic
	for _, m := range history {
		topics = append(topics, m.Topic)
	}
	return topics
}

// A kicked member who is let in again counts in the process that has the old connection.
func TestProcesses_count_a_kicked_person_who_comes_back(t *testing.T) {
	first := newChat(t, rooms.Options{EmptyGrace: -1})
	other := first.second(t, rooms.Options{EmptyGrace: -1})
	id := first.room(t, rooms.NewRoom{Capacity: 2})
	first.enter(t, id, bob, carl)
	first.arrive(t, id, ada)
	other.arrive(t, id, bob)
	if err := first.Kick(t.Context(), ada, id, bobColor); err != nil {
		t.Fatal(err)
	}
	other.enter(t, id, bob)
	other.arrive(t, id, bob)
	if _, _, err := first.Arrive(t.Context(), carl, id); !errors.Is(err, rooms.ErrFull) {
		t.Errorf("Arrive of a third person: got %v, want ErrFull", err)
	}
}

func TestProcesses_keep_a_room_that_is_empty_in_one_of_them(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := rooms.Options{EmptyGrace: time.Minute}
		first := newChat(t, opts)
		other := first.second(t, opts)
		id := first.room(t, rooms.NewRoom{})
		first.enter(t, id, bob)
		leave := other.arrive(t, id, bob)
		first.arrive(t, id, ada)()
		time.Sleep(time.Hour)
		synctest.Wait()
		if _, err := first.Room(t.Context(), id); err != nil {
			t.Fatalf("room with a person in the other process: got %v, want nil", err)
		}
		leave()
		time.Sleep(time.Hour)
		synctest.Wait()
		if _, err := first.Room(t.Context(), id); !errors.Is(err, rooms.ErrNotFound) {
			t.Errorf("room with nobody: got %v, want ErrNotFound", err)
		}
	})
}

func TestProcesses_keep_an_owner_who_is_present_in_one_of_them(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := rooms.Options{EmptyGrace: -1, OwnerGrace: time.Minute}
		first := newChat(t, opts)
		other := first.second(t, opts)
		id := first.room(t, rooms.NewRoom{})
		first.enter(t, id, bob)
		leave := first.arrive(t, id, ada)
		other.arrive(t, id, bob)
		check := func(want rooms.Session) {
			t.Helper()
			time.Sleep(time.Hour)
			synctest.Wait()
			if room, err := first.Room(t.Context(), id); err != nil || room.OwnerSession != want {
				t.Errorf("owner: got %s, %v, want %s", room.OwnerSession, err, want)
			}
		}
		check(ada.Session)
		leave()
		check(bob.Session)
	})
}

// A process does not make a person the owner whose membership another process has ended.
func TestProcesses_give_the_room_to_a_member(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := rooms.Options{EmptyGrace: -1, OwnerGrace: time.Minute}
		first := newChat(t, opts)
		other := first.second(t, opts)
		id := first.room(t, rooms.NewRoom{})
		first.enter(t, id, bob, carl)
		other.arrive(t, id, bob)
		other.arrive(t, id, carl)
		if err := first.Kick(t.Context(), ada, id, bobColor); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := first.owner(t, id); got != carl.Session {
			t.Errorf("owner: got %s, want carl", got)
		}
	})
}

func TestProcesses_number_messages_without_gaps(t *testing.T) {
	const senders, each = 6, 25
	first := newChat(t, rooms.Options{EmptyGrace: -1})
	other := first.second(t, rooms.Options{EmptyGrace: -1})
	id := first.room(t, rooms.NewRoom{})
	var all sync.WaitGroup
	for i := range senders {
		c := []chat{first, other}[i%2]
		all.Go(func() {
			for n := range each {
				d := rooms.Draft{Text: "x", ClientID: fmt.Sprint(i/2, n)} // both processes send each id
				if _, err := c.Post(t.Context(), ada, id, d); err != nil {
					t.Errorf("Post: got %v, want nil", err)
				}
			}
		})
	}
	all.Wait()
	history, err := first.History(t.Context(), ada, id, rooms.Page{After: -1, Limit: 200})
	if err != nil || len(history) != senders/2*each {
		t.Fatalf("History: got %d messages, %v, want %d", len(history), err, senders/2*each)
	}
	for i, m := range history {
		if m.Seq != int64(i)+1 {
			t.Fatalf("seq of message %d: got %d", i+1, m.Seq)
		}
	}
	for name, c := range map[string]chat{"first": first, "second": other} {
		if !slices.IsSortedFunc(c.diary.posts, func(a, b rooms.Message) int { return int(a.Seq - b.Seq) }) {
			t.Errorf("the %s process announced messages out of order", name)
		}
	}
}

func TestProcesses_limit_tokens_together(t *testing.T) {
	first := newChat(t, rooms.Options{EmptyGrace: -1})
	other := first.second(t, rooms.Options{EmptyGrace: -1})
	id := first.room(t, rooms.NewRoom{})
	var all sync.WaitGroup
	for i := range 60 {
		all.Go(func() { _, _, _ = []chat{first, other}[i%2].MakeToken(t.Context(), ada, id, "") })
	}
	all.Wait()
	if tokens, err := first.Tokens(t.Context(), ada, id); err != nil || len(tokens) != 20 {
		t.Errorf("tokens: got %d, %v, want 20", len(tokens), err)
	}
}

func TestProcesses_forget_the_people_of_one_that_closed(t *testing.T) {
	first := newChat(t, rooms.Options{EmptyGrace: -1})
	other := first.second(t, rooms.Options{EmptyGrace: -1})
	id := first.room(t, rooms.NewRoom{Capacity: 2})
	first.enter(t, id, bob, carl)
	other.arrive(t, id, bob)
	other.Close()
	first.arrive(t, id, ada)
	first.arrive(t, id, carl)
}
