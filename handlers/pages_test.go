package handlers_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"gifchat/ratelimit"

	"github.com/coder/websocket"
)

func TestCookie_has_its_flags_and_is_set_once(t *testing.T) {
	cookie := func(got answer) *http.Cookie {
		for _, c := range got.Cookies() {
			if c.Name == "connect.sid" || c.Name == "__Host-connect.sid" {
				return c
			}
		}
		return nil
	}
	t.Run("flags", func(t *testing.T) {
		for _, secure := range []bool{false, true} {
			h := open(t, func(c *settings) { c.Secure = secure })
			c := cookie(h.visitor(t).get("/"))
			if c == nil || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Secure != secure || c.MaxAge != 30*24*60*60 {
				t.Fatalf("secure %v: got cookie %+v, want HttpOnly, SameSite=Lax, Path=/, 30 days and Secure %v", secure, c, secure)
			}
			if want := map[bool]string{false: "connect.sid", true: "__Host-connect.sid"}[secure]; c.Name != want || c.Domain != "" {
				t.Errorf("secure %v: got %q of %q, want %q of this host alone", secure, c.Name, c.Domain, want)
			}
			if !strings.HasPrefix(c.Value, "s%3A") {
				t.Errorf("got %q, want the form of express-session", c.Value)
			}
		}
	})
	t.Run("is set once, and only by pages", func(t *testing.T) {
		h := open(t, nil)
		for _, path := range []string{"/healthz", "/main.css", "/socket.io/socket.io.js", "/nope", "/socket.io/?EIO=4&transport=polling"} {
			if got := h.visitor(t).get(path, "Accept-Encoding", "identity"); cookie(got) != nil {
				t.Errorf("%s: got a cookie, want none", path)
			}
		}
		v := h.visitor(t)
		v.get("/")
		if cookie(v.get("/room")) != nil {
			t.Error("the second page: got a cookie, want none")
		}
		if h.sessions.count() != 1 {
			t.Errorf("sessions: got %d, want 1", h.sessions.count())
		}
	})
	t.Run("a forged cookie is a new visitor", func(t *testing.T) {
		h := open(t, nil)
		for _, forged := range []string{"s%3Aabc.def", "junk", "s%3A." + strings.Repeat("x", 500), "s%3A"} {
			got := h.visitor(t).get("/", "Cookie", "connect.sid="+forged)
			if c := cookie(got); got.StatusCode != 200 || c == nil || c.Value == forged {
				t.Errorf("%q: got %d and cookie %v, want 200 and a new cookie", forged, got.StatusCode, c)
			}
		}
	})
}

func TestPost_of_a_foreign_site_is_refused(t *testing.T) {
	h := open(t, nil)
	v := h.visitor(t)
	room := v.makeRoom("방", "")
	tests := []struct {
		name    string
		headers []string
		refused bool
	}{
		{"cross-site", []string{"Sec-Fetch-Site", "cross-site"}, true},
		{"same-site", []string{"Sec-Fetch-Site", "same-site"}, true},
		{"another origin, old browser", []string{"Origin", "http://evil.example"}, true},
		{"origin null", []string{"Origin", "null"}, true},
		{"own page", []string{"Sec-Fetch-Site", "same-origin"}, false},
		{"no browser", nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := v.post(room+"/chat", url.Values{"chat": {"hi"}}, tt.headers...)
			if (got.StatusCode == http.StatusForbidden) != tt.refused {
				t.Errorf("got %d, want refused %t", got.StatusCode, tt.refused)
			}
		})
	}
}

func TestPages_have_headers_and_a_language(t *testing.T) {
	h := open(t, nil)
	v := h.visitor(t)
	got := v.get("/")
	policy := got.Header.Get("Content-Security-Policy")
	if strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("Content-Security-Policy: got %s, want frame-ancestors 'none' and nothing unsafe", policy)
	}
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got.Header.Get(name) != want {
			t.Errorf("%s: got %q, want %q", name, got.Header.Get(name), want)
		}
	}
	if strings.Contains(got.body, "style=") || strings.Contains(got.body, "<script>") {
		t.Error("page: got an inline style or script, want none")
	}
	for accept, want := range map[string]string{
		"": "ko", "en-US,en;q=0.9": "en", "ko-KR,en;q=0.5": "ko", "fr": "ko", "en;q=0.3,ko;q=0.8": "ko",
	} {
		if got := h.visitor(t).get("/", "Accept-Language", accept).Header.Get("Content-Language"); got != want {
			t.Errorf("%q: got %s, want %s", accept, got, want)
		}
	}
	v.get("/?lang=en")
	if got := v.get("/", "Accept-Language", "ko"); !strings.Contains(got.body, `lang="en"`) {
		t.Error("page after ?lang=en: got another language, want English")
	}
	if got := v.get("/?error=" + url.QueryEscape("send money to")); strings.Contains(got.body, "send money") {
		t.Error("page with an unknown ?error=: got the text, want none")
	}
}

