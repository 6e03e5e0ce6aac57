package handlers_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gifchat/ratelimit"
	"gifchat/rooms"
)

const missing = "/room/0123456789abcdef01234567"

func TestContract_redirects(t *testing.T) {
	h := open(t, nil)
	owner, guest, third := h.visitor(t), h.visitor(t), h.visitor(t)
	private := owner.makeRoom("비밀", "a&b #x")

	tests := []struct {
		name, path, want string
	}{
		{"no such room", missing, "/?error=%EC%A1%B4%EC%9E%AC%ED%95%98%EC%A7%80%20%EC%95%8A%EB%8A%94%20%EB%B0%A9%EC%9E%85%EB%8B%88%EB%8B%A4."},
		{"a malformed id", "/room/zzz", "/?error=%EC%A1%B4%EC%9E%AC%ED%95%98%EC%A7%80%20%EC%95%8A%EB%8A%94%20%EB%B0%A9%EC%9E%85%EB%8B%88%EB%8B%A4."},
		{"wrong password", private + "?password=nope", "/?error=%EB%B9%84%EB%B0%80%EB%B2%88%ED%98%B8%EA%B0%80%20%ED%8B%80%EB%A0%B8%EC%8A%B5%EB%8B%88%EB%8B%A4."},
		{"no password", private, "/?error=%EB%B9%84%EB%B0%80%EB%B2%88%ED%98%B8%EA%B0%80%20%ED%8B%80%EB%A0%B8%EC%8A%B5%EB%8B%88%EB%8B%A4."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := guest.get(tt.path)
			if got.StatusCode != http.StatusFound || got.Header.Get("Location") != tt.want {
				t.Errorf("got %d %q, want 302 %q", got.StatusCode, got.Header.Get("Location"), tt.want)
			}
		})
	}
	t.Run("the right password shows the room", func(t *testing.T) {
		if got := third.get(private + "?password=" + url.QueryEscape("a&b #x")); got.StatusCode != 200 {
			t.Errorf("got %d, want 200", got.StatusCode)
		}
	})
	t.Run("the creator needs none", func(t *testing.T) {
		if got := owner.get(private); got.StatusCode != 200 {
			t.Errorf("got %d, want 200", got.StatusCode)
		}
	})
	t.Run("no password reaches the log", func(t *testing.T) {
		if strings.Contains(h.log.String(), "nope") {
			t.Errorf("log: got %s, want no password in it", h.log)
		}
	})
}

func TestCreate_in_strict_mode_encodes_the_password_in_the_location(t *testing.T) {
	h := open(t, func(c *settings) { c.Strict = true })
	got := h.visitor(t).post("/room", url.Values{"title": {"a"}, "max": {"2"}, "password": {"a&b #x"}})
	if location := got.Header.Get("Location"); !strings.HasSuffix(location, "?password=a%26b%20%23x") {
		t.Errorf("Location: got %q, want the encoded password", location)
	}
}

func TestCreate_accepts_forms_and_JSON(t *testing.T) {
	h := open(t, nil)
	tests := []struct {
		name, contentType, accept, body string
		status                          int
	}{
		{"form", formType, "text/html", "title=a&max=2&password=", 302},
		{"JSON with a number", "application/json", "*/*", `{"title":"a","max":3}`, 302},
		{"JSON with text", "application/json", "*/*", `{"title":"a","max":"3","password":""}`, 302},
		{"without max", formType, "*/*", "title=a", 302},
		{"no title", formType, "text/html", "title=&max=2", 400},
		{"too few people", formType, "text/html", "title=a&max=1", 400},
		{"not a number", formType, "text/html", "title=a&max=viele", 400},
		{"broken JSON", "application/json", "*/*", `{"title":`, 400},
		{"JSON of another shape", "application/json", "*/*", `{"title":{}}`, 400},
		{"a body without end", formType, "*/*", "title=" + strings.Repeat("a", 70_000), 413},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := h.visitor(t).send("POST", "/room", strings.NewReader(tt.body), "Content-Type", tt.contentType, "Accept", tt.accept)
			if got.StatusCode != tt.status {
				t.Errorf("got %d %s, want %d", got.StatusCode, got.body, tt.status)
			}
		})
	}
}

