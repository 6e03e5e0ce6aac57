package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/rooms"
)

func TestSource(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1:5000":           "192.0.2.1",
		"[::ffff:192.0.2.1]:5000":  "192.0.2.1",
		"[2001:db8:1:2:3::4]:5000": "2001:db8:1:2::/64",
		"[2001:db8:1:2:9::9]:5000": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:5000":      "fe80::/64",
		"pipe":                     "pipe",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = address
		if got := source(r); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
}

func TestRates(t *testing.T) {
	for text, want := range map[string]Rate{
		"30+10/s": {30, 100 * time.Millisecond}, "1+1/h": {1, time.Hour}, "5+30/m": {5, 2 * time.Second}, "off": Unlimited,
	} {
		var got Rate
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%s: got %v, %v, want %v", text, got, err, want)
		}
		if got.String() != text {
			t.Errorf("%s is said as %s", text, got)
		}
	}
	for _, text := range []string{"", "10", "10/s", "+1/s", "0+1/s", "1+0/s", "1+1/d", "1+1", "-1+1/s", "1+1/s ", "x+1/s", "1000001+1/s", "1+10000000/s"} {
		if got := new(Rate); got.UnmarshalText([]byte(text)) == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

// Row O6: over a minute, whoever asks all the time gets what the setting says,
// and who waits as told is let in.
func TestRatesHold(t *testing.T) {
	for _, r := range []Rate{{30, time.Second / 10}, {1, time.Second}, {1000, time.Second / 200}, {20, 30 * time.Second}} {
		t.Run(r.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, key := newCells(1), cellKey{forVisitor, "ann"}
				allowed := 0
				for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
					for c.take(key, r) == 0 {
						allowed++
					}
				}
				want := r.Burst + int(time.Minute/r.Each)
				if allowed < want*9/10 || allowed > want*11/10 {
					t.Errorf("%d in a minute, want %d", allowed, want)
				}
				for range 10 {
					for c.take(key, r) == 0 {
					}
					time.Sleep(c.take(key, r))
					if wait := c.take(key, r); wait > 0 {
						t.Fatalf("as told, and %v too early", wait)
					}
				}
			})
		})
	}
}

// Row O6: a million strangers take no more memory than ten.
func TestAMillionStrangersFitIntoTheTables(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	b := newBudgets(Limits{}, nil)
	allow := AllowConnection(Limits{Connect: Unlimited})
	r := httptest.NewRequest("GET", "/", nil)
	for i := range 500_000 { // two keys each
		name := strconv.Itoa(i)
		if err := b.act(rooms.Visitor{Session: rooms.Session(name), Source: name}); err != nil {
			t.Fatalf("stranger %d: %v", i, err)
		}
		if i%4 > 0 {
			continue
		}
		r.RemoteAddr = fmt.Sprintf("[2001:db8:%x:%x::1]:1", i>>16, i&0xffff)
		if _, ok := allow(r); !ok {
			t.Fatalf("address %d was refused", i)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	grown := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("%.1f MiB for 1,000,000 keys here and 125,000 there", float64(grown)/(1<<20))
	if grown > 8<<20 {
		t.Errorf("%d bytes, want at most 8 MiB", grown)
	}
	runtime.KeepAlive(b)
	runtime.KeepAlive(allow)
}

// Strangers with many addresses cannot clear others' limits.
func TestWhoIsAtItsLimitIsNotForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // so that no time passes
		c, r := newCells(1), Rate{10, time.Second}
		ann := cellKey{forVisitor, "ann"}
		for c.take(ann, r) == 0 {
		}
		for i := range 100_000 {
			c.take(cellKey{forAddress, fmt.Sprint(i)}, r)
		}
		if wait := c.take(ann, r); wait != time.Second {
			t.Errorf("got %v, want to wait for a second as before", wait)
		}
	})
}

// What is refused for one reason costs nothing of the other budgets.
func TestRefusalsCostNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudgets(Limits{Visitor: Rate{3, time.Minute}, Address: Rate{5, time.Minute}, Room: Rate{2, time.Minute}}, nil)
		act := func(session string) bool {
			return b.act(rooms.Visitor{Session: rooms.Session(session), Source: "192.0.2.1"}) == nil
		}
		var got strings.Builder
		for who := range strings.FieldsSeq("ann ann ann ann ann bob bob bob bob") {
			if act(who) {
				got.WriteString(who + " ")
			}
		}
		if got.String() != "ann ann ann bob bob " {
			t.Errorf("the address let through %s", got.String())
		}
		time.Sleep(time.Minute)
		if !act("bob") { // 2 of 3 used before, so the refusals were given back
			t.Error("bob paid for what was refused")
		}

		b.attended = func(context.Context, rooms.Visitor, rooms.ID) (rooms.Attendance, error) {
			return rooms.Attendance{}, rooms.ErrForbidden
		}
		post := func(f func() (rooms.Stored, error)) (rooms.Stored, error) {
			return b.inRoom(t.Context(), rooms.Visitor{Session: "ann"}, "room", f)
		}
		refused := errors.New("not a member")
		for range 10 {
			if _, err := post(func() (rooms.Stored, error) { return rooms.Stored{}, refused }); !errors.Is(err, refused) {
				t.Fatalf("got %v: strangers have silenced the room", err)
			}
			if _, err := post(func() (rooms.Stored, error) { return rooms.Stored{Again: true}, nil }); err != nil {
				t.Fatalf("got %v: somebody who repeats himself has silenced the room", err)
			}
		}
		posts := 0
		for {
			if _, err := post(func() (rooms.Stored, error) { return rooms.Stored{}, nil }); err != nil {
				break
			}
			posts++
		}
		if posts != 2 {
			t.Errorf("%d posts, want 2", posts)
		}
	})
}

// Each of these is at its limit alone: many at once are no more than the limit.
func TestBudgetsAreCountedTogether(t *testing.T) {
	c, r := newCells(1), Rate{100, time.Hour}
	var mu sync.Mutex
	allowed := 0
	var tasks sync.WaitGroup
	for range 8 {
		tasks.Go(func() {
			for range 100 {
				if c.take(cellKey{forRoom, "room"}, r) == 0 {
					mu.Lock()
					allowed++
					mu.Unlock()
				}
			}
		})
	}
	tasks.Wait()
	if allowed != 100 {
		t.Errorf("%d were let through, want 100", allowed)
	}
}

func TestConnectionsHaveTwoRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		allow := AllowConnection(Limits{Connect: Rate{20, time.Second / 10}, ConnectAddress: Rate{5, time.Second}})
		count := func(addresses, times int) (allowed int) {
			for i := range times {
				r := httptest.NewRequest("GET", "/", nil)
				r.RemoteAddr = fmt.Sprintf("127.0.1.%d:1", i%addresses)
				wait, ok := allow(r)
				if ok {
					allowed++
				} else if wait <= 0 {
					t.Errorf("refused, to come again in %v", wait)
				}
			}
			return allowed
		}
		if got := count(1, 100); got != 5 {
			t.Errorf("one address got %d, want 5", got)
		}
		if got := count(100, 1000); got != 15 {
			t.Errorf("a hundred got %d of what is left, want 15: refusing the first cost the others something", got)
		}
		time.Sleep(time.Second)
		if got := count(100, 1000); got != 10 {
			t.Errorf("a second later they got %d, want 10", got)
		}
	})
}
