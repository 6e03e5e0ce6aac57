package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestPostText_reads_CRLF_of_a_form_as_LF(t *testing.T) {
	h := open(t, nil)
	owner := h.visitor(t)
	room := owner.makeRoom("방", "")
	text := strings.Repeat("가나다\n", 499) + "가나다라" // 2,000 characters
	form := url.Values{"chat": {strings.ReplaceAll(text, "\n", "\r\n")}}
	if got := owner.post(room+"/chat", form, "Accept", "text/html"); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("2,000 characters with CRLF: got %d, want 303: %s", got.StatusCode, got.body)
	}
	if got := owner.get(room); !strings.Contains(got.body, text) {
		t.Errorf("room: got %s, want the text with LF as line ends", got.body)
	}
}

func TestPostText_refused_form_returns_the_text(t *testing.T) {
	h := open(t, nil)
	owner, stranger := h.visitor(t), h.visitor(t)
	room := owner.makeRoom("방", "pw")
	stranger.get("/")
	long := "\n  <b>&amp;</b>\n" + strings.Repeat("가", 2000)
	const shown = "<textarea name=\"chat\" rows=\"8\">\n\n  &lt;b&gt;&amp;amp;&lt;/b&gt;\n가가"
	tests := []struct {
		name   string
		from   *browser
		path   string
		accept string
		status int
		shows  bool
	}{
		{"too long", owner, room, "text/html", http.StatusBadRequest, true},
		{"not a member", stranger, room, "text/html", http.StatusForbidden, true},
		{"no such room", owner, "/room/" + strings.Repeat("0", 24), "text/html", http.StatusNotFound, false},
		{"a program", owner, room, "*/*", http.StatusBadRequest, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.from.post(tt.path+"/chat", url.Values{"chat": {long}}, "Accept", tt.accept)
			if got.StatusCode != tt.status {
				t.Errorf("status: got %d, want %d", got.StatusCode, tt.status)
			}
			if shows := strings.Contains(got.body, shown); shows != tt.shows {
				t.Errorf("shows the text: got %t, want %t: %s", shows, tt.shows, got.body)
			}
		})
	}
}

func TestNewRoom_form_suggests_a_capacity(t *testing.T) {
	for _, tt := range []struct {
		name   string
		strict bool
		want   string
	}{
		{"safe", false, `name="max" value="50"`},
		{"strict", true, `name="max" value="10"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := open(t, func(cfg *settings) { cfg.Strict = tt.strict })
			v := h.visitor(t)
			if got := v.get("/room"); !strings.Contains(got.body, tt.want) {
				t.Errorf("form: got %s, want %s in it", got.body, tt.want)
			}
			made := v.post("/room", url.Values{"title": {"방"}})
			if got := v.get(made.Header.Get("Location")); !strings.Contains(got.body, `data-capacity="10"`) {
				t.Errorf("a room without max: got %s, want a capacity of 10", got.body)
			}
		})
	}
}
