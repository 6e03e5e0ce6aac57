package handlers_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gifchat/ratelimit"
)

// cookie returns the visitor's session cookie in the form of the Cookie header.
func (b *browser) cookie() string {
	at, _ := url.Parse(b.h.URL)
	for _, c := range b.Jar.Cookies(at) {
		if c.Name == "connect.sid" {
			return c.Name + "=" + c.Value
		}
	}
	return ""
}

// sealed returns the signed cookie of an id, in the form that has never changed.
func sealed(secret, id string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("connect.sid=" + id))
	return "connect.sid=s%3A" + id + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func colorIn(page string) string {
	_, rest, _ := strings.Cut(page, `data-color="`)
	color, _, _ := strings.Cut(rest, `"`)
	return color
}

// Row A6: the session gets a new id each time its visitor's rights grow, and at no other
// time.
func TestSession_id_is_renewed_when_rights_grow(t *testing.T) {
	h := open(t, nil)
	ann := h.visitor(t)
	private, other, open := ann.makeRoom("방", "비밀"), ann.makeRoom("방", "비밀"), ann.makeRoom("방", "")
	for _, tt := range []struct {
		name    string
		renewed bool
		do      func(*browser) answer
	}{
		{"a page", false, func(b *browser) answer { return b.get("/") }},
		{"an open room", false, func(b *browser) answer { return b.get(open) }},
		{"a password in the address", true, func(b *browser) answer { return b.get(other + "?password=" + url.QueryEscape("비밀")) }},
		{"a private room without a password", false, func(b *browser) answer { return b.get(private) }},
		{"a wrong password", false, func(b *browser) answer { return b.post(private+"/enter", url.Values{"password": {"no"}}) }},
		{"the right password", true, func(b *browser) answer { return b.post(private+"/enter", url.Values{"password": {"비밀"}}) }},
		{"the right password again", false, func(b *browser) answer { return b.post(private+"/enter", url.Values{"password": {"비밀"}}) }},
		{"a message", false, func(b *browser) answer { return b.post(private+"/chat", url.Values{"chat": {"hi"}}) }},
		{"a room of its own", true, func(b *browser) answer { return b.post("/room", url.Values{"title": {"방"}, "max": {"2"}}) }},
		{"an invalid room", false, func(b *browser) answer { return b.post("/room", url.Values{"title": {""}, "max": {"2"}}) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := h.visitor(t)
			b.get("/")
			if tt.name == "the right password again" || tt.name == "a message" {
				b.post(private+"/enter", url.Values{"password": {"비밀"}})
				h.sessions.endGrace()
			}
			before, rows := b.cookie(), h.sessions.count()
			color := colorIn(b.get(open).body)
			got := tt.do(b)
			after := b.cookie()
			if (before != after) != tt.renewed {
				t.Errorf("answer %d: got cookie %s after %s, want it renewed %t", got.StatusCode, after, before, tt.renewed)
			}
			if n := len(got.Header["Set-Cookie"]); n > 1 || (n == 1) != tt.renewed {
				t.Errorf("cookies sent: got %d, want renewed %t", n, tt.renewed)
			}
			if added := h.sessions.count() - rows; (added == 1) != tt.renewed {
				t.Errorf("sessions added: got %d, want renewed %t", added, tt.renewed)
			}
			if now := colorIn(b.get(open).body); now != color {
				t.Errorf("colour of the visitor: got %s, want %s", now, color)
			}
			if !tt.renewed {
				return
			}
			nobody := h.visitor(t)
			if again := nobody.get(open, "Cookie", before); colorIn(again.body) != color || again.Header.Get("Set-Cookie") != "" {
				t.Errorf("the old id within the grace: got colour %s and cookie %q, want %s and none", colorIn(again.body), again.Header.Get("Set-Cookie"), color)
			}
			if stolen := nobody.post("/room", url.Values{"title": {"방"}, "max": {"2"}}, "Cookie", before); stolen.Header.Get("Set-Cookie") != "" {
				t.Errorf("the old id at another renewal: got cookie %q, want none", stolen.Header.Get("Set-Cookie"))
			}
			h.sessions.endGrace()
			if again := nobody.get(open, "Cookie", before); colorIn(again.body) == color || again.Header.Get("Set-Cookie") == "" {
				t.Errorf("the old id after the grace: got colour %s, want a new visitor", colorIn(again.body))
			}
			if now := colorIn(b.get(open).body); now != color {
				t.Errorf("colour after the grace: got %s, want %s", now, color)
			}
		})
	}
}

