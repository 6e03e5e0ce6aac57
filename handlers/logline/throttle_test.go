package logline_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/handlers/logline"
)

func TestThrottle_passes_a_number_of_lines_in_any_window(t *testing.T) {
	const most, window = 3, 10 * time.Second
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var reports []string // guarded by mu
		begun := time.Now()
		th := logline.NewThrottle(most, window, func(kind string, held int) {
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
				t.Errorf("reports %s: got %q, want %q", what, reports, texts)
			}
		}
		passed := func(kind string, n int) (lines int) {
			for range n {
				if th.Pass(kind) {
					lines++
				}
			}
			return lines
		}
		if got := passed("a", 10); got != most {
			t.Errorf("10 lines: got %d passed, want %d", got, most)
		}
		if got := passed("b", 1); got != 1 {
			t.Errorf("a line of another kind: got %d passed, want 1", got)
		}
		want("within the window")
		time.Sleep(window)
		want("at its end, without another line", "a 7 after 10s")

		time.Sleep(window - time.Second)
		passed("a", 1)
		time.Sleep(2 * time.Second)
		if got := passed("a", 10); got != most-1 {
			t.Errorf("2 s after a line: got %d passed, want %d, so that %d pass in any 10 s", got, most-1, most)
		}
		th.Close()
		want("at the end of the server", "a 7 after 10s", "a 8 after 21s")
		passed("a", 2)
		th.Close()
		want("at the end again", "a 7 after 10s", "a 8 after 21s", "a 2 after 21s")
	})
}

func TestClip_shortens_and_removes_control_characters(t *testing.T) {
	for text, want := range map[string]string{
		"short": "short", "가나다라": "가나", "a\x00b\nc": "a b c", "\xff\xfe": "\uFFFD",
	} {
		if got := logline.Clip(text, 6); got != want {
			t.Errorf("Clip(%q, 6): got %q, want %q", text, got, want)
		}
	}
}
