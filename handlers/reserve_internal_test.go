package handlers

import (
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/rooms"
	"gifchat/socketio"
	"gifchat/store"
	"gifchat/store/storetest"
)

// flooded is a room with people in it, and how many of their lines were accepted.
type flooded struct {
	t    *testing.T
	b    *budgets
	chat *rooms.Service
	id   rooms.ID

	said, accepted map[string]int
	sessions       int // made so far
}

// talker says a line now and then.
type talker struct {
	who   string // the group whose lines are counted together
	v     rooms.Visitor
	every time.Duration
	next  time.Time

	stay  time.Duration // before it comes back as somebody new; 0 for always
	until time.Time     // the end of the present stay
	leave func()
}

func newFlooded(t *testing.T, l Limits) *flooded {
	t.Helper()
	db, err := store.Open(t.Context(), storetest.NewDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	events := NewEvents(socketio.NewServer(socketio.Config{}), slog.New(slog.DiscardHandler))
	chat := rooms.NewService(db, nil, events, rooms.Options{EmptyGrace: -1, OwnerGrace: -1})
	t.Cleanup(func() {
		chat.Close()
		events.Close()
		_ = db.Close()
	})
	teacher := rooms.Visitor{Session: "teacher", Color: "#7453ac", Source: classAddress}
	room, err := chat.Create(t.Context(), teacher, rooms.NewRoom{Title: "교실", Capacity: 500})
	if err != nil {
		t.Fatal(err)
	}
	return &flooded{t: t, b: newBudgets(l, chat), chat: chat, id: room.ID, said: map[string]int{}, accepted: map[string]int{}}
}

// group lets so many people in; each says a line every so often.
func (f *flooded) group(who string, count int, source string, every, stay time.Duration) []*talker {
	f.t.Helper()
	talkers := make([]*talker, count)
	for i := range talkers {
		offset := every * time.Duration(i) / time.Duration(count)
		talkers[i] = &talker{who: who, every: every, next: time.Now().Add(settledAfter + offset), stay: stay}
		talkers[i].v = rooms.Visitor{Session: rooms.Session(who), Source: source}
		if count > 1 {
			talkers[i].v.Session = f.newSession()
		}
		f.enter(talkers[i])
	}
	return talkers
}

func (f *flooded) newSession() rooms.Session {
	f.sessions++
	return rooms.Session(fmt.Sprint(f.sessions))
}

func (f *flooded) enter(one *talker) {
	f.t.Helper()
	if _, err := f.chat.Enter(f.t.Context(), one.v, f.id, ""); err != nil {
		f.t.Fatal(err)
	}
	_, visit, err := f.chat.Arrive(f.t.Context(), one.v, f.id)
	if err != nil {
		f.t.Fatal(err)
	}
	one.leave, one.until = visit.Lose, time.Now().Add(one.stay)
}

// talk lets everybody talk for a while.
func (f *flooded) talk(length time.Duration, groups ...[]*talker) {
	for end := time.Now().Add(length); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		for _, group := range groups {
			for _, one := range group {
				if time.Now().Before(one.next) {
					continue
				}
				if one.stay > 0 && time.Now().After(one.until) {
					one.leave()
					one.v.Session = f.newSession()
					f.enter(one)
				}
				one.next = one.next.Add(one.every)
				f.said[one.who]++
				if f.say(one.v) == nil {
					f.accepted[one.who]++
				}
			}
		}
	}
}

func (f *flooded) say(v rooms.Visitor) error {
	if err := f.b.act(v); err != nil {
		return err
	}
	_, err := f.b.inRoom(f.t.Context(), v, f.id, func() (rooms.Stored, error) { return rooms.Stored{}, nil })
	return err
}

// The addresses of these tests.
const (
	classAddress  = "192.0.2.1"
	otherAddress  = "192.0.2.2"
	secondAddress = "192.0.2.3"
)