// A session that is saved for its age and renewed in one request sends one cookie.
func TestSession_refreshed_and_renewed_sends_one_cookie(t *testing.T) {
	h := open(t, nil)
	b := h.visitor(t)
	b.get("/")
	h.sessions.age()
	got := b.post("/room", url.Values{"title": {"방"}, "max": {"2"}})
	if n := len(got.Header["Set-Cookie"]); n != 1 {
		t.Errorf("cookies: got %d, %q, want 1", n, got.Header["Set-Cookie"])
	}
	h.sessions.endGrace()
	if again := b.get(got.Header.Get("Location")); again.StatusCode != 200 || again.Header.Get("Set-Cookie") != "" {
		t.Errorf("with the cookie: got %d %s, want 200 and no other cookie", again.StatusCode, again.Header)
	}
}

// Older ids have one part. Their visitors stay the same.
func TestSession_id_of_one_part_keeps_its_visitor(t *testing.T) {
	h := open(t, nil)
	id := strings.Repeat("a", 32)
	if _, err := h.sessions.SaveSession(t.Context(), id, id, fmt.Appendf(nil, `{"since":%d}`, time.Now().Unix()), time.Hour); err != nil {
		t.Fatal(err)
	}
	b := h.visitor(t)
	at, _ := url.Parse(h.URL)
	name, value, _ := strings.Cut(sealed(strings.Repeat("k", 32), id), "=")
	b.Jar.SetCookies(at, []*http.Cookie{{Name: name, Value: value}})
	room := b.makeRoom("방", "비밀")
	if b.cookie() == name+"="+value {
		t.Error("id after creating a room: got the same, want a new one")
	}
	h.sessions.endGrace()
	for range 2 {
		if got := b.get(room); got.StatusCode != 200 {
			t.Errorf("page for the owner: got %d, want 200", got.StatusCode)
		}
		b.makeRoom("방", "")
	}
}

func TestSession_cookie_of_a_previous_secret_is_valid(t *testing.T) {
	before := strings.Repeat("o", 32)
	h := open(t, func(c *settings) { c.secrets = append(c.secrets, []byte(before)) })
	id := strings.Repeat("a", 46)
	if _, err := h.sessions.SaveSession(t.Context(), id, id[:22], fmt.Appendf(nil, `{"since":%d}`, time.Now().Unix()), time.Hour); err != nil {
		t.Fatal(err)
	}
	nobody := h.visitor(t)
	got := nobody.get("/", "Cookie", sealed(before, id))
	if want := sealed(strings.Repeat("k", 32), id); !strings.HasPrefix(got.Header.Get("Set-Cookie"), want+";") {
		t.Errorf("got %q, want the session signed with the new secret", got.Header.Get("Set-Cookie"))
	}
	if got := nobody.get("/", "Cookie", sealed(strings.Repeat("k", 32), id)); got.Header.Get("Set-Cookie") != "" {
		t.Errorf("with the new signature: got cookie %q, want none", got.Header.Get("Set-Cookie"))
	}
	if got := nobody.get("/", "Cookie", sealed(strings.Repeat("x", 32), id)); strings.Contains(got.Header.Get("Set-Cookie"), id) {
		t.Errorf("a cookie of an unknown secret: got %q, want a new session", got.Header.Get("Set-Cookie"))
	}
}

// All refused cookies cause one line, besides those of the request log.
func TestCookie_refusals_are_one_log_line(t *testing.T) {
	h := open(t, func(c *settings) { c.Limits.SessionAddress = ratelimit.Unlimited })
	v := h.visitor(t)
	v.get("/notice")
	const handshake, page = "/socket.io/?EIO=4&transport=polling", "/notice"
	for path, n := range map[string]int{handshake: 20_000, page: 2_000} {
		before, count, begun := h.log.String(), 0, time.Now()
		for i := range n {
			cookie := fmt.Sprintf("connect.sid=s%%3A%d.forged", i)
			if i%2 == 1 {
				cookie = v.cookie()
			}
			h.Config.Handler.ServeHTTP(discard{}, httpRequest(t, path, "Cookie", cookie))
		}
		for line := range strings.Lines(h.log.String()[len(before):]) {
			if strings.Contains(line, `msg="request served"`) {
				count++
			}
		}
		if most := 100 * (1 + int(time.Since(begun)/(10*time.Second))); count > most {
			t.Errorf("%s, %d requests: got %d lines, want at most %d", path, n, count, most)
		}
	}
	refused, others := 0, 0
	for line := range strings.Lines(h.log.String()) {
		switch {
		case strings.Contains(line, `msg="cookie refused"`):
			refused++
		case !strings.Contains(line, `msg="request served"`) && !strings.Contains(line, `msg="requests left out"`):
			others++
		}
	}
	if refused != 1 || others != 0 {
		t.Errorf("got %d lines about cookies and %d others, want 1 and 0:\n%.500s", refused, others, h.log)
	}
}