func TestBundle_is_served_in_the_accepted_coding(t *testing.T) {
	h := open(t, nil)
	v := h.visitor(t)
	tests := []struct{ name, accept, body, coding string }{
		{"plain", "identity", "plain", ""},
		{"br before gzip", "gzip, deflate, br", "br", "br"},
		{"gzip refused by q", "gzip;q=0, deflate", "plain", ""},
		{"br refused by q", "br;q=0.0, identity", "plain", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := v.get("/socket.io/socket.io.js", "Accept-Encoding", tt.accept)
			if got.body != tt.body || got.Header.Get("Content-Encoding") != tt.coding || got.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("got %q %v, want %q as %q", got.body, got.Header, tt.body, tt.coding)
			}
			if got.ContentLength != int64(len(tt.body)) {
				t.Errorf("Content-Length: got %d, want %d", got.ContentLength, len(tt.body))
			}
			again := v.get("/socket.io/socket.io.js", "Accept-Encoding", tt.accept, "If-None-Match", got.Header.Get("ETag"))
			if again.StatusCode != http.StatusNotModified {
				t.Errorf("with its tag: got %d, want 304", again.StatusCode)
			}
		})
	}
	if got := v.get("/socket.io/socket.io.js", "If-None-Match", `"4.8.4"`); got.StatusCode != http.StatusNotModified {
		t.Errorf("the version as a tag: got %d, want 304", got.StatusCode)
	}
	if got := v.get("/socket.io/socket.io.esm.min.js"); got.StatusCode != 404 || !strings.Contains(got.body, "make bundle") {
		t.Errorf("a file that the build lacks: got %d %q, want 404 naming make bundle", got.StatusCode, got.body)
	}
	if got := v.get("/public/x/vendor/secret.txt"); got.StatusCode != 404 {
		t.Errorf("a stray file: got %d, want 404", got.StatusCode)
	}
	page := v.get("/").body
	at := strings.Index(page, `/public/`)
	address := page[at : at+strings.Index(page[at:], `"`)]
	if got := v.get(address); got.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
		t.Errorf("Cache-Control of %s: got %q, want immutable", address, got.Header.Get("Cache-Control"))
	}
}

func TestPlainWebSocket_receives_the_greeting_and_answers_are_logged(t *testing.T) {
	h := open(t, nil)
	dial := func(path, origin string) (*websocket.Conn, error) {
		conn, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(h.URL, "http")+path,
			&websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
		return conn, err
	}
	for _, path := range []string{"/", "/anywhere"} {
		conn, err := dial(path, h.URL)
		if err != nil {
			t.Fatal(err)
		}
		_, text, err := conn.Read(t.Context())
		if err != nil || string(text) != "서버에서 클라이언트로 메시지를 보냅니다." {
			t.Errorf("%s: got %q, %v, want the greeting", path, text, err)
		}
		_ = conn.Write(t.Context(), websocket.MessageText, []byte("답장\n둘째 줄"))
		_, _, _ = conn.Read(t.Context())
		_ = conn.Close(websocket.StatusNormalClosure, "")
	}
	for _, origin := range []string{"http://evil.example", "null", "http://localhost.evil.example"} {
		if _, err := dial("/", origin); err == nil {
			t.Errorf("origin %s: got a connection, want a refusal", origin)
		}
	}
	deadline := time.Now().Add(patience)
	for !strings.Contains(h.log.String(), "답장 둘째 줄") {
		if time.Now().After(deadline) {
			t.Fatalf("log: got %s, want the reply in it", h.log)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestLanguageSwitch_links_to_this_host(t *testing.T) {
	v := open(t, nil).visitor(t)
	for _, path := range []string{"//evil.example/x", "///evil.example", "/%5Cevil.example", "/\\evil.example"} {
		got := v.get(path)
		if got.StatusCode != 404 || !regexp.MustCompile(`href="/[^/\\"][^"]*\?lang=en"`).MatchString(got.body) {
			t.Errorf("%s: got %d %s, want 404 and a link to a path of this host", path, got.StatusCode, regexp.MustCompile(`href="[^"]*lang=[^"]*"`).FindString(got.body))
		}
	}
}

func TestAnswers_forbid_type_sniffing(t *testing.T) {
	v := open(t, nil).visitor(t)
	for _, path := range []string{
		"/", "/nope", "/healthz", "/main.css", "/gif/x.gif", "/public/x/none", "/room/x",
		"/socket.io/", "/socket.io/?EIO=4&transport=polling", "/socket.io/socket.io.js",
	} {
		if got := v.get(path, "Accept-Encoding", "identity"); got.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: got headers %v, want nosniff", path, got.Header)
		}
	}
}

func TestAddress_is_that_of_a_trusted_proxy(t *testing.T) {
	tests := []struct {
		name    string
		proxies []string
		headers []string
		want    string
	}{
		{"no trusted proxy", nil, []string{"X-Forwarded-For", "192.0.2.1"}, "127.0.0.1"},
		{"a trusted proxy", []string{"127.0.0.1"}, []string{"X-Forwarded-For", "192.0.2.1"}, "192.0.2.1"},
		{"the last address is the proxy's own", []string{"127.0.0.1"}, []string{"X-Forwarded-For", "6.6.6.6, 192.0.2.1"}, "192.0.2.1"},
		{"no other header", []string{"127.0.0.1"}, []string{"X-Real-IP", "6.6.6.6"}, "127.0.0.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := open(t, func(c *settings) { c.TrustedProxies = tt.proxies })
			header := http.Header{}
			header.Set(tt.headers[0], tt.headers[1])
			conn, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(h.URL, "http")+"/", &websocket.DialOptions{HTTPHeader: header})
			if err != nil {
				t.Fatal(err)
			}
			defer conn.CloseNow()
			if _, _, err := conn.Read(t.Context()); err != nil {
				t.Fatal(err)
			}
			if want := `msg="websocket connected" address=` + tt.want; !strings.Contains(h.log.String(), want) {
				t.Errorf("log: got %s, want %q in it", h.log, want)
			}
		})
	}
}

