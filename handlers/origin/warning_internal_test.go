package origin

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/handlers/logline"
)

func allowOf(foreign []string, log *slog.Logger) func(*http.Request, string) (bool, bool) {
	return NewPolicy(foreign, false, log).Allow
}

func askFrom(allow func(*http.Request, string) (bool, bool), origin, host string) bool {
	r := httptest.NewRequest(http.MethodPost, "/socket.io/?EIO=4&transport=polling&sid=x", http.NoBody)
	r.Host = host
	ok, _ := allow(r, origin)
	return ok
}

func TestPolicy_warns_once_for_each_refused_pair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		allow := allowOf([]string{"https://friend.example"}, slog.New(slog.NewTextHandler(&out, nil)))
		for range 100 {
			askFrom(allow, "https://chat.example", "10.0.0.7:8005")
			askFrom(allow, "https://friend.example", "10.0.0.7:8005")
		}
		time.Sleep(time.Hour)
		askFrom(allow, "https://chat.example", "10.0.0.7:8005")
		line := out.String()
		if n := strings.Count(line, "\n"); n != 1 {
			t.Fatalf("lines: got %d, want 1: %s", n, line)
		}
		for _, want := range []string{"level=WARN", "origin refused", "CORS_ORIGIN", "Host header", "origin=https://chat.example", "host=10.0.0.7:8005"} {
			if !strings.Contains(line, want) {
				t.Errorf("log line: got %s, want %q in it", line, want)
			}
		}
	})
}

func TestPolicy_warns_at_most_three_times_a_minute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		allow := allowOf(nil, slog.New(slog.NewTextHandler(&out, nil)))
		lines := func() int { return strings.Count(out.String(), "\n") }
		for i := range 10_000 {
			askFrom(allow, fmt.Sprintf("https://%d.example", i), "chat")
			askFrom(allow, "https://evil.example", fmt.Sprintf("chat%d", i))
		}
		if got := lines(); got != 3 {
			t.Errorf("lines in the first minute: got %d, want 3", got)
		}
		time.Sleep(time.Minute)
		askFrom(allow, "https://9999.example", "chat") // was held back
		if got := lines(); got != 4 || !strings.Contains(out.String(), "https://9999.example") {
			t.Errorf("lines after a minute: got %d, want 4 with the pair that was held back", got)
		}
		for i := range 2 * maxWarnedPairs {
			time.Sleep(time.Minute)
			askFrom(allow, fmt.Sprintf("https://later%d.example", i), "chat")
		}
		if got, want := lines(), 4+2*maxWarnedPairs; got != want {
			t.Errorf("lines of one pair a minute: got %d, want %d", got, want)
		}
	})
}

func TestWarnings_forget_pairs_above_the_limit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWarnings(slog.New(slog.DiscardHandler))
		for i := range 3 * maxWarnedPairs {
			time.Sleep(time.Minute)
			w.first(originPair{origin: fmt.Sprint(i)})
			if len(w.warned) > maxWarnedPairs {
				t.Fatalf("pairs in memory: got %d, want at most %d", len(w.warned), maxWarnedPairs)
			}
		}
	})
}

func TestPolicy_escapes_what_it_logs(t *testing.T) {
	var out strings.Builder
	allow := allowOf(nil, slog.New(slog.NewTextHandler(&out, nil)))
	askFrom(allow, "https://x\r\nlevel=ERROR msg=\"forged\"\x1b[31m\u202e\xff"+strings.Repeat("y", 100_000), "chat \"host=evil")
	line := out.String()
	if strings.Count(line, "\n") != 1 || strings.ContainsAny(line, "\x1b\r\u202e") || len(line) > 3*logline.MaxText+500 {
		t.Errorf("log line: got %d bytes, want one short line without control characters: %.400q", len(line), line)
	}
	if !strings.Contains(line, `host="chat \"host=evil"`) {
		t.Errorf("log line: got %.400s, want the host quoted", line)
	}
}
