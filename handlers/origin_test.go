package handlers_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gifchat/handlers/origin"
	"gifchat/rooms"
	"gifchat/socketio"
)

// spoofs returns headers that claim another address.
func spoofs() (all [][]string) {
	for _, name := range []string{
		"X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP", "CF-Connecting-IP",
		"X-Client-IP", "X-Cluster-Client-IP", "X-Appengine-Remote-Addr", "Fly-Client-IP", "X-Forwarded",
	} {
		for _, value := range []string{"6.6.6.6", "6.6.6.6, 127.0.0.1", "2001:db8::6", "for=6.6.6.6;proto=https", "\"6.6.6.6\", garbage, ,"} {
			all = append(all, []string{name, value})
		}
	}
	return all
}

// Row A4: the address is that of the TCP connection. From a trusted proxy it is the last
// address in X-Forwarded-For that is not a trusted proxy's.
func TestAddress_cannot_be_spoofed(t *testing.T) {
	const peer, proxy = "192.0.2.7", "10.0.0.1"
	addresses := make(chan string, 1)
	h := open(t, func(c *settings) {
		c.TrustedProxies = []string{"10.0.0.0/8"}
		c.Server.Of("/").OnConnect(func(s *socketio.Socket) { addresses <- s.Handshake().Address })
	})
	for _, tt := range []struct {
		name, from string
		headers    [][]string
		want       string
	}{
		{"through the proxy", proxy, [][]string{{"X-Forwarded-For", "192.0.2.9"}}, "192.0.2.9"},
		{"through the proxy, with a spoof before it", proxy, [][]string{{"X-Forwarded-For", "6.6.6.6, 192.0.2.9"}}, "192.0.2.9"},
		{"through two proxies", proxy, [][]string{{"X-Forwarded-For", "6.6.6.6, 192.0.2.9, 10.0.0.2"}}, "192.0.2.9"},
		{"two headers", proxy, [][]string{{"X-Forwarded-For", "6.6.6.6"}, {"X-Forwarded-For", "192.0.2.9"}}, "192.0.2.9"},
		{"IPv6", proxy, [][]string{{"X-Forwarded-For", "6.6.6.6, 2001:db8::9"}}, "2001:db8::9"},
		{"garbage before it", proxy, [][]string{{"X-Forwarded-For", "<script>, 192.0.2.9"}}, "192.0.2.9"},
		{"garbage in its place", proxy, [][]string{{"X-Forwarded-For", "192.0.2.9, <script>"}}, proxy},
		{"another header of the proxy's client", proxy, [][]string{{"X-Real-IP", "6.6.6.6"}}, proxy},
		{"nothing", proxy, nil, proxy},
	} {
		t.Run(tt.name, func(t *testing.T) { wantAddress(t, h, addresses, tt.from, tt.headers, tt.want) })
	}
	t.Run("direct", func(t *testing.T) {
		for _, header := range spoofs() {
			wantAddress(t, h, addresses, peer, [][]string{header}, peer)
		}
		wantAddress(t, h, addresses, peer, spoofs(), peer)
	})
}

func wantAddress(t *testing.T, h *testServer, addresses <-chan string, from string, headers [][]string, want string) {
	t.Helper()
	r := httptest.NewRequest("GET", "/socket.io/?EIO=3&transport=polling", nil) // connects to / by itself
	r.RemoteAddr = from + ":5000"
	for _, header := range headers {
		r.Header.Add(header[0], header[1])
	}
	h.Config.Handler.ServeHTTP(httptest.NewRecorder(), r)
	select {
	case got := <-addresses:
		if got != want {
			t.Errorf("%v from %s: got %s, want %s", headers, from, got, want)
		}
	case <-time.After(patience):
		t.Errorf("%v from %s: got no connection, want one from %s", headers, from, want)
	}
}