func TestPost_answers_members_and_refuses_others(t *testing.T) {
	h := open(t, nil)
	owner, stranger := h.visitor(t), h.visitor(t)
	room := owner.makeRoom("방", "pw")
	const axios = "application/json, text/plain, */*"

	tests := []struct {
		name, path, accept, chat string
		who                      *browser
		status                   int
		body                     string
	}{
		{"axios gets ok", room, axios, "hi", owner, 200, "ok"},
		{"a browser's form goes back to the room", room, "text/html", "hi", owner, 303, ""},
		{"empty", room, axios, "", owner, 400, "내용이 비어 있습니다."},
		{"2,001 characters", room, axios, strings.Repeat("가", 2001), owner, 400, "내용이 너무 깁니다."},
		{"not a member", room, axios, "hi", stranger, 403, "이 방에 입장한 사람만 할 수 있습니다."},
		{"no such room", missing, axios, "hi", owner, 404, "존재하지 않는 방입니다."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.who.post(tt.path+"/chat", url.Values{"chat": {tt.chat}}, "Accept", tt.accept)
			if got.StatusCode != tt.status || (tt.body != "" && got.body != tt.body) {
				t.Errorf("got %d %q, want %d %q", got.StatusCode, got.body, tt.status, tt.body)
			}
		})
	}
	t.Run("history is for members", func(t *testing.T) {
		if got := stranger.get(room + "/messages"); got.StatusCode != 403 {
			t.Errorf("got %d, want 403", got.StatusCode)
		}
		got := owner.get(room + "/messages?limit=1")
		if got.StatusCode != 200 || !strings.Contains(got.body, `"more":true`) || !strings.Contains(got.body, `"chat":"hi"`) {
			t.Errorf("got %d %s, want 200 with one of more messages", got.StatusCode, got.body)
		}
	})
	t.Run("a loop is slowed down", func(t *testing.T) {
		for range 60 {
			if got := owner.post(room+"/chat", url.Values{"chat": {"x"}}); got.StatusCode == 429 {
				if got.Header.Get("Retry-After") == "" {
					t.Error("answer 429: got no Retry-After, want one")
				}
				return
			}
		}
		t.Error("60 messages in a row: got no refusal, want one")
	})
}

func TestRemove_is_for_the_owner(t *testing.T) {
	h := open(t, nil)
	owner, stranger := h.visitor(t), h.visitor(t)
	room := owner.makeRoom("방", "")
	if got := stranger.send("DELETE", room, nil); got.StatusCode != 403 {
		t.Errorf("stranger: got %d, want 403", got.StatusCode)
	}
	if got := owner.send("DELETE", room, nil); got.StatusCode != 200 || got.body != "ok" {
		t.Errorf("owner: got %d %q, want 200 ok", got.StatusCode, got.body)
	}
	if got := owner.send("DELETE", room, nil); got.StatusCode != 404 {
		t.Errorf("again: got %d, want 404", got.StatusCode)
	}
}

// smallGIF is one white pixel.
const smallGIF = "GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x00\x00\x00\x00\x00," +
	"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

func upload(name, content string) (string, *bytes.Buffer) {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	_ = form.WriteField("clientId", "c1")
	part, _ := form.CreateFormFile("gif", name)
	_, _ = part.Write([]byte(content))
	_ = form.Close()
	return form.FormDataContentType(), &b
}

// adding counts the uploads that reach the chat.
type adding struct {
	rooms.Chat
	n atomic.Int64
}

func (a *adding) AddGIF(ctx context.Context, v rooms.Visitor, id rooms.ID, alt string, r io.Reader) (rooms.GIF, error) {
	a.n.Add(1)
	return a.Chat.AddGIF(ctx, v, id, alt, r)
}

