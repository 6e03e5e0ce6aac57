package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"gifchat/handlers/limits"
	"gifchat/ratelimit"
	"gifchat/rooms"
)

// noLimits switches the rates off, for tables of many cases.
func noLimits(c *settings) {
	c.Limits = limits.Rates{
		Visitor: ratelimit.Unlimited, Address: ratelimit.Unlimited, Room: ratelimit.Unlimited,
		CreateVisitor: ratelimit.Unlimited, CreateAddress: ratelimit.Unlimited, SessionAddress: ratelimit.Unlimited,
	}
}

// textRoutes are the routes that read text. %s in a body is replaced by text that is not
// Unicode.
var textRoutes = []struct {
	name, method, path, kind, body string
}{
	{"message/JSON", "POST", "/chat", "application/json", `{"chat":"a%sb"}`},
	{"message/JSON_with_suffix", "POST", "/chat", "application/x+json", `{"chat":"a%sb"}`},
	{"message/clientId_in_JSON", "POST", "/chat", "application/json", `{"chat":"a","clientId":"a%sb"}`},
	{"message/unknown_member_of_JSON", "POST", "/chat", "application/json", `{"chat":"a","a%sb":1}`},
	{"message/form", "POST", "/chat", formType, `chat=a%sb`},
	{"message/clientId_in_form", "POST", "/chat", formType, `chat=a&clientId=a%sb`},
	{"message/form_name", "POST", "/chat", formType, `chat=a&a%sb=`},
	{"upload/clientId", "POST", "/gif", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"clientId\"\r\n\r\na%sb\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"gif\"; filename=\"a.gif\"\r\n\r\nGIF89a\r\n--x--\r\n"},
	{"password/form", "POST", "/enter", formType, `password=a%sb`},
	{"room/title_in_JSON", "POST", "", "application/json", `{"title":"a%sb"}`},
	{"room/password_in_JSON", "POST", "", "application/json", `{"title":"a","password":"a%sb"}`},
	{"room/max_in_JSON", "POST", "", "application/json", `{"title":"a","max":"1%s"}`},
	{"room/title_in_form", "POST", "", formType, `title=a%sb`},
	{"room/password_in_form", "POST", "", formType, `title=a&password=a%sb`},
}

// notUnicode is text that cannot be stored unchanged, as bytes, percent-encoded, and
// escaped in JSON.
var notUnicode = map[string]struct{ raw, form, escaped string }{
	"a_byte_of_no_character":    {"\xff", "%FF", ``},
	"a_character_that_is_cut":   {"\xed\x95", "%ED%95", ``},
	"an_overlong_character":     {"\xc0\xaf", "%C0%AF", ``},
	"a_surrogate_in_UTF-8":      {"\xed\xa0\x80", "%ED%A0%80", ``},
	"above_U+10FFFF":            {"\xf4\x90\x80\x80", "%F4%90%80%80", ``},
	"EUC-KR":                    {"\xb0\xa1", "%B0%A1", ``},
	"first_half_of_a_pair":      {``, ``, `\ud800`},
	"second_half_of_a_pair":     {``, ``, `\uDC00`},
	"halves_in_the_wrong_order": {``, ``, `\udc00\ud800`},
	"a_half_before_a_letter":    {``, ``, `\ud83dx`},
	"a_half_before_a_newline":   {``, ``, `\ud83d\n`},
	"a_half_before_an_escape":   {``, ``, `\ud83d\u0041`},
	"a_half_before_a_pair":      {``, ``, `\ud83d\ud83d\ude00`},
	"a_half_behind_a_backslash": {``, ``, `\\\ud83d`},
}

func TestText_that_is_not_Unicode_is_refused(t *testing.T) {
	h := open(t, noLimits)
	ann := h.visitor(t)
	room := ann.makeRoom("방", "비밀")
	bob := h.visitor(t) // not in the room, for its password
	for _, route := range textRoutes {
		for what, text := range notUnicode {
			who, path := ann, room+route.path
			switch route.path {
			case "":
				path = "/room"
			case "/enter":
				who = bob
			}
			bad := text.raw
			switch {
			case route.kind == formType:
				bad = text.form
			case bad == "" && strings.HasSuffix(route.kind, "json"):
				bad = text.escaped
			}
			if bad == "" {
				continue
			}
			t.Run(route.name+"/"+what, func(t *testing.T) {
				got := who.send(route.method, path, strings.NewReader(strings.Replace(route.body, "%s", bad, 1)), "Content-Type", route.kind)
				if got.StatusCode != http.StatusBadRequest || got.Header.Get("X-Reason") != "invalid" {
					t.Errorf("got %d %s %q, want 400 invalid", got.StatusCode, got.Header.Get("X-Reason"), got.body)
				}
			})
		}
	}
	if got := ann.get(room + "/messages").body; strings.Contains(got, `"text"`) || strings.Contains(got, "\ufffd") {
		t.Errorf("history: got %s, want nothing stored", got)
	}
	if list, err := h.chat.List(t.Context(), rooms.RoomPage{}); len(list) != 1 || err != nil {
		t.Errorf("rooms: got %+v, %v, want one", list, err)
	}
}

