package handlers_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gifchat/ratelimit"
	"gifchat/rooms"
)

// company is a room that Ann owns, with Bob in it, both with a socket.
type company struct {
	*testServer
	room, path         string
	ann, bob           *browser
	annSocket, bobSock *wire
	annColor, bobColor string
}

func openCompany(t *testing.T) company {
	t.Helper()
	c := company{testServer: open(t, nil)}
	c.ann, c.bob = c.visitor(t), c.visitor(t)
	c.path = c.ann.makeRoom("방", "")
	c.room = strings.TrimPrefix(c.path, "/room/")
	c.bob.get(c.path)
	color := func(s *wire) string {
		s.send(`42/chat,1["join","` + c.room + `"]`)
		_, rest, _ := strings.Cut(s.until(`43/chat,1[`), `"user":"`)
		return rest[:7]
	}
	c.annSocket = c.dial(t, "/chat", "", c.ann)
	c.annColor = color(c.annSocket)
	c.bobSock = c.dial(t, "/chat", "", c.bob)
	c.bobColor = color(c.bobSock)
	c.annSocket.until(`["join"`)
	return c
}

func TestEvents_of_people_reach_the_room(t *testing.T) {
	c := openCompany(t)
	a, b := c.annSocket, c.bobSock
	b.send(`42/chat,2["nick","철수"]`)
	b.until(`43/chat,2[{"ok":true,"nick":"철수"}]`)
	a.expect(`42/chat,["notice",{"room":"` + c.room + `","user":"system",*"topic":"named","person":"` + c.bobColor + `"},"*"]`)
	a.until(`"nick":"철수"}]}`) // participants
	a.send(`42/chat,3["nick",{"nick":"철 수"}]`)
	a.until(`43/chat,3[{"ok":false,"reason":"nick_taken"`)

	b.send(`42/chat,4["chat",{"chat":"helo"}]`)
	_, rest, _ := strings.Cut(b.until(`43/chat,4[{"ok":true`), `"seq":`)
	seq, _, _ := strings.Cut(rest, `}`)
	a.until(`"nick":"철수"},`)
	b.send(`42/chat,5["edit",{"seq":` + seq + `,"chat":"hello"}]`)
	b.until(`43/chat,5[{"ok":true`)
	a.expect(`42/chat,["edit",{*"chat":"hello",*"kind":"edit",*"target":` + seq + `},"*"]`)
	a.send(`42/chat,6["edit",{"seq":` + seq + `,"chat":"x"}]`)
	a.expect(`43/chat,6[{"ok":false,"reason":"not_yours",*`)
	a.send(`42/chat,7["remove",{"seq":` + seq + `}]`)
	b.until(`42/chat,["remove",{`)
	a.until(`43/chat,7[{"ok":true`)

	a.send(`42/chat,8["whisper",{"to":"` + c.bobColor + `","chat":"쉿","clientId":"w"}]`)
	b.expect(`42/chat,["whisper",{"room":"` + c.room + `","n":1,"from":"` + c.annColor + `","to":"` + c.bobColor + `","toNick":"철수","chat":"쉿","_id":"*","createdAt":"*Z"},"*"]`)
	a.until(`43/chat,8[{"ok":true,`)
	b.send(`42/chat,9["whispers"]`)
	b.expect(`43/chat,9[{"ok":true,"whispers":[{*"chat":"쉿"*}],"more":false}]`)

	// A page that is loaded again receives the present state.
	b.send(`42/chat,10["join","` + c.room + `"]`)
	b.expect(`43/chat,10[{*"nick":"철수",*"whispers":1}]`)
	again := c.dial(t, "/chat", "", c.bob)
	again.send(`42/chat,1["join","` + c.room + `"]`)
	if got := again.until(`43/chat,1[`); !strings.Contains(got, `"nick":"철수"`) || !strings.Contains(got, `"whispers":1}`) {
		t.Errorf("join in another tab: got %s, want the name and one whisper", got)
	}
}

