package limits_test

import (
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/handlers/events"
	"gifchat/handlers/limits"
	"gifchat/ratelimit"
	"gifchat/rooms"
	"gifchat/socketio"
	"gifchat/store"
	"gifchat/store/storetest"
)

const (
	// settledAfter is how long a person must have been in a room before its reserve
	// is open to that person.
	settledAfter = 10 * time.Second

	// quietEach is the interval of the lines of a quiet person.
	quietEach = 2 * time.Second
)

// floodedRoom is a room with people in it, and counts the accepted lines.
type floodedRoom struct {
	t    *testing.T
	l    *limits.Limiter
	chat *rooms.Service
	id   rooms.ID

	sent, accepted map[string]int
	sessions       int // created so far
}

// sender sends a line at an interval.
type sender struct {
	group string // lines are counted by group
	v     rooms.Visitor
	every time.Duration
	next  time.Time

	stay  time.Duration // before it comes back as a new visitor; 0 for always
	until time.Time     // the end of the present stay
	leave func()
}

func newFloodedRoom(t *testing.T, r limits.Rates) *floodedRoom {
	t.Helper()
	db, err := store.Open(t.Context(), storetest.NewDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	notifier := events.NewNotifier(socketio.NewServer(socketio.Config{}), slog.New(slog.DiscardHandler))
	chat := rooms.NewService(db, nil, notifier, rooms.Options{EmptyGrace: -1, OwnerGrace: -1, NoticeText: events.NoticeText})
	t.Cleanup(func() {
		chat.Close()
		notifier.Close()
		_ = db.Close()
	})
	teacher := rooms.Visitor{Session: "teacher", Color: "#7453ac", Source: classAddress}
	room, err := chat.Create(t.Context(), teacher, rooms.NewRoom{Title: "교실", Capacity: 500})
	if err != nil {
		t.Fatal(err)
	}
	return &floodedRoom{t: t, l: limits.New(r), chat: chat, id: room.ID, sent: map[string]int{}, accepted: map[string]int{}}
}

// group lets count people in. Each sends a line at the interval every.
func (f *floodedRoom) group(name string, count int, source string, every, stay time.Duration) []*sender {
	f.t.Helper()
	senders := make([]*sender, count)
	for i := range senders {
		offset := every * time.Duration(i) / time.Duration(count)
		senders[i] = &sender{group: name, every: every, next: time.Now().Add(settledAfter + offset), stay: stay}
		senders[i].v = rooms.Visitor{Session: rooms.Session(name), Source: source}
		if count > 1 {
			senders[i].v.Session = f.newSession()
		}
		f.enter(senders[i])
	}
	return senders
}

func (f *floodedRoom) newSession() rooms.Session {
	f.sessions++
	return rooms.Session(fmt.Sprint(f.sessions))
}

func (f *floodedRoom) enter(s *sender) {
	f.t.Helper()
	if _, err := f.chat.Enter(f.t.Context(), s.v, f.id, ""); err != nil {
		f.t.Fatal(err)
	}
	_, visit, err := f.chat.Arrive(f.t.Context(), s.v, f.id)
	if err != nil {
		f.t.Fatal(err)
	}
	s.leave, s.until = visit.Lose, time.Now().Add(s.stay)
}

// run lets the groups send their lines for a while.
func (f *floodedRoom) run(length time.Duration, groups ...[]*sender) {
	for end := time.Now().Add(length); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		for _, group := range groups {
			for _, s := range group {
				if time.Now().Before(s.next) {
					continue
				}
				if s.stay > 0 && time.Now().After(s.until) {
					s.leave()
					s.v.Session = f.newSession()
					f.enter(s)
				}
				s.next = s.next.Add(s.every)
				f.sent[s.group]++
				if f.send(s.v) == nil {
					f.accepted[s.group]++
				}
			}
		}
	}
}

func (f *floodedRoom) send(v rooms.Visitor) error {
	if err := f.l.Act(v); err != nil {
		return err
	}
	_, err := f.l.Post(f.t.Context(), f.chat, v, f.id)
	return err
}

// The addresses of these tests.
const (
	classAddress  = "192.0.2.1"
	otherAddress  = "192.0.2.2"
	secondAddress = "192.0.2.3"
)