// Similar text that is Unicode is stored unchanged.
func TestText_that_is_Unicode_is_stored(t *testing.T) {
	h := open(t, noLimits)
	ann := h.visitor(t)
	room := ann.makeRoom("방", "")
	for _, tt := range []struct{ name, kind, body, want string }{
		{"U+FFFD", "application/json", "{\"chat\":\"1\ufffd\"}", "1\ufffd"},
		{"escaped_U+FFFD", "application/json", `{"chat":"2\ufffd"}`, "2\ufffd"},
		{"U+FFFD_in_form", formType, "chat=3%EF%BF%BD", "3\ufffd"},
		{"pair", "application/json", `{"chat":"4\ud83d\ude00"}`, "4😀"},
		{"two_pairs", "application/json", `{"chat":"5\uD83D\uDE00\uD83D\uDE01"}`, "5😀😁"},
		{"backslash_before_u", "application/json", `{"chat":"6\\ud800"}`, `6\\ud800`},
		{"two_backslashes", "application/json", `{"chat":"7\\\\ud800"}`, `7\\\\ud800`},
		{"other_escapes", "application/json", `{"chat":"8\u00e9\/\t\uFFFF"}`, `8é/\t` + "\uffff"},
		{"last_characters", "application/json", "{\"chat\":\"9\U0010ffff\ue000\"}", "9\U0010ffff\ue000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := ann.send("POST", room+"/chat", strings.NewReader(tt.body), "Content-Type", tt.kind); got.StatusCode/100 > 3 {
				t.Fatalf("got %d %s, want it stored", got.StatusCode, got.body)
			}
			if got := ann.get(room + "/messages").body; !strings.Contains(got, `"chat":"`+tt.want+`"`) {
				t.Errorf("got %s, want %q in it", got, tt.want)
			}
		})
	}
}

// Text after a JSON document would be dropped silently, so it is refused.
func TestText_behind_a_JSON_document_is_refused(t *testing.T) {
	h := open(t, noLimits)
	ann := h.visitor(t)
	room := ann.makeRoom("방", "")
	got := ann.send("POST", room+"/chat", strings.NewReader(`{"chat":"a"}{"chat":"b"}`), "Content-Type", "application/json")
	if got.StatusCode != http.StatusBadRequest {
		t.Errorf("got %d %s, want 400", got.StatusCode, got.body)
	}
}

// A password that is not Unicode is wrong, and does not count as an attempt.
func TestText_of_a_query_that_is_not_Unicode_is_refused(t *testing.T) {
	h := open(t, noLimits)
	room := h.visitor(t).makeRoom("방", "\ufffd")
	bob := h.visitor(t)
	for range 20 {
		for _, query := range []string{"%FF", "%ED%A0%80", "%EF%BF"} {
			got := bob.get(room + "?password=" + query)
			if got.StatusCode != http.StatusFound || !strings.HasPrefix(got.Header.Get("Location"), "/?error=%EB%B9%84%EB%B0%80") {
				t.Fatalf("%s: got %d to %s, want the wrong password's redirect", query, got.StatusCode, got.Header.Get("Location"))
			}
		}
	}
	if got := bob.get(room + "?password=%EF%BF%BD"); got.StatusCode != http.StatusOK {
		t.Errorf("the right password: got %d to %s, want 200", got.StatusCode, got.Header.Get("Location"))
	}
}

func TestText_of_an_event_that_is_not_Unicode_is_refused(t *testing.T) {
	h := open(t, noLimits)
	ann := h.visitor(t)
	room := strings.TrimPrefix(ann.makeRoom("방", ""), "/room/")
	a := h.dial(t, "/chat", "", ann)
	a.send(`42/chat,1["join","` + room + `"]`)
	a.until(`43/chat,1[`)
	for what, text := range notUnicode {
		if text.escaped == "" {
			continue // its frame closes the connection, see test/protocol.test.js
		}
		for _, event := range []string{
			`["chat","a%s"]`, `["chat",{"chat":"a%s"}]`, `["chat",{"chat":"a","clientId":"%s"}]`, `["nick","a%s"]`,
			`["nick",{"nick":"a%s"}]`, `["edit",{"seq":1,"chat":"a%s"}]`, `["edit",{"seq":1,"alt":"a%s"}]`,
			`["whisper",{"to":"#123456","chat":"a%s"}]`, `["settings",{"title":"a%s"}]`, `["settings",{"password":"a%s"}]`,
			`["token",{"nick":"a%s"}]`, `["join",{"room":"` + room + `","password":"%s"}]`,
		} {
			t.Run(what+"/"+event, func(t *testing.T) {
				a.send(`42/chat,2` + strings.Replace(event, "%s", text.escaped, 1))
				if got := a.until(`43/chat,2[`); !strings.Contains(got, `"reason":"invalid","field":"argument"`) {
					t.Errorf("got %s, want invalid", got)
				}
			})
		}
	}
}

// A client id that was cut short would be another client id.
func TestText_of_an_upload_that_is_too_long_is_refused(t *testing.T) {
	h := open(t, noLimits)
	ann := h.visitor(t)
	room := ann.makeRoom("방", "")
	body := "--x\r\nContent-Disposition: form-data; name=\"clientId\"\r\n\r\n" + strings.Repeat("😀", 65) + "\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"gif\"; filename=\"a.gif\"\r\n\r\nGIF89a\r\n--x--\r\n"
	got := ann.send("POST", room+"/gif", strings.NewReader(body), "Content-Type", "multipart/form-data; boundary=x")
	if want := "내용이 너무 깁니다."; got.StatusCode != http.StatusBadRequest || got.body != want {
		t.Errorf("got %d %s, want 400 %s", got.StatusCode, got.body, want)
	}
}
