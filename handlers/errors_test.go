package handlers_test

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"gifchat/handlers/input"
	"gifchat/rooms"
)

// leak matches what an answer must not contain: paths, versions, stack traces, and errors
// of the store.
var leak = regexp.MustCompile(`/var/|/home/|/tmp/|handlers/|rooms/rooms|\.go\b|(?i)goroutine|runtime|panic|sqlite|SELECT |go1\.\d|\bv\d+\.\d|gin-gonic|0x[0-9a-f]{4}|open chat\.db`)

// quiet checks a refusal: a page for browsers that navigate, or a line of text, without
// anything about the server.
func quiet(t *testing.T, what string, got answer, status int, page bool) {
	t.Helper()
	if got.StatusCode != status {
		t.Errorf("%s: got %d, want %d: %.200s", what, got.StatusCode, status, got.body)
	}
	kind := "text/plain; charset=utf-8"
	if page {
		kind = "text/html; charset=utf-8"
	}
	if got.Header.Get("Content-Type") != kind || strings.Contains(got.body, "<") != page || got.body == "" {
		t.Errorf("%s: got %s: %.200s, want %s", what, got.Header.Get("Content-Type"), got.body, kind)
	}
	if found := leak.FindString(got.body); found != "" {
		t.Errorf("%s: got %q in the body, want nothing about the server", what, found)
	}
	for name, values := range got.Header {
		if name == "Set-Cookie" {
			continue // random
		}
		if found := leak.FindString(strings.Join(values, " ")); found != "" || name == "Server" || name == "X-Powered-By" {
			t.Errorf("%s: got header %s %q, want nothing about the server", what, name, values)
		}
	}
}

// Row W7, for bodies that are too large.
func TestErrors_of_large_bodies_leak_nothing(t *testing.T) {
	h := open(t, nil)
	v := h.visitor(t)
	room := v.makeRoom("방", "")
	large := strings.Repeat("x", input.MaxForm+1)
	kind, file := upload("x.gif", smallGIF[:len(smallGIF)-1]+strings.Repeat("!\xfe\x80"+strings.Repeat("x", 128)+"\x00", 6<<20/132))
	form := file.String()
	for _, tt := range []struct{ name, path, kind, body string }{
		{"a form", "/room", formType, "max=2&title=" + large},
		{"JSON", "/room", "application/json", `{"title":"` + large + `"}`},
		{"a message", room + "/chat", formType, "chat=" + large},
		{"a message in JSON", room + "/chat", "application/json", `{"chat":"` + large + `"}`},
		{"a password", room + "/enter", formType, "password=" + large},
		{"an upload", room + "/gif", kind, form},
	} {
		for accept, page := range map[string]bool{"text/html,*/*": true, "application/json": false} {
			got := v.send("POST", tt.path, strings.NewReader(tt.body), "Content-Type", tt.kind, "Accept", accept)
			quiet(t, tt.name+" for "+accept, got, http.StatusRequestEntityTooLarge, page)
			if reason := got.Header.Get("X-Reason"); reason != "too_large" {
				t.Errorf("%s: got reason %q, want too_large", tt.name, reason)
			}
		}
	}
}

// broken is a chat that fails with the errors of how.
type broken struct {
	rooms.Chat
	how func() error // no error while nil
}

func (b *broken) fail() error {
	if b.how == nil {
		return nil
	}
	return b.how()
}

func (b *broken) List(ctx context.Context, p rooms.RoomPage) ([]rooms.Listing, error) {
	if err := b.fail(); err != nil {
		return nil, err
	}
	return b.Chat.List(ctx, p)
}

func (b *broken) Member(ctx context.Context, v rooms.Visitor, id rooms.ID) (rooms.Member, error) {
	if err := b.fail(); err != nil {
		return rooms.Member{}, err
	}
	return b.Chat.Member(ctx, v, id)
}

func (b *broken) Create(ctx context.Context, v rooms.Visitor, n rooms.NewRoom) (rooms.Room, error) {
	if err := b.fail(); err != nil {
		return rooms.Room{}, err
	}
	return b.Chat.Create(ctx, v, n)
}

