package handlers_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"gifchat/handlers/notice"
	"gifchat/ratelimit"
	"gifchat/rooms"

	"github.com/coder/websocket"
)

// wire is a client that sends and receives Socket.IO packets by hand.
type wire struct {
	t *testing.T
	*websocket.Conn
}

// dial connects to a namespace with the cookies of a browser, which may be nil.
func (h *testServer) dial(t *testing.T, namespace, auth string, b *browser, headers ...string) *wire {
	t.Helper()
	header := http.Header{}
	if b != nil {
		u, _ := url.Parse(h.URL)
		for _, c := range b.Jar.Cookies(u) {
			header.Add("Cookie", c.Name+"="+c.Value)
		}
	}
	for i := 0; i < len(headers); i += 2 {
		header.Set(headers[i], headers[i+1])
	}
	conn, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(h.URL, "http")+"/socket.io/?EIO=4&transport=websocket",
		&websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	t.Cleanup(func() { _ = conn.CloseNow() })
	w := &wire{t, conn}
	if namespace == "/" {
		w.send("40" + auth)
	} else {
		w.send("40" + namespace + "," + auth)
	}
	w.until("40")
	return w
}

func (w *wire) send(packet string) {
	w.t.Helper()
	if err := w.Write(w.t.Context(), websocket.MessageText, []byte(packet)); err != nil {
		w.t.Fatal(err)
	}
}

// until reads packets until one contains the text.
func (w *wire) until(text string) string {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	for {
		_, data, err := w.Read(ctx)
		if err != nil {
			w.t.Fatalf("waiting for %s: %v", text, err)
		}
		if strings.Contains(string(data), text) {
			return string(data)
		}
	}
}

// packetHead matches the beginning of a packet: its type, namespace, id and the name of
// an event. Events about people who come and go may arrive before the packet that a test
// waits for.
var packetHead = regexp.MustCompile(`^[^[]*\[("[A-Za-z-]+")?`)

// expect waits for a packet that begins as pattern, and compares it. * stands for any
// text.
func (w *wire) expect(pattern string) {
	w.t.Helper()
	got := w.until(packetHead.FindString(pattern))
	if !regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$").MatchString(got) {
		w.t.Errorf("\n got %s\nwant %s", got, pattern)
	}
}