// discard is a ResponseWriter without output.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}

func httpRequest(t *testing.T, path string, headers ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.RemoteAddr = "192.0.2.1:1"
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

// Row A6: a logout disconnects the visitor's sockets from every namespace within a second,
// and its cookie opens nothing afterwards.
func TestLogout_ends_sessions_and_connections(t *testing.T) {
	h := open(t, nil)
	ann, bob := h.visitor(t), h.visitor(t)
	bob.get("/")
	room := ann.makeRoom("방", "비밀")
	before := ann.cookie()
	sockets := map[string]*wire{}
	for _, namespace := range []string{"/", "/room", "/chat"} {
		sockets[namespace] = h.dial(t, namespace, "", ann)
	}
	joined := h.dial(t, "/chat", `{"room":"`+strings.TrimPrefix(room, "/room/")+`"}`, ann)
	others := h.dial(t, "/chat", "", bob)
	stranger := h.dial(t, "/chat", "", nil)
	polls := map[string]func() string{}
	for _, eio := range []string{"3", "4"} {
		query := "/socket.io/?EIO=" + eio + "&transport=polling"
		sid := openSID(ann.get(query).body)
		if eio == "4" {
			ann.send("POST", query+"&sid="+sid, strings.NewReader("40"))
		}
		ann.get(query + "&sid=" + sid) // the CONNECT's answer
		polls[eio] = func() string {
			return ann.get(query+"&sid="+sid, "Cookie", before).body
		}
	}
	late := openSID(ann.get("/socket.io/?EIO=4&transport=polling").body) // in no namespace yet

	start := time.Now()
	got := ann.post("/logout", nil, "Accept", "text/html", "Sec-Fetch-Mode", "navigate")
	if got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != "/" {
		t.Errorf("POST /logout: got %d to %q, want 303 to /", got.StatusCode, got.Header.Get("Location"))
	}
	if c := got.Cookies(); len(c) != 1 || c[0].MaxAge != -1 || c[0].Value != "" || !c[0].HttpOnly || c[0].Path != "/" {
		t.Errorf("got %v, want the cookie deleted", got.Header["Set-Cookie"])
	}
	sockets["/"].until("41")
	sockets["/room"].until("41/room,")
	sockets["/chat"].until("41/chat,")
	joined.until("41/chat,")
	for eio, poll := range polls {
		var body strings.Builder
		for range 3 { // the notice may arrive before it
			if body.WriteString(poll()); strings.Contains(body.String(), "41") {
				break
			}
		}
		if !strings.Contains(body.String(), "41") {
			t.Errorf("EIO=%s by polling: got %q, want a DISCONNECT", eio, body.String())
		}
	}
	if took := time.Since(start); took > patience {
		t.Errorf("disconnects: got them after %v, want within %v", took, patience)
	}
	nobody := h.visitor(t)
	const query = "/socket.io/?EIO=4&transport=polling&sid="
	nobody.send("POST", query+late, strings.NewReader("40/chat,"), "Cookie", before)
	if body := nobody.get(query+late, "Cookie", before).body; !strings.HasPrefix(body, "44/chat,") {
		t.Errorf("CONNECT over a connection from before the logout: got %q, want a refusal", body)
	}
	for _, w := range []*wire{others, stranger} {
		w.send(`42/chat,1["leave"]`)
		w.expect(`43/chat,1[{"ok":true}]`)
	}
	if n := len(h.sessions.of(before)); n > 0 {
		t.Errorf("sessions of the visitor: got %d, want 0", n)
	}
	if again := nobody.get(room, "Cookie", before); again.StatusCode != http.StatusFound || again.Header.Get("Set-Cookie") == "" {
		t.Errorf("room with the old cookie: got %d %s, want a redirect and a new cookie", again.StatusCode, again.Header)
	}
	if got := ann.get(room); got.StatusCode != http.StatusFound {
		t.Errorf("room after the logout: got %d, want 302", got.StatusCode)
	}
	if got := nobody.post("/logout", nil); got.StatusCode != 200 || got.body != "ok" {
		t.Errorf("logout without a session: got %d %s, want 200 ok", got.StatusCode, got.body)
	}
}

// leaving is a store that deletes each session after it was loaded, as a logout in
// another tab does.
type leaving struct{ *memorySessions }

func (s leaving) LoadSession(ctx context.Context, id string) ([]byte, error) {
	data, err := s.memorySessions.LoadSession(ctx, id)
	return data, errors.Join(err, s.DeleteVisitor(ctx, id[:22]))
}

// A session is saved once a day, but not after a logout in another tab.
func TestLogout_is_not_undone_by_a_request_under_way(t *testing.T) {
	h := open(t, func(c *settings) { c.store = leaving{c.store.(*memorySessions)} })
	b := h.visitor(t)
	b.get("/")
	h.sessions.age()
	if got := b.get("/"); got.StatusCode != 200 || got.Header.Get("Set-Cookie") != "" || h.sessions.count() > 0 {
		t.Errorf("got %d, cookie %q and %d sessions, want 200, none and 0", got.StatusCode, got.Header.Get("Set-Cookie"), h.sessions.count())
	}
}

// of returns the ids of the sessions of a cookie's visitor.
func (s *memorySessions) of(cookie string) (ids []string) {
	_, id, _ := strings.Cut(cookie, "s%3A")
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, row := range s.rows {
		if row.visitor == id[:22] {
			ids = append(ids, key)
		}
	}
	return ids
}

// A DISCONNECT leaves the connection open. A visitor whose session has expired cannot
// connect to a namespace over it again.
func TestSession_expired_does_not_connect_again(t *testing.T) {
	h := open(t, func(c *settings) { c.sessionCheck = 100 * time.Millisecond })
	ann := h.visitor(t)
	room := strings.TrimPrefix(ann.makeRoom("방", "비밀"), "/room/")
	w := h.dial(t, "/chat", `{"room":"`+room+`"}`, ann)
	h.sessions.mu.Lock()
	for _, row := range h.sessions.rows {
		row.expires = time.Now()
	}
	h.sessions.mu.Unlock()
	w.until("41/chat,")
	w.send(`40/chat,{"room":"` + room + `"}`)
	if got := w.until("/chat,"); !strings.HasPrefix(got, `44/chat,{"message":"Forbidden"`) {
		t.Errorf("CONNECT after the session expired: got %s, want Forbidden", got)
	}
}

// The id before a renewal is valid for requests that were under way, and its sockets
// receive events. An event with a lasting effect, such as token, needs the newest id.
func TestSession_id_before_a_renewal_does_nothing_that_lasts(t *testing.T) {
	h := open(t, nil)
	ann := h.visitor(t)
	ann.get("/")
	before := ann.cookie()
	own := h.dial(t, "/chat", "", ann)
	room := strings.TrimPrefix(ann.makeRoom("방", "비밀"), "/room/") // renews
	if ann.cookie() == before {
		t.Fatal("cookie after creating a room: got the same, want a new one")
	}
	thief := h.dial(t, "/chat", "", nil, "Cookie", before)
	for name, w := range map[string]*wire{"open already": own, "opened now": thief} {
		w.send(`42/chat,1["join","` + room + `"]`)
		w.expect(`43/chat,1[{"ok":true*`)
		w.send(`42/chat,2["token",{"room":"` + room + `","nick":"thief"}]`)
		if got := w.until("43/chat,2"); !strings.Contains(got, `"reason":"unavailable"`) {
			t.Errorf("token, %s: got %s, want unavailable", name, got)
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		for ctx.Err() == nil {
			if _, _, err := w.Read(ctx); err != nil {
				break
			}
		}
		if ctx.Err() != nil {
			t.Errorf("connection, %s: got it open, want it closed", name)
		}
		cancel()
	}
	w := h.dial(t, "/chat", "", ann)
	w.send(`42/chat,2["token",{"room":"` + room + `","nick":"her own"}]`)
	if got := w.until("43/chat,2"); !strings.Contains(got, `"ok":true`) {
		t.Errorf("token with the newest id: got %s, want ok", got)
	}
}

func TestSession_store_error_is_not_sent_to_the_client(t *testing.T) {
	h := open(t, nil)
	ann, bob := h.visitor(t), h.visitor(t)
	ann.get("/")
	bob.get("/")
	w := h.dial(t, "/", "", ann)
	bob.post("/logout", nil)
	h.sessions.mu.Lock()
	h.sessions.fail = errors.New("disk I/O error: /data/chat.db")
	h.sessions.mu.Unlock()
	w.send("40/chat,")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		_, data, err := w.Read(ctx)
		if err != nil {
			break // closed: the client may reconnect
		}
		if strings.Contains(string(data), "disk") {
			t.Errorf("packet: got %s, want no error of the store in it", data)
		}
	}
	if ctx.Err() != nil {
		t.Error("CONNECT while the store fails: got the connection open, want it closed")
	}
}