func TestEvents_of_moderation_are_for_the_owner(t *testing.T) {
	c := openCompany(t)
	a, b := c.annSocket, c.bobSock
	for _, event := range []string{"kick", "ban", "unban", "mute", "unmute", "delegate"} {
		b.send(`42/chat,2["` + event + `",{"person":"` + c.annColor + `"}]`)
		b.until(`43/chat,2[{"ok":false,"reason":"not_owner"`)
	}
	for _, event := range []string{"bans", "tokens", "token", "settings"} {
		b.send(`42/chat,2["` + event + `"]`)
		b.until(`43/chat,2[{"ok":false,"reason":"not_owner"`)
	}
	a.send(`42/chat,3["mute",{"person":"` + c.bobColor + `","for":60000}]`)
	a.until(`43/chat,3[{"ok":true}]`)
	b.send(`42/chat,4["chat","x"]`)
	if got := b.until(`43/chat,4[`); !strings.Contains(got, `"reason":"muted"`) || !strings.Contains(got, `"retryAfter":`) {
		t.Errorf("chat while muted: got %s, want muted with retryAfter", got)
	}
	a.send(`42/chat,5["settings",{"frozen":true,"title":"새 제목","max":7}]`)
	a.until(`43/chat,5[{"ok":true,"state":{"room":"` + c.room + `","title":"새 제목","max":7,`)
	b.until(`42/chat,["room",{`)
	a.send(`42/chat,6["settings",{"max":1}]`)
	a.until(`43/chat,6[{"ok":false,"reason":"invalid"`)
	a.send(`42/chat,7["ban",{"person":"` + c.bobColor + `"}]`)
	b.until(`42/chat,["kicked",{"room":"` + c.room + `","reason":"banned"}`)
	b.expect(`41/chat,`)
	a.until(`43/chat,7[{"ok":true}]`)
	a.send(`42/chat,8["bans"]`)
	a.until(`43/chat,8[{"ok":true,"people":[{"color":"` + c.bobColor + `"`)

	if got := c.bob.get(c.path); got.StatusCode != http.StatusFound || !strings.Contains(got.Header.Get("Location"), "/?error=") {
		t.Errorf("page for a banned member: got %d to %s, want 302 to /?error=", got.StatusCode, got.Header.Get("Location"))
	}
	if got := c.bob.get(c.path + "/messages"); got.StatusCode != http.StatusForbidden || got.Header.Get("X-Reason") != "banned" {
		t.Errorf("history for a banned member: got %d, %q, want 403 banned", got.StatusCode, got.Header.Get("X-Reason"))
	}
	again := c.dial(t, "/chat", "", c.bob)
	again.send(`42/chat,1["join","` + c.room + `"]`)
	again.until(`43/chat,1[{"ok":false,"reason":"banned"`)
}

func TestLogout_passes_owned_rooms_on(t *testing.T) {
	c := openCompany(t)
	c.ann.post("/logout", nil)
	c.annSocket.expect(`41/chat,`)
	c.bobSock.until(`"topic":"owner","person":"` + c.bobColor + `"`)
	c.bobSock.send(`42/chat,2["settings",{"frozen":true}]`)
	c.bobSock.until(`43/chat,2[{"ok":true`)
}

