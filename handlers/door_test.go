package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const closedKorean = "방장이 문을 닫아서 지금은 새로 들어갈 수 없어요."

// badge is what the list of rooms shows of a closed room.
const badge = `<span class="badge" data-slot="closed">문 닫힘</span>`

func TestDoor_closed_refuses_strangers_alone(t *testing.T) {
	h := open(t, nil)
	owner, member, stranger := h.visitor(t), h.visitor(t), h.visitor(t)
	for name, password := range map[string]string{"public": "", "private": "비밀"} {
		room := owner.makeRoom("방", password)
		member.get(room + "?password=" + url.QueryEscape(password))
		if got := member.post(room+"/door", url.Values{"closed": {"true"}}); got.StatusCode != http.StatusForbidden || got.Header.Get("X-Reason") != "not_owner" {
			t.Errorf("%s: door by a member: got %d %q, want 403 not_owner", name, got.StatusCode, got.Header.Get("X-Reason"))
		}
		got := owner.post(room+"/door", url.Values{"closed": {"true"}}, "Accept", "text/html")
		if got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != room {
			t.Fatalf("%s: door by the owner: got %d to %q, want 303 to %s", name, got.StatusCode, got.Header.Get("Location"), room)
		}
		for who, b := range map[string]*browser{"owner": owner, "member": member} {
			if got := b.get(room); got.StatusCode != http.StatusOK {
				t.Errorf("%s: page for the %s: got %d, want 200", name, who, got.StatusCode)
			}
		}
		want := "/?error=" + strings.ReplaceAll(url.QueryEscape(closedKorean), "+", "%20")
		for _, got := range []answer{
			stranger.get(room + "?password=" + url.QueryEscape(password)),
			stranger.post(room+"/enter", url.Values{"password": {password}}, "Accept", "text/html"),
		} {
			if got.StatusCode != http.StatusFound || got.Header.Get("Location") != want {
				t.Errorf("%s: a stranger enters: got %d to %q, want 302 to %q", name, got.StatusCode, got.Header.Get("Location"), want)
			}
		}
		got = stranger.post(room+"/enter", url.Values{"password": {password}})
		if got.StatusCode != http.StatusForbidden || got.Header.Get("X-Reason") != "closed" {
			t.Errorf("%s: a program enters: got %d %q, want 403 closed", name, got.StatusCode, got.Header.Get("X-Reason"))
		}
		w := h.dial(t, "/chat", "", stranger)
		w.send(`42/chat,1["join",{"room":"` + strings.TrimPrefix(room, "/room/") + `","password":"` + password + `"}]`)
		w.until(`43/chat,1[{"ok":false,"reason":"closed","message":"` + closedKorean)
		if !strings.Contains(stranger.get("/").body, badge) {
			t.Errorf("%s: list of rooms: got no badge of a closed room, want one", name)
		}

		owner.post(room+"/door", url.Values{"closed": {"false"}})
		if strings.Contains(stranger.get("/").body, badge) {
			t.Errorf("%s: list of rooms after the door was opened: got a badge of a closed room, want none", name)
		}
		if got := stranger.get(room + "?password=" + url.QueryEscape(password)); got.StatusCode != http.StatusOK {
			t.Errorf("%s: a stranger enters after the door was opened: got %d, want 200", name, got.StatusCode)
		}
	}
	if got := stranger.get("/?error="+url.QueryEscape(closedKorean), "Accept-Language", "en"); !strings.Contains(got.body, "The owner has closed the door.") {
		t.Error("list of rooms in English: got no sentence about the closed door, want one")
	}
}

func TestDoor_bad_body_is_invalid(t *testing.T) {
	h := open(t, nil)
	owner := h.visitor(t)
	room := owner.makeRoom("방", "")
	for _, body := range []string{"", "closed=", "closed=maybe"} {
		got := owner.send("POST", room+"/door", strings.NewReader(body), "Content-Type", formType)
		if got.StatusCode != http.StatusBadRequest || got.Header.Get("X-Reason") != "invalid" {
			t.Errorf("body %q: got %d %q, want 400 invalid", body, got.StatusCode, got.Header.Get("X-Reason"))
		}
	}
}