func TestRequest_given_up_is_not_an_error(t *testing.T) {
	h := open(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	answer := httptest.NewRecorder()
	h.Config.Handler.ServeHTTP(answer, httptest.NewRequestWithContext(ctx, "GET", "/", nil))
	if strings.Contains(h.log.String(), "level=ERROR") {
		t.Errorf("log: got %s, want no error", h.log)
	}
}

func TestSessions_of_an_address_are_limited(t *testing.T) {
	h := open(t, func(c *settings) {
		c.TrustedProxies = []string{"127.0.0.1"}
		c.Limits.SessionAddress = ratelimit.Rate{Burst: 50, Each: time.Hour}
	})
	regular := h.visitor(t)
	regular.get("/")
	refused := 0
	for range 70 {
		if got := h.visitor(t).get("/notice"); got.StatusCode == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != 21 || h.sessions.count() != 50 {
		t.Errorf("70 visits without a cookie: got %d refusals and %d sessions, want 21 and 50", refused, h.sessions.count())
	}
	if got := regular.get("/"); got.StatusCode != http.StatusOK {
		t.Errorf("a visitor with a session: got %d, want 200", got.StatusCode)
	}
	if got := h.visitor(t).get("/", "X-Forwarded-For", "192.0.2.7"); got.StatusCode != http.StatusOK {
		t.Errorf("another address: got %d, want 200", got.StatusCode)
	}
}

func TestNotices_are_in_the_language_of_the_reader(t *testing.T) {
	h := open(t, nil)
	ann, bob := h.visitor(t), h.visitor(t)
	path := ann.makeRoom("방", "")
	bob.get(path)
	h.dial(t, "/chat", "", bob, "Referer", h.URL+path).until("participants")
	for accept, want := range map[string]string{"ko": "님이 입장하셨습니다.", "en": " entered."} {
		if got := ann.get(path, "Accept-Language", accept); !strings.Contains(got.body, want+"</p>") {
			t.Errorf("page in %s: got no %q, want it", accept, want)
		}
	}
}

// A malformed sid must not take the shorter path, which does not read X-Forwarded-For.
func TestSID_malformed_does_not_bypass_trusted_proxies(t *testing.T) {
	for _, query := range []string{"", "&sid=%", "&sid=;", "&sid=%zz"} {
		h := open(t, func(c *settings) {
			c.TrustedProxies = []string{"127.0.0.1", "::1"}
			c.Limits.SessionAddress = ratelimit.Unlimited
		})
		ann := h.visitor(t)
		got := ann.get("/socket.io/?EIO=4&transport=polling"+query, "X-Forwarded-For", "203.0.113.9")
		if sid := openSID(got.body); sid != "" {
			ann.send("POST", "/socket.io/?EIO=4&transport=polling&sid="+sid, strings.NewReader("40"))
			ann.get("/socket.io/?EIO=4&transport=polling&sid=" + sid)
		}
		for line := range strings.Lines(h.log.String()) {
			if strings.Contains(line, "notice socket connected") && !strings.Contains(line, "203.0.113.9") {
				t.Errorf("%q: got %s, want the address of X-Forwarded-For", query, line)
			}
		}
	}
}