// Row W1: pages of other sites cannot use our connections, by any transport.
func TestOrigin_of_a_foreign_page_cannot_connect(t *testing.T) {
	const host = "chat.example:8005"
	for _, tls := range []bool{false, true} {
		t.Run(fmt.Sprintf("TLS %t", tls), func(t *testing.T) {
			h := open(t, func(c *settings) {
				c.TrustedProxies, c.Secure = []string{"127.0.0.1"}, tls
				c.Server = socketio.NewServer(socketio.Config{
					Identify: c.identify, SameClient: c.sameClient, Secure: tls,
					AllowOrigin:   origin.NewPolicy([]string{"https://friend.example"}, tls, slog.New(slog.DiscardHandler)).Allow,
					ClientAddress: origin.ClientAddress,
				})
			})
			v := h.visitor(t)
			ask := func(method, path, body string, origins []string, upgrade bool) *http.Response {
				t.Helper()
				r, err := http.NewRequestWithContext(t.Context(), method, h.URL+path, strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				r.Host = host
				r.Header["Origin"] = origins
				r.Header.Set("X-Forwarded-For", "192.0.2.9") // another machine, whose loopback pages have no rights here
				if upgrade {
					for name, value := range map[string]string{
						"Connection": "Upgrade", "Upgrade": "websocket",
						"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
					} {
						r.Header.Set(name, value)
					}
				}
				resp, err := v.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = resp.Body.Close() })
				return resp
			}
			for _, tt := range []struct {
				origins []string
				allowed bool
			}{
				{nil, true},
				{[]string{"https://" + host}, true},
				{[]string{"http://" + host}, !tls},
				{[]string{"https://" + strings.ToUpper(host)}, true},
				{[]string{"https://friend.example"}, true},
				{[]string{"https://evil.example"}, false},
				{[]string{"null"}, false},
				{[]string{""}, false},
				{[]string{"https://chat.example"}, false},
				{[]string{"https://chat.example:8006"}, false},
				{[]string{"https://" + host + ".evil.example"}, false},
				{[]string{"https://chat.example.evil.example:8005"}, false},
				{[]string{"https://evil" + host}, false},
				{[]string{"https://chat.example.:8005"}, false},
				{[]string{"https://[::1]:8005"}, false},
				{[]string{"http://localhost:8005"}, false},
				{[]string{"http://127.0.0.1:8005"}, false},
				{[]string{"https://friend.example.evil.example"}, false},
				{[]string{"http://friend.example"}, false},
				{[]string{"https://" + host, "https://evil.example"}, false},
				{[]string{"https://" + host, "https://" + host}, false},
			} {
				for _, eio := range []string{"3", "4"} {
					query := "/socket.io/?EIO=" + eio + "&transport="
					first, err := io.ReadAll(ask("GET", query+"polling", "", nil, false).Body)
					if err != nil {
						t.Fatal(err)
					}
					sid := openSID(string(first))
					for way, resp := range map[string]*http.Response{
						"polling GET":  ask("GET", query+"polling", "", tt.origins, false),
						"polling POST": ask("POST", query+"polling&sid="+sid, map[string]string{"3": "1:6", "4": "6"}[eio], tt.origins, false),
						"WebSocket":    ask("GET", query+"websocket", "", tt.origins, true),
						"an upgrade":   ask("GET", query+"websocket&sid="+sid, "", tt.origins, true),
					} {
						switch friend := slices.Contains(tt.origins, "https://friend.example"); {
						case tt.allowed == (resp.StatusCode == http.StatusForbidden), resp.StatusCode >= 400 && resp.StatusCode != 403:
							t.Errorf("EIO=%s, origins %q by %s: got %d, want allowed %t", eio, tt.origins, way, resp.StatusCode, tt.allowed)
						case resp.StatusCode != 101 && friend == (resp.Header.Get("Access-Control-Allow-Origin") == ""):
							t.Errorf("EIO=%s, origins %q by %s: got headers %v, want Access-Control-Allow-Origin %t", eio, tt.origins, way, resp.Header, friend)
						}
					}
				}
			}
		})
	}
}

