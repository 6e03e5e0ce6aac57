package ratelimit

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const (
	visitor Purpose = iota
	address
)

// Row O6: over a minute, a key that takes all the time gets what its rate allows,
// and a key that waits as long as Take returned gets its token.
func TestTable_take_allows_the_rate_within_a_tenth(t *testing.T) {
	for _, r := range []Rate{{30, time.Second / 10}, {1, time.Second}, {1000, time.Second / 200}, {20, 30 * time.Second}} {
		t.Run(r.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				table, cost := NewTable(1), Cost{Key: Key{visitor, "ann"}, Rate: r}
				allowed := 0
				for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
					for table.Take(cost) == 0 {
						allowed++
					}
				}
				want := r.Burst + int(time.Minute/r.Each)
				if allowed < want*9/10 || allowed > want*11/10 {
					t.Errorf("allowed in a minute: got %d, want %d", allowed, want)
				}
				for range 10 {
					for table.Take(cost) == 0 {
					}
					time.Sleep(table.Take(cost))
					if wait := table.Take(cost); wait > 0 {
						t.Fatalf("after the wait that Take returned: got %v more to wait, want 0", wait)
					}
				}
			})
		})
	}
}

// Clients with many addresses cannot reset the limit of another client.
func TestTable_bucket_at_its_limit_is_not_evicted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // so that no time passes
		table, r := NewTable(1), Rate{10, time.Second}
		ann := Cost{Key: Key{visitor, "ann"}, Rate: r}
		for table.Take(ann) == 0 {
		}
		for i := range 100_000 {
			table.Take(Cost{Key: Key{address, fmt.Sprint(i)}, Rate: r})
		}
		if wait := table.Take(ann); wait != time.Second {
			t.Errorf("wait after 100,000 other keys: got %v, want %v as before", wait, time.Second)
		}
	})
}

// Callers at the same moment together get no more than the limit.
func TestTable_take_concurrently_allows_the_burst(t *testing.T) {
	table, cost := NewTable(1), Cost{Key: Key{visitor, "ann"}, Rate: Rate{100, time.Hour}}
	var mu sync.Mutex
	allowed := 0
	var tasks sync.WaitGroup
	for range 8 {
		tasks.Go(func() {
			for range 100 {
				if table.Take(cost) == 0 {
					mu.Lock()
					allowed++
					mu.Unlock()
				}
			}
		})
	}
	tasks.Wait()
	if allowed != 100 {
		t.Errorf("allowed of 800: got %d, want 100", allowed)
	}
}

func TestTable_take_of_several_costs_takes_all_or_none(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := NewTable(1)
		wide := Cost{Key: Key{visitor, "ann"}, Rate: Rate{2, time.Minute}}
		narrow := Cost{Key: Key{address, "192.0.2.1"}, Rate: Rate{1, time.Hour}}
		if wait := table.Take(wide, narrow); wait != 0 {
			t.Fatalf("first: got a wait of %v, want 0", wait)
		}
		if wait := table.Take(wide, narrow); wait != time.Hour {
			t.Errorf("second: got a wait of %v, want %v", wait, time.Hour)
		}
		if wait := table.Take(wide); wait != 0 {
			t.Errorf("the first cost after a refusal of the second: got a wait of %v, want 0", wait)
		}
		table.Refund(wide)
		if wait := table.Take(wide); wait != 0 {
			t.Errorf("after a refund: got a wait of %v, want 0", wait)
		}
	})
}