// Row O6: a flood silences neither the owner nor the people of a class.
func TestPost_flood_silences_neither_owner_nor_class(t *testing.T) {
	const brisk, calm = 400 * time.Millisecond, time.Second
	room, half := ratelimit.Rate{Burst: 100, Each: time.Second / 100}, ratelimit.Rate{Burst: 50, Each: time.Second / 50}
	const long, short = 12 * time.Second, 6 * time.Second
	for name, test := range map[string]struct {
		room    ratelimit.Rate
		class   int
		teacher time.Duration // between two lines of the teacher
		count   int           // of attackers, half of them from each address
		from    [2]string
		every   time.Duration // between two lines of an attacker
		stay    time.Duration // before an attacker comes back as a new visitor; 0 for always
		length  time.Duration
	}{
		"25 newcomers at another address":               {room, 30, brisk, 25, [2]string{otherAddress, otherAddress}, 200 * time.Millisecond, 5 * time.Second, long},
		"25 newcomers behind the same router":           {half, 15, brisk, 25, [2]string{classAddress, classAddress}, 100 * time.Millisecond, 5 * time.Second, short},
		"60 attackers stay behind the same router":      {room, 15, calm, 60, [2]string{classAddress, classAddress}, 400 * time.Millisecond, 0, short},
		"120 attackers stay at two other addresses":     {half, 15, brisk, 120, [2]string{otherAddress, secondAddress}, time.Second, 0, short},
		"25 attackers stay in a room with a small rate": {ratelimit.Rate{Burst: 60, Each: time.Second / 20}, 8, brisk, 25, [2]string{otherAddress, otherAddress}, 200 * time.Millisecond, 0, short},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFloodedRoom(t, limits.Rates{Room: test.room, Address: ratelimit.Rate{Burst: 500, Each: time.Second / 150}})
				begun := time.Now()
				var groups [][]*sender // the attackers always come first
				for _, from := range test.from {
					groups = append(groups, f.group("attacker", test.count/2, from, test.every, test.stay))
				}
				groups = append(groups,
					f.group("pupil", test.class, classAddress, 2*time.Second, 0),
					f.group("teacher", 1, classAddress, test.teacher, 0))
				time.Sleep(settledAfter)
				f.run(test.length, groups...)
				total := 0
				for group, n := range f.accepted {
					t.Logf("%s: accepted %d of %d", group, n, f.sent[group])
					total += n
				}
				setting := test.room.Burst + int(time.Since(begun)/test.room.Each)
				if total > 2*setting || f.accepted["attacker"] > f.sent["attacker"]*9/10 {
					t.Errorf("accepted %d messages, want at most %d, and some of the flood refused", total, 2*setting)
				}
				for _, group := range []string{"pupil", "teacher"} {
					if f.accepted[group] != f.sent[group] {
						t.Errorf("accepted %d of %d lines of group %s, want all", f.accepted[group], f.sent[group], group)
					}
				}
			})
		})
	}
}

func TestPost_beyond_the_rate_accepts_the_owner_and_quiet_people(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFloodedRoom(t, limits.Rates{Room: ratelimit.Rate{Burst: 4, Each: time.Hour}})
		teacher := f.group("teacher", 1, classAddress, time.Second, 0)[0]
		for i := range 4 {
			if err := f.send(teacher.v); err != nil {
				t.Fatalf("message %d within the rate: %v", i, err)
			}
		}
		bob := f.group("bob", 1, classAddress, time.Second, 0)[0]
		eve := f.group("eve", 1, otherAddress, time.Second, 0)[0]
		check := func(when string, s *sender, want bool) {
			t.Helper()
			if err := f.send(s.v); (err == nil) != want {
				t.Errorf("%s: got %v, want accepted %t", when, err, want)
			}
		}
		time.Sleep(settledAfter - time.Millisecond)
		check("before 10 s", bob, false)
		time.Sleep(time.Millisecond)
		check("after 10 s", bob, true)
		check("a second line, which the network brought early", bob, true)
		check("a third line", bob, false)
		time.Sleep(quietEach)
		check("2 s later", bob, true)
		time.Sleep(quietEach)
		check("the last quarter, beyond the share of an address", bob, false)
		check("the last quarter, from another address", eve, true)
		time.Sleep(quietEach)
		check("beyond the reserve", eve, false)
		for range 20 {
			check("an owner", teacher, true)
		}
	})
}
