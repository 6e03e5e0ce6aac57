package handlers_test

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"gifchat/handlers/notice"
	"gifchat/ratelimit"
)

func TestRequestLog_is_bounded_except_for_errors(t *testing.T) {
	h := open(t, func(c *settings) {
		c.Limits.SessionAddress = ratelimit.Unlimited
		c.Chat = &broken{Chat: c.Chat, how: func() error { return errors.New("broken") }}
	})
	const n = 150
	begun := time.Now()
	for i := range n {
		for _, path := range []string{fmt.Sprintf("/nowhere/%d", i), "/notice", fmt.Sprintf("/gif/%024d.gif", i)} {
			h.Config.Handler.ServeHTTP(discard{}, httpRequest(t, path))
		}
	}
	_ = h.handler.Close() // logs the number of lines left out
	most := 100 * (1 + int(time.Since(begun)/(10*time.Second)))
	log := h.log.String()
	for route, status := range map[string]int{"(none)": http.StatusNotFound, "/notice": http.StatusOK} {
		route = regexp.QuoteMeta(route)
		lines := len(regexp.MustCompile(fmt.Sprintf(`msg="request served" .*route=%s status=%d `, route, status)).FindAllString(log, -1))
		left := 0
		for _, m := range regexp.MustCompile(fmt.Sprintf(`msg="requests left out" route=%s status=%dxx count=(\d+)\n`, route, status/100)).FindAllStringSubmatch(log, -1) {
			count, _ := strconv.Atoi(m[1])
			left += count
		}
		if lines < 100 || lines > most || lines+left != n {
			t.Errorf("%s, %d requests: got %d lines and %d left out, want at most %d lines and all counted", route, n, lines, left, most)
		}
	}
	for _, line := range []string{`msg="request served" .*route=/gif/:name status=500 `, `level=ERROR msg="request failed" route=/gif/:name `} {
		if got := len(regexp.MustCompile(line).FindAllString(log, -1)); got != n {
			t.Errorf("%d errors: got %d lines of %s, want one each", n, got, line)
		}
	}
}

func TestNoticeLog_is_bounded(t *testing.T) {
	var started *notice.Notice
	h := open(t, func(c *settings) { started = notice.Start(c.Server, c.Notice, c.Log) })
	const n = 150
	begun := time.Now()
	for range n {
		h.Config.Handler.ServeHTTP(discard{}, httpRequest(t, "/", "Upgrade", "websocket", "Origin", "http://elsewhere.example"))
		_ = h.dial(t, "/", "", nil).CloseNow()
	}
	started.Close()
	_ = h.handler.Close()
	most := 100 * (1 + int(time.Since(begun)/(10*time.Second)))
	for _, message := range []string{"notice socket connected", "origin refused"} {
		lines := strings.Count(h.log.String(), `msg="`+message+`"`)
		if lines < 100 || lines > most {
			t.Errorf("%d times %q: got %d lines, want 100 to %d", n, message, lines, most)
		}
		if want := fmt.Sprintf(`msg="lines left out" of="%s" count=`, message); !strings.Contains(h.log.String(), want) {
			t.Errorf("log: got no line with %q, want one", want)
		}
	}
}