// A stored file without a message would stay until the sweep.
func TestGIF_beyond_the_room_rate_is_not_stored(t *testing.T) {
	var chat adding
	h := open(t, func(cfg *settings) {
		chat.Chat, cfg.Chat = cfg.Chat, &chat
		cfg.Limits.Room = ratelimit.Rate{Burst: 1, Each: time.Hour}
	})
	room := h.visitor(t).makeRoom("방", "")
	guest := h.visitor(t)
	guest.get(room)
	for i, want := range []int{http.StatusUnsupportedMediaType, http.StatusOK, http.StatusTooManyRequests} {
		content := smallGIF
		if i == 0 {
			content = "no GIF" // its charge is refunded
		}
		kind, body := upload("x.gif", content)
		if got := guest.send("POST", room+"/gif", body, "Content-Type", kind); got.StatusCode != want {
			t.Errorf("upload %d: got %d %q, want %d", i+1, got.StatusCode, got.body, want)
		}
	}
	if n := chat.n.Load(); n != 2 {
		t.Errorf("uploads that reached the chat: got %d, want 2", n)
	}
}

func TestGIF_is_checked_and_served_to_members(t *testing.T) {
	h := open(t, nil)
	owner, stranger := h.visitor(t), h.visitor(t)
	room := owner.makeRoom("방", "pw")
	tests := []struct {
		name, file, content string
		who                 *browser
		status              int
	}{
		{"a GIF", "고양이.gif", smallGIF, owner, 200},
		{"a page with the name of a GIF", "x.gif", "<script>alert(1)</script>", owner, 415},
		{"nothing", "x.gif", "", owner, 415},
		{"too large", "x.gif", smallGIF[:19] + strings.Repeat("!\xfe\xff"+strings.Repeat("x", 255)+"\x00", 21_000) + smallGIF[19:], owner, 413},
		{"not a member's", "x.gif", smallGIF, stranger, 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			kind, body := upload(tt.file, tt.content)
			got := tt.who.send("POST", room+"/gif", body, "Content-Type", kind)
			if got.StatusCode != tt.status {
				t.Errorf("got %d %q, want %d", got.StatusCode, got.body, tt.status)
			}
		})
	}
	page := owner.get(room).body
	at := strings.Index(page, `src="/gif/`)
	if at < 0 {
		t.Fatalf("room: got %s, want the GIF in it", page)
	}
	path := page[at+5 : at+5+len("/gif/0123456789abcdef01234567.gif")]
	t.Run("is served inert, to members only", func(t *testing.T) {
		got := owner.get(path)
		for name, want := range map[string]string{
			"Content-Type": "image/gif", "X-Content-Type-Options": "nosniff",
			"Content-Security-Policy":      "default-src 'none'; sandbox",
			"Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "private, no-cache",
		} {
			if got.Header.Get(name) != want {
				t.Errorf("%s: got %q, want %q", name, got.Header.Get(name), want)
			}
		}
		if got.body != smallGIF {
			t.Errorf("body: got %q, want the GIF %q", got.body, smallGIF)
		}
		if got := stranger.get(path); got.StatusCode != 404 {
			t.Errorf("not a member: got %d, want 404", got.StatusCode)
		}
	})
}

func TestErrors_on_pages_leak_nothing(t *testing.T) {
	h := open(t, nil)
	v := h.visitor(t)
	got := v.get("/nope?password=hush")
	if got.StatusCode != 404 || !strings.Contains(got.body, "GET /nope 라우터가 없습니다.") {
		t.Errorf("GET /nope: got %d, want 404 with the path", got.StatusCode)
	}
	for _, leak := range []string{".go:", "goroutine", "hush", "gin"} {
		if strings.Contains(got.body, leak) {
			t.Errorf("page: got %q in it, want nothing about the server", leak)
		}
	}
	if got := v.send("PUT", "/room", nil); got.StatusCode != 405 {
		t.Errorf("PUT /room: got %d, want 405", got.StatusCode)
	}
	h.sessions.mu.Lock()
	h.sessions.fail = errors.New("disk on fire at /var/lib")
	h.sessions.mu.Unlock()
	if got := v.get(missing); got.StatusCode != 503 || strings.Contains(got.body, "fire") {
		t.Errorf("while the store fails: got %d %s, want 503 without the error", got.StatusCode, got.body)
	}
	if got := v.get("/public/x/../../handlers/errors.go"); got.StatusCode == 200 {
		t.Error("a path outside public: got 200, want a refusal")
	}
}