// Row O6: a flood silences neither the owner nor the people of a class.
func TestInRoom_flood(t *testing.T) {
	const brisk, calm = 400 * time.Millisecond, time.Second
	room, half := Rate{100, time.Second / 100}, Rate{50, time.Second / 50}
	const long, short = 12 * time.Second, 6 * time.Second
	for name, test := range map[string]struct {
		room    Rate
		class   int
		teacher time.Duration // between two lines of the teacher
		count   int           // of attackers, half of them from each address
		from    [2]string
		every   time.Duration // between two lines of an attacker
		stay    time.Duration // before an attacker comes back as somebody new; 0 for always
		length  time.Duration
	}{
		"25_newcomers_at_another_address":         {room, 30, brisk, 25, [2]string{otherAddress, otherAddress}, 200 * time.Millisecond, 5 * time.Second, long},
		"25_newcomers_behind_the_same_router":     {half, 15, brisk, 25, [2]string{classAddress, classAddress}, 100 * time.Millisecond, 5 * time.Second, short},
		"60_who_stay_behind_the_same_router":      {room, 15, calm, 60, [2]string{classAddress, classAddress}, 400 * time.Millisecond, 0, short},
		"120_who_stay_at_two_other_addresses":     {half, 15, brisk, 120, [2]string{otherAddress, secondAddress}, time.Second, 0, short},
		"25_who_stay_in_a_room_with_a_small_rate": {Rate{60, time.Second / 20}, 8, brisk, 25, [2]string{otherAddress, otherAddress}, 200 * time.Millisecond, 0, short},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFlooded(t, Limits{Room: test.room, Address: Rate{500, time.Second / 150}})
				begun := time.Now()
				var groups [][]*talker // the attackers always come first
				for _, from := range test.from {
					groups = append(groups, f.group("attacker", test.count/2, from, test.every, test.stay))
				}
				groups = append(groups,
					f.group("pupil", test.class, classAddress, 2*time.Second, 0),
					f.group("teacher", 1, classAddress, test.teacher, 0))
				time.Sleep(settledAfter)
				f.talk(test.length, groups...)
				total := 0
				for who, n := range f.accepted {
					t.Logf("%s: accepted %d of %d", who, n, f.said[who])
					total += n
				}
				setting := test.room.Burst + int(time.Since(begun)/test.room.Each)
				if total > 2*setting || f.accepted["attacker"] > f.said["attacker"]*9/10 {
					t.Errorf("accepted %d messages, want at most %d, and some of the flood refused", total, 2*setting)
				}
				for _, who := range []string{"pupil", "teacher"} {
					if f.accepted[who] != f.said[who] {
						t.Errorf("accepted %d of %d lines of group %s, want all", f.accepted[who], f.said[who], who)
					}
				}
			})
		})
	}
}

func TestInRoom_exceptions_beyond_the_rate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlooded(t, Limits{Room: Rate{4, time.Hour}})
		teacher := f.group("teacher", 1, classAddress, time.Second, 0)[0]
		for i := range 4 {
			if err := f.say(teacher.v); err != nil {
				t.Fatalf("message %d within the rate: %v", i, err)
			}
		}
		bob := f.group("bob", 1, classAddress, time.Second, 0)[0]
		eve := f.group("eve", 1, otherAddress, time.Second, 0)[0]
		check := func(when string, who *talker, want bool) {
			t.Helper()
			if err := f.say(who.v); (err == nil) != want {
				t.Errorf("%s: got %v, want accepted %t", when, err, want)
			}
		}
		time.Sleep(settledAfter - time.Millisecond)
		check("before 10 s", bob, false)
		time.Sleep(time.Millisecond)
		check("after 10 s", bob, true)
		check("a second line, which the network brought early", bob, true)
		check("a third line", bob, false)
		time.Sleep(quietRate.Each)
		check("2 s later", bob, true)
		time.Sleep(quietRate.Each)
		check("the last quarter, beyond the share of an address", bob, false)
		check("the last quarter, from another address", eve, true)
		time.Sleep(quietRate.Each)
		check("beyond the reserve", eve, false)
		for range 20 {
			check("an owner", teacher, true)
		}
	})
}