func (b *broken) Enter(context.Context, rooms.Visitor, rooms.ID, string) (rooms.Member, error) {
	return rooms.Member{}, b.fail()
}

func (b *broken) Post(context.Context, rooms.Visitor, rooms.ID, rooms.Draft) (rooms.Stored, error) {
	return rooms.Stored{}, b.fail()
}

func (b *broken) History(context.Context, rooms.Visitor, rooms.ID, rooms.Page) ([]rooms.Message, error) {
	return nil, b.fail()
}

func (b *broken) GIF(context.Context, rooms.Visitor, string) (rooms.GIF, rooms.GIFFile, error) {
	return rooms.GIF{}, nil, b.fail()
}

func (b *broken) Remove(context.Context, rooms.Visitor, rooms.ID) error { return b.fail() }

// Row W7, for errors of the server: they are in the log and in no answer.
func TestErrors_of_the_server_leak_nothing(t *testing.T) {
	const inside = "open chat.db: sqlite: SELECT x FROM rooms: /var/lib/gifchat: go1.26 v1.2.3 handlers/room.go:12 0xc000123456"
	for name, how := range map[string]func() error{
		"an unknown error":       func() error { return errors.New(inside) },
		"a panic":                func() error { panic(inside) },
		"a panic of the runtime": func() error { return errors.New(strings.Fields("")[0]) }, // index out of range
	} {
		t.Run(name, func(t *testing.T) {
			chat := &broken{}
			h := open(t, func(c *settings) { chat.Chat, c.Chat = c.Chat, chat })
			v := h.visitor(t)
			room := v.makeRoom("방", "")
			chat.how = how
			kind, file := upload("x.gif", smallGIF)
			for _, tt := range []struct {
				method, path, kind, body string
				neverPage                bool
			}{
				{"GET", "/", "", "", false},
				{"GET", room, "", "", false},
				{"POST", "/room", formType, "title=a&max=2", false},
				{"POST", "/room", "application/json", `{"title":"a"}`, false},
				{"POST", room + "/enter", formType, "password=a", false},
				{"POST", room + "/chat", formType, "chat=a", false},
				{"POST", room + "/chat", "application/json", `{"chat":"a"}`, false},
				{"POST", room + "/gif", kind, file.String(), false},
				{"POST", room + "/remove", formType, "", false},
				{"DELETE", room, "", "", false},
				{"GET", room + "/messages", "", "", true},
				{"GET", "/gif/0123456789abcdef01234567.gif", "", "", true},
			} {
				for accept, navigates := range map[string]bool{"text/html,*/*": true, "application/json": false} {
					lines := strings.Count(h.log.String(), "level=ERROR")
					what := tt.method + " " + strings.ReplaceAll(tt.path, room, "/room/…") + " for " + accept
					got := v.send(tt.method, tt.path, strings.NewReader(tt.body), "Content-Type", tt.kind, "Accept", accept)
					page := !tt.neverPage && (navigates || tt.method == "GET")
					quiet(t, what, got, http.StatusInternalServerError, page)
					if reason := got.Header.Get("X-Reason"); reason != "internal" {
						t.Errorf("%s: got reason %q, want internal", what, reason)
					}
					if strings.Count(h.log.String(), "level=ERROR") == lines {
						t.Errorf("%s: got no line in the log, want one", what)
					}
				}
			}
			if name == "an unknown error" { // package socketio recovers from a panic in an event
				w := h.dial(t, "/chat", "", v)
				w.send(`42/chat,1["chat",{"room":"` + room[len("/room/"):] + `","chat":"a"}]`)
				got := w.until(`43/chat,1[`)
				if found := leak.FindString(got); found != "" || !strings.Contains(got, `"reason":"internal"`) {
					t.Errorf("an event: got %s, want reason internal and nothing about the server", got)
				}
			}
			if !strings.Contains(h.log.String(), "SELECT") && name != "a panic of the runtime" {
				t.Errorf("log: got %s, want the error in it", h.log)
			}
		})
	}
}
