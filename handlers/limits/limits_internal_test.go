package limits

import (
	"context"
	"fmt"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/ratelimit"
	"gifchat/rooms"
)

// Row O6: the tables take no more memory for a million keys than for ten.
func TestLimiter_a_million_keys_fit_into_the_tables(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	l := New(Rates{})
	allow := AllowConnection(Rates{Connect: ratelimit.Unlimited})
	r := httptest.NewRequest("GET", "/", nil)
	for i := range 500_000 { // two keys each
		name := strconv.Itoa(i)
		if err := l.Act(rooms.Visitor{Session: rooms.Session(name), Source: name}); err != nil {
			t.Fatalf("visitor %d: got %v, want no error", i, err)
		}
		if i%4 > 0 {
			continue
		}
		r.RemoteAddr = fmt.Sprintf("[2001:db8:%x:%x::1]:1", i>>16, i&0xffff)
		if _, ok := allow(r); !ok {
			t.Fatalf("address %d: got a refusal, want it allowed", i)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	grown := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("%.1f MiB for 1,000,000 keys of visitors and addresses and 125,000 of connections", float64(grown)/(1<<20))
	if grown > 8<<20 {
		t.Errorf("heap growth: got %d bytes, want at most 8 MiB", grown)
	}
	runtime.KeepAlive(l)
	runtime.KeepAlive(allow)
}

// notMember is an Attender for whom nobody is a member.
type notMember struct{}

func (notMember) Attendance(context.Context, rooms.Visitor, rooms.ID) (rooms.Attendance, error) {
	return rooms.Attendance{}, rooms.ErrForbidden
}

func TestLimiter_a_refusal_costs_nothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Rates{
			Visitor: ratelimit.Rate{Burst: 3, Each: time.Minute}, Address: ratelimit.Rate{Burst: 5, Each: time.Minute},
			Room: ratelimit.Rate{Burst: 2, Each: time.Minute},
		})
		act := func(session string) bool {
			return l.Act(rooms.Visitor{Session: rooms.Session(session), Source: "192.0.2.1"}) == nil
		}
		var got strings.Builder
		for name := range strings.FieldsSeq("ann ann ann ann ann bob bob bob bob") {
			if act(name) {
				got.WriteString(name + " ")
			}
		}
		if want := "ann ann ann bob bob "; got.String() != want {
			t.Errorf("accepted: got %s, want %s", got.String(), want)
		}
		time.Sleep(time.Minute)
		if !act("bob") { // 2 of 3 used before, so the refusals were refunded
			t.Error("bob after a minute: got a refusal, want no charge for the earlier refusals")
		}

		post := func() (*Charge, error) {
			return l.Post(t.Context(), notMember{}, rooms.Visitor{Session: "ann"}, "room")
		}
		for i := range 20 {
			charge, err := post()
			if err != nil {
				t.Fatalf("post %d after refunds: got %v, want no error", i, err)
			}
			charge.Refund()
		}
		posts := 0
		for {
			charge, err := post()
			if err != nil {
				break
			}
			charge.Commit()
			charge.Refund() // does nothing after Commit
			posts++
		}
		if posts != 2 {
			t.Errorf("committed posts: got %d, want 2", posts)
		}
	})
}

func TestAllowConnection_limits_all_and_each_address(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		allow := AllowConnection(Rates{
			Connect: ratelimit.Rate{Burst: 20, Each: time.Second / 10}, ConnectAddress: ratelimit.Rate{Burst: 5, Each: time.Second},
		})
		count := func(addresses, times int) (allowed int) {
			for i := range times {
				r := httptest.NewRequest("GET", "/", nil)
				r.RemoteAddr = fmt.Sprintf("127.0.1.%d:1", i%addresses)
				wait, ok := allow(r)
				if ok {
					allowed++
				} else if wait <= 0 {
					t.Errorf("refusal: got a wait of %v, want more than 0", wait)
				}
			}
			return allowed
		}
		if got := count(1, 100); got != 5 {
			t.Errorf("one address: got %d allowed, want 5", got)
		}
		if got := count(100, 1000); got != 15 {
			t.Errorf("100 addresses: got %d allowed, want 15: a refusal of the first address costs the others nothing", got)
		}
		time.Sleep(time.Second)
		if got := count(100, 1000); got != 10 {
			t.Errorf("100 addresses a second later: got %d allowed, want 10", got)
		}
	})
}