// Row W2: pages of other sites cannot change anything, with any request that a page can
// send. A GET changes nothing.
func TestOrigin_of_a_foreign_page_cannot_change_anything(t *testing.T) {
	h := open(t, nil)
	v := h.visitor(t)
	room := v.makeRoom("방", "")
	var upload bytes.Buffer
	form := multipart.NewWriter(&upload)
	part, _ := form.CreateFormFile("gif", "a.gif")
	_, _ = part.Write([]byte("GIF89a"))
	_ = form.Close()
	changes := map[string]struct{ method, path, kind, body string }{
		"a new room":             {"POST", "/room", formType, "title=a&max=2"},
		"a message":              {"POST", room + "/chat", formType, "chat=hi"},
		"a message as JSON":      {"POST", room + "/chat", "application/json", `{"chat":"hi"}`},
		"a message as text":      {"POST", room + "/chat", "text/plain", `{"chat":"hi"}`},
		"a GIF":                  {"POST", room + "/gif", form.FormDataContentType(), upload.String()},
		"entering":               {"POST", room + "/enter", formType, "password=a"},
		"the door":               {"POST", room + "/door", formType, "closed=true"},
		"a removal by form":      {"POST", room + "/remove", formType, ""},
		"a removal":              {"DELETE", room, "", ""},
		"a logout":               {"POST", "/logout", formType, ""},
		"a logout by sendBeacon": {"POST", "/logout", "text/plain", ""},
	}
	foreign := map[string][]string{
		"cross-site":                       {"Sec-Fetch-Site", "cross-site"},
		"same-site":                        {"Sec-Fetch-Site", "same-site"},
		"cross-site with our own origin":   {"Sec-Fetch-Site", "cross-site", "Origin", h.URL},
		"an old browser":                   {"Origin", "http://evil.example"},
		"an old browser, another port":     {"Origin", "http://127.0.0.1:1"},
		"a sandboxed frame":                {"Origin", "null"},
		"an unknown word":                  {"Sec-Fetch-Site", "whatever"},
		"cross-site as a navigating form":  {"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Accept", "text/html"},
		"no-cors of a page in another tab": {"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"},
	}
	before := v.get(room).body
	for what, change := range changes {
		for from, headers := range foreign {
			headers = append([]string{"Content-Type", change.kind}, headers...)
			if got := v.send(change.method, change.path, strings.NewReader(change.body), headers...); got.StatusCode != http.StatusForbidden {
				t.Errorf("%s from %s: got %d, want 403", what, from, got.StatusCode)
			}
		}
		if got := v.get(change.path); got.StatusCode == http.StatusSeeOther {
			t.Errorf("%s by GET: got %d, want no redirect after a change", what, got.StatusCode)
		}
	}
	if after := v.get(room); after.StatusCode != 200 || after.body != before {
		t.Errorf("room after all requests: got %d and a changed page, want 200 and the page before", after.StatusCode)
	}
	own := []string{"Content-Type", formType, "Sec-Fetch-Site", "same-origin", "Origin", h.URL}
	for _, what := range []string{"a message", "a removal by form", "a logout"} {
		change := changes[what]
		if got := v.send(change.method, change.path, strings.NewReader(change.body), own...); got.StatusCode != 200 {
			t.Errorf("%s from our own page: got %d %s, want 200", what, got.StatusCode, got.body)
		}
	}
	if left, err := h.chat.List(t.Context(), rooms.RoomPage{}); err != nil || len(left) != 0 {
		t.Errorf("rooms at the end: got %d, %v, want 0", len(left), err)
	}
}

// Row W3: over TLS, here or at a proxy, the cookie belongs to this host alone.
func TestCookie_over_TLS_belongs_to_one_host(t *testing.T) {
	h := open(t, func(c *settings) { c.Secure = true })
	v := h.visitor(t)
	got := v.get("/")
	line := got.Header.Get("Set-Cookie")
	for _, want := range []string{"__Host-connect.sid=", "; Path=/", "; HttpOnly", "; Secure", "; SameSite=Lax", "; Max-Age=2592000"} {
		if !strings.Contains(line, want) {
			t.Errorf("Set-Cookie: got %s, want %s in it", line, want)
		}
	}
	if strings.Contains(line, "Domain") {
		t.Errorf("Set-Cookie: got %s, want no domain", line)
	}
	// The jar does not send the cookie over http, so the test sends it. Under its name
	// without the prefix it is refused: a neighbouring host could have set that.
	cookie, _, _ := strings.Cut(line, ";")
	if got := h.visitor(t).get("/", "Cookie", cookie); got.Header.Get("Set-Cookie") != "" {
		t.Errorf("the cookie: got headers %s, want no new session", got.Header)
	}
	if got := h.visitor(t).get("/", "Cookie", strings.TrimPrefix(cookie, "__Host-")); got.Header.Get("Set-Cookie") == "" {
		t.Error("the cookie without its prefix: got the session, want a new one")
	}
	name, value, _ := strings.Cut(cookie, "=")
	page := h.visitor(t).post("/room", url.Values{"title": {"방"}, "max": {"2"}}, "Cookie", name+"="+value)
	if renewed := page.Header.Get("Set-Cookie"); !strings.HasPrefix(renewed, "__Host-connect.sid=") || strings.HasPrefix(renewed, cookie) {
		t.Errorf("the renewed cookie: got %q, want another __Host-connect.sid", renewed)
	}
}
