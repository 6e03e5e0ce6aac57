package handlers

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestThrottle(t *testing.T) {
	const most, window = 3, 10 * time.Second
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var reports []string // guarded by mu
		begun := time.Now()
		th := newThrottle(most, window, func(kind string, held int) {
			mu.Lock()
			defer mu.Unlock()
			reports = append(reports, fmt.Sprintf("%s %d after %v", kind, held, time.Since(begun)))
		})
		want := func(what string, texts ...string) {
			t.Helper()
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if !slices.Equal(reports, texts) {
				t.Errorf("%s: reported %q, want %q", what, reports, texts)
			}
		}
		passed := func(kind string, n int) (lines int) {
			for range n {
				if th.pass(kind) {
					lines++
				}
			}
			return lines
		}
		if got := passed("a", 10); got != most {
			t.Errorf("of 10 lines %d passed, want %d", got, most)
		}
		if got := passed("b", 1); got != 1 {
			t.Error("a line of another kind did not pass")
		}
		want("within the window")
		time.Sleep(window)
		want("at its end, without another line", "a 7 after 10s")

		time.Sleep(window - time.Second)
		passed("a", 1)
		time.Sleep(2 * time.Second)
		if got := passed("a", 10); got != most-1 {
			t.Errorf("2 s after a line %d passed, want %d: %d in any 10 s", got, most-1, most)
		}
		th.close()
		want("at the end of the server", "a 7 after 10s", "a 8 after 21s")
		passed("a", 2)
		th.close()
		want("at the end again", "a 7 after 10s", "a 8 after 21s", "a 2 after 21s")
	})
}