func TestToken_lets_a_program_post(t *testing.T) {
	c := openCompany(t)
	a := c.annSocket
	a.send(`42/chat,2["token",{"nick":"날씨봇"}]`)
	_, rest, _ := strings.Cut(a.until(`43/chat,2[{"ok":true`), `"token":"`)
	token, _, _ := strings.Cut(rest, `"`)

	post := func(token, path string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.URL+path, strings.NewReader(`{"chat":"맑음"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "bearer "+token)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if cookies := answer.Cookies(); len(cookies) > 0 {
			t.Errorf("cookies for a program: got %v, want none", cookies)
		}
		return answer.StatusCode
	}
	a.send(`42/chat,3["settings",{"max":3}]`)
	a.until(`43/chat,3[{"ok":true`)
	other := c.ann.makeRoom("다른 방", "")
	before := c.sessions.count()
	if got := post(token, c.path+"/chat"); got != http.StatusOK {
		t.Errorf("with the token: got %d, want 200", got)
	}
	a.until(`"chat":"맑음"`)
	for name, test := range map[string]struct {
		token, path string
		want        int
	}{
		"another room":  {token, other + "/chat", http.StatusForbidden},
		"another token": {"x" + token, c.path + "/chat", http.StatusForbidden},
		"no token":      {"", c.path + "/chat", http.StatusForbidden},
	} {
		if got := post(test.token, test.path); got != test.want {
			t.Errorf("%s: got %d, want %d", name, got, test.want)
		}
	}
	if got := c.sessions.count(); got != before {
		t.Errorf("sessions of programs: got %d, want 0", got-before)
	}

	bot := c.dial(t, "/chat", `{"room":"`+c.room+`","token":"`+token+`"}`, nil)
	a.until(`["join"`)
	bot.send(`42/chat,1["chat","by socket"]`)
	bot.until(`43/chat,1[{"ok":true`)
}

// interrupter is a chat that calls then after it has found a member, and before the caller
// can use the answer.
type interrupter struct {
	rooms.Chat
	asked atomic.Int64
	then  atomic.Pointer[func(asked int64)]
}

func (m *interrupter) Member(ctx context.Context, v rooms.Visitor, id rooms.ID) (rooms.Member, error) {
	member, err := m.Chat.Member(ctx, v, id)
	if then := m.then.Load(); then != nil {
		(*then)(m.asked.Add(1))
	}
	return member, err
}

// Row A8, for a socket in another room as well, which is therefore not disconnected.
func TestJoin_again_during_a_kick_receives_nothing(t *testing.T) {
	m := &interrupter{}
	h := open(t, func(c *settings) { m.Chat, c.Chat = c.Chat, m })
	ann, bob := h.visitor(t), h.visitor(t)
	room, other := strings.TrimPrefix(ann.makeRoom("방", ""), "/room/"), strings.TrimPrefix(ann.makeRoom("다른 방", ""), "/room/")
	bob.get("/")
	a, b := h.dial(t, "/chat", `{"room":"`+room+`"}`, ann), h.dial(t, "/chat", "", bob)
	a.until(`["participants"`) // Ann is in the room before Bob
	for _, id := range []string{other, room} {
		b.send(`42/chat,1["join","` + id + `"]`)
		b.until(`43/chat,1[{"ok":true`)
	}
	_, rest, _ := strings.Cut(a.until(`"participants":2`), `"person":"`)
	kick := func(asked int64) {
		if asked == 2 { // the first call is before the socket's rooms are checked
			a.send(`42/chat,2["kick",{"person":"` + rest[:7] + `"}]`)
			a.until(`43/chat,2[{"ok":true}]`)
		}
	}
	m.then.Store(&kick)
	b.send(`42/chat,3["join","` + room + `"]`)
	b.until(`["kicked",`)
	b.until(`43/chat,3[{"ok":false,"reason":"forbidden"`)
	b.until(`["error-message",`)
	a.send(`42/chat,4["chat","after the kick"]`)
	a.until(`43/chat,4[{"ok":true`)
	b.send(`42/chat,5["leave"]`)
	for got := b.until(``); !strings.HasPrefix(got, `43/chat,5`); got = b.until(``) {
		if !strings.Contains(got, other) { // Bob is still in the other room
			t.Errorf("Bob after the kick: got %s, want nothing of the room", got)
		}
	}
}

// closing is a chat that can refuse a member on arrival, or altogether.
type closing struct {
	rooms.Chat
	full, shut atomic.Bool
}

func (c *closing) Arrive(ctx context.Context, v rooms.Visitor, id rooms.ID) (rooms.Member, *rooms.Visit, error) {
	if c.full.Load() {
		return rooms.Member{}, nil, rooms.ErrFull
	}
	return c.Chat.Arrive(ctx, v, id)
}

func (c *closing) Member(ctx context.Context, v rooms.Visitor, id rooms.ID) (rooms.Member, error) {
	if c.shut.Load() {
		return rooms.Member{}, rooms.ErrForbidden
	}
	return c.Chat.Member(ctx, v, id)
}

// The client of a recovered socket takes itself to be in all its rooms.
func TestRecovery_notifies_of_rooms_that_refuse(t *testing.T) {
	for reason, refuse := range map[string]func(*closing){
		"full":      func(c *closing) { c.full.Store(true) },
		"forbidden": func(c *closing) { c.shut.Store(true) },
	} {
		t.Run(reason, func(t *testing.T) {
			chat := &closing{}
			h := open(t, func(c *settings) { chat.Chat, c.Chat = c.Chat, chat })
			bob := h.visitor(t)
			room := strings.TrimPrefix(bob.makeRoom("방", ""), "/room/")
			w := h.dial(t, "/", "", bob)
			w.send(`40/chat,{"room":"` + room + `"}`)
			_, rest, _ := strings.Cut(w.until(`40/chat,`), `"pid":"`)
			pid, _, _ := strings.Cut(rest, `"`)
			w.until(`["participants"`)
			_ = w.CloseNow()
			refuse(chat)
			w = h.dial(t, "/", "", bob)
			w.send(`40/chat,{"pid":"` + pid + `"}`)
			w.expect(`42/chat,["error-message",{"ok":false,"reason":"` + reason + `","message":"*","room":"` + room + `"},"*"]`)
		})
	}
}

// The hash of a password costs the server as much as a new room.
func TestSettings_passwords_have_the_rate_of_new_rooms(t *testing.T) {
	h := open(t, func(c *settings) { c.Limits.CreateVisitor = ratelimit.Rate{Burst: 3, Each: time.Minute} })
	ann := h.visitor(t)
	room := strings.TrimPrefix(ann.makeRoom("방", ""), "/room/") // the first
	w := h.dial(t, "/chat", `{"room":"`+room+`"}`, ann)
	for i := range 5 {
		w.send(fmt.Sprintf(`42/chat,%d["settings",{"room":"%s","password":"p%d"}]`, i, room, i))
		want := `"ok":true`
		if i >= 2 {
			want = "rate_limited"
		}
		if got := w.until(fmt.Sprintf("43/chat,%d[", i)); !strings.Contains(got, want) {
			t.Errorf("password %d: got %s, want %s", i, got, want)
		}
	}
	w.send(`42/chat,9["settings",{"room":"` + room + `","password":"","frozen":true}]`)
	if got := w.until("43/chat,9["); !strings.Contains(got, `"ok":true`) {
		t.Errorf("settings without a password: got %s, want ok", got)
	}
}