func TestJoin_answers_each_argument(t *testing.T) {
	h := open(t, nil)
	owner, guest := h.visitor(t), h.visitor(t)
	private := strings.TrimPrefix(owner.makeRoom("방", "pw"), "/room/")
	guest.get("/")
	w := h.dial(t, "/chat", "", guest, "Accept-Language", "en")

	tests := []struct{ name, argument, answer string }{
		{"no password", `"` + private + `"`, `[{"ok":false,"reason":"wrong_password","message":"Wrong password."}]`},
		{"wrong password", `{"room":"` + private + `","password":"x"}`, `[{"ok":false,"reason":"wrong_password","message":"Wrong password."}]`},
		{"no such room", `"0123456789abcdef01234567"`, `[{"ok":false,"reason":"not_found","message":"There is no such room."}]`},
		{"a list", `["` + private + `"]`, `[{"ok":false,"reason":"invalid","field":"argument","message":"That request is not valid."}]`},
		{"a number", `7`, `[{"ok":false,"reason":"invalid","field":"argument","message":"That request is not valid."}]`},
		{"a room of another shape", `{"room":{"$ne":1}}`, `[{"ok":false,"reason":"invalid","field":"argument","message":"That request is not valid."}]`},
		{"a long one", `{"room":"` + private + `","password":"` + strings.Repeat("x", 64<<10) + `"}`, `[{"ok":false,"reason":"invalid","field":"argument","message":"That is too long."}]`},
		{"null", `null`, `[{"ok":false,*`},
		{"the right one", `{"room":"` + private + `","password":"pw"}`, `[{"ok":true,"room":"` + private + `","user":"#*","people":["#*"],"seq":1,"members":[{"color":"#*"}],"state":{"room":"` + private + `","title":"방","max":2,"owner":"#*","private":true,"frozen":false,"keep":false,"closed":false},"whispers":0}]`},
		{"again", `{"room":"` + private + `","after":0}`, `[{"ok":true,"room":"` + private + `","user":"#*","people":["#*"],"seq":1,*,"messages":[{*]}]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w.t = t
			w.send(`42/chat,1["join",` + tt.argument + `]`)
			w.expect("43/chat,1" + tt.answer)
		})
	}
}

func TestChat_acknowledges_in_order_and_once(t *testing.T) {
	h := openWith(t, rooms.Options{EmptyGrace: -1, LeaveGrace: -1}, func(c *settings) { // exit is emitted at once
		c.Limits.Visitor = ratelimit.Rate{Burst: 30, Each: time.Hour}
	})
	ann, bob := h.visitor(t), h.visitor(t)
	path := ann.makeRoom("방", "")
	room := strings.TrimPrefix(path, "/room/")
	bob.get(path)

	a := h.dial(t, "/chat", `{"room":"`+room+`"}`, ann)
	a.until(`"participants"`)
	b := h.dial(t, "/chat", "", bob, "Referer", h.URL+path+"?password=x")
	a.expect(`42/chat,["join",{"user":"system","chat":"#*님이 입장하셨습니다.","participants":2,"person":"#*","room":"*","_id":"*","createdAt":"*Z","seq":2},"*"]`)

	a.send(`42/chat,1["chat",{"room":"` + room + `","chat":"안녕","clientId":"c1"}]`)
	first := a.until("43/chat,1[")
	b.expect(`42/chat,["chat",{"room":"` + room + `","user":"#*","chat":"안녕","_id":"*","createdAt":"*Z","__v":0,"clientId":"c1","seq":*,"kind":"text"},"*"]`)
	a.send(`42/chat,2["chat",{"chat":"안녕","clientId":"c1"}]`)
	if second := a.until("43/chat,2["); strings.TrimPrefix(second, "43/chat,2") != strings.TrimPrefix(first, "43/chat,1") {
		t.Errorf("a retry: got %s, want the answer %s again", second, first)
	}
	b.send(`42/chat,1["chat","짧게"]`)
	b.expect(`43/chat,1[{"ok":true,"_id":"*","seq":*}]`)
	b.send(`42/chat,2["chat",""]`)
	b.expect(`43/chat,2[{"ok":false,"reason":"invalid","field":"text","message":"내용이 비어 있습니다."}]`)
	b.send(`42/chat,3["sync",{"after":0}]`)
	b.expect(`43/chat,3[{"ok":true,"messages":[{*],"more":false}]`)
	b.send(`42/chat,4["leave"]`)
	b.expect(`43/chat,4[{"ok":true}]`)
	a.until(`"exit"`)

	for i := range 50 {
		a.send(`42/chat,9["sync",{"after":` + string(rune('0'+i%10)) + `}]`)
	}
	a.expect(`43/chat,9[*`)
	if refused := a.until("rate_limited"); !strings.Contains(refused, `"retryAfter":`) {
		t.Errorf("refusal: got %s, want retryAfter", refused)
	}
	if got := ann.send("DELETE", path, nil); got.StatusCode != 200 {
		t.Fatalf("DELETE: got %d, want 200", got.StatusCode)
	}
	a.until(`"removeRoom"`)
}

func TestSync_from_the_first_message_has_no_gap(t *testing.T) {
	h := open(t, nil)
	ann := h.visitor(t)
	room := strings.TrimPrefix(ann.makeRoom("방", ""), "/room/")
	session := rooms.Visitor{Session: "a stranger's", Color: "#123456"}
	if _, err := h.chat.Enter(t.Context(), session, rooms.ID(room), ""); err != nil {
		t.Fatal(err)
	}
	for range 1030 {
		if _, err := h.chat.Post(t.Context(), session, rooms.ID(room), rooms.Draft{Text: "hi"}); err != nil {
			t.Fatal(err)
		}
	}
	w := h.dial(t, "/chat", "", ann)
	w.send(`42/chat,1["join",{"room":"` + room + `","after":0}]`)
	got := w.until("43/chat,1[")
	first := strings.Count(got, `"_id"`) // as many as fit
	if first < 500 || first > 1000 || !strings.Contains(got, `"seq":1,`) || !strings.Contains(got, `"more":true`) {
		t.Errorf("join: got %d in %.300s…, want the first ones", first, got)
	}
	w.send(fmt.Sprintf(`42/chat,2["sync",{"after":%d}]`, first))
	if got := w.until("43/chat,2["); !strings.Contains(got, fmt.Sprintf(`"seq":%d,`, first+1)) || !strings.Contains(got, `"more":false`) {
		t.Errorf("sync: got %.300s…, want the rest", got)
	}
}

func TestSocket_leaves_removed_rooms(t *testing.T) {
	h := open(t, nil)
	ann := h.visitor(t)
	w := h.dial(t, "/chat", "", ann)
	stays := strings.TrimPrefix(ann.makeRoom("방", ""), "/room/")
	w.send(`42/chat,0["join","` + stays + `"]`)
	w.expect(`43/chat,0[{"ok":true,*`)
	for i := range 20 { // a socket may be in 16 rooms
		path := ann.makeRoom("방", "")
		w.send(`42/chat,1["join","` + strings.TrimPrefix(path, "/room/") + `"]`)
		if got := w.until("43/chat,1["); !strings.Contains(got, `"ok":true`) {
			t.Fatalf("join of room %d: got %s, want ok", i, got)
		}
		if got := ann.send("DELETE", path, nil); got.StatusCode != 200 {
			t.Fatalf("DELETE: got %d %s, want 200", got.StatusCode, got.body)
		}
	}
	w.send(`42/chat,2["chat","nowhere"]`)
	w.expect(`43/chat,2[{"ok":false,"reason":"not_found",*`)
}

func TestSocket_in_no_other_room_is_disconnected_from_a_removed_room(t *testing.T) {
	h := open(t, nil)
	ann := h.visitor(t)
	path := ann.makeRoom("방", "")
	w := h.dial(t, "/chat", `{"room":"`+strings.TrimPrefix(path, "/room/")+`"}`, ann)
	w.until(`"participants"`)
	if got := ann.send("DELETE", path, nil); got.StatusCode != 200 {
		t.Fatalf("DELETE: got %d %s, want 200", got.StatusCode, got.body)
	}
	w.expect(`42/chat,["removeRoom",*`)
	w.expect(`41/chat,`)
}

func TestSocket_without_a_cookie_may_enter_by_event(t *testing.T) {
	h := open(t, nil)
	room := strings.TrimPrefix(h.visitor(t).makeRoom("방", ""), "/room/")
	before := h.sessions.count()
	w := h.dial(t, "/chat", "", nil, "Referer", "::not a url")
	w.send(`42/chat,["chat","without a room"]`)
	w.expect(`42/chat,["error-message",{"ok":false,"reason":"not_found","message":"존재하지 않는 방입니다."},"*"]`)
	w.send(`42/chat,1["join","` + room + `"]`)
	w.expect(`43/chat,1[{"ok":true,*`)
	if after := h.sessions.count(); after != before {
		t.Errorf("sessions: got %d, want %d as before", after, before)
	}
}

func TestNotice_sends_news_and_relays_replies(t *testing.T) {
	var started *notice.Notice
	h := open(t, func(c *settings) {
		started = notice.Start(c.Server, notice.Config{Interval: 200 * time.Millisecond, SocketIO: true}, c.Log)
	})
	t.Cleanup(started.Close)
	a, b := h.dial(t, "/", "", nil), h.dial(t, "/", "", nil)
	a.expect(`42["news","Hello Socket.IO"]`)
	b.expect(`42["news","Hello Socket.IO"]`)
	a.send(`421["reply","Hello Node.JS",{"n":1}]`)
	a.expect(`431[{"ok":true}]`)
	if got := b.until(`42["reply"`); !regexp.MustCompile(`^42\["reply","Hello Node.JS",\{"n":1\},"[^"]{16,}"\]$`).MatchString(got) {
		t.Errorf("relayed reply: got %s, want its sender as the last argument", got)
	}
	long := strings.Repeat("z", 20<<10)
	a.send(`422["reply","` + long + `"]`)
	a.expect(`432[{"ok":false,"reason":"invalid",*`)
	a.send(`42["reply","` + long + `"]`)
	a.expect(`42["error-message",{"ok":false,"reason":"invalid",*`)
	for range 20 {
		a.send(`42["reply","again"]`)
	}
	b.until(`42["replies",{"count":`)
	a.until(`42["news"`)
}

// A polling client sends a request for each answer. Only its handshake may query the
// store.
func TestPoll_does_not_load_the_session(t *testing.T) {
	h := open(t, nil)
	b := h.visitor(t)
	b.get("/")
	before := h.sessions.reads()
	handshake := b.get("/socket.io/?EIO=4&transport=polling")
	if got := h.sessions.reads() - before; got != 1 {
		t.Errorf("queries of the handshake: got %d, want 1", got)
	}
	_, rest, _ := strings.Cut(handshake.body, `"sid":"`)
	sid, _, _ := strings.Cut(rest, `"`)
	before = h.sessions.reads()
	for range 3 {
		got := b.post("/socket.io/?EIO=4&transport=polling&sid="+sid, url.Values{})
		if got.StatusCode == http.StatusInternalServerError {
			t.Fatalf("POST of a connection: got %d, want no server error", got.StatusCode)
		}
	}
	if got := h.sessions.reads() - before; got != 0 {
		t.Errorf("queries of three requests of a connection: got %d, want 0", got)
	}
}
