package handlers_test

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"gifchat/rooms"
)

// leak is what an answer must not have in it: paths, versions, traces, and what
// the store says.
var leak = regexp.MustCompile(`/var/|/home/|/tmp/|handlers/|rooms/rooms|\.go\b|(?i)goroutine|runtime|panic|sqlite|SELECT |go1\.\d|\bv\d+\.\d|gin-gonic|0x[0-9a-f]{4}|open chat\.db`)

// quiet checks a refusal: a page for browsers that navigate, else a line of text,
// and in neither anything about the server.
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
		t.Errorf("%s: got %s: %.200s", what, got.Header.Get("Content-Type"), got.body)
	}
	if found := leak.FindString(got.body); found != "" {
		t.Errorf("%s: the body says %q", what, found)
	}
	for name, values := range got.Header {
		if name == "Set-Cookie" {
			continue // random
		}
		if found := leak.FindString(strings.Join(values, " ")); found != "" || name == "Server" || name == "X-Powered-By" {
			t.Errorf("%s: the header %s says %q", what, name, values)
		}
	}
}

// Row W7, of bodies that are too large.
func TestErrors_of_large_bodies_leak_nothing(t *testing.T) {
	h := open(t, nil)
	v := h.visitor(t)
	room := v.makeRoom("방", "")
	large := strings.Repeat("x", maxFormSize+1)
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
				t.Errorf("%s: the reason is %q", tt.name, reason)
			}
		}
	}
}

// maxFormSize is the largest form: maxForm.
const maxFormSize = 64 << 10

// broken is a chat that fails as no chat should.
type broken struct {
	rooms.Chat
	how func() error // none while nil
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

// Row W7, of what goes wrong in the server: it is in the log, and nowhere else.
func TestErrors_of_the_server_leak_nothing(t *testing.T) {
	const inside = "open chat.db: sqlite: SELECT x FROM rooms: /var/lib/gifchat: go1.26 v1.2.3 handlers/room.go:12 0xc000123456"
	for name, how := range map[string]func() error{
		"an error nobody knows": func() error { return errors.New(inside) },
		"a panic":               func() error { panic(inside) },
		"a mistake":             func() error { return errors.New(strings.Fields("")[0]) }, // a panic of the runtime's own
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
				never                    bool // a page
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
					page := !tt.never && (navigates || tt.method == "GET")
					quiet(t, what, got, http.StatusInternalServerError, page)
					if reason := got.Header.Get("X-Reason"); reason != "internal" {
						t.Errorf("%s: the reason is %q", what, reason)
					}
					if strings.Count(h.log.String(), "level=ERROR") == lines {
						t.Errorf("%s: nothing is in the log", what)
					}
				}
			}
			if name == "an error nobody knows" { // a panic in an event is the engine's to survive
				w := h.dial(t, "/chat", "", v)
				w.send(`42/chat,1["chat",{"room":"` + room[len("/room/"):] + `","chat":"a"}]`)
				got := w.until(`43/chat,1[`)
				if found := leak.FindString(got); found != "" || !strings.Contains(got, `"reason":"internal"`) {
					t.Errorf("an event is answered %s", got)
				}
			}
			if !strings.Contains(h.log.String(), "SELECT") && name != "a mistake" {
				t.Error("the log does not say what failed")
			}
		})
	}
}
