package handlers_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"gifchat/rooms"
)

func (s *memorySessions) failWith(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

func TestReadOnly_pages_are_served_while_the_store_cannot_save(t *testing.T) {
	ioError := errors.New("disk I/O error: /data/chat.db")
	for name, test := range map[string]struct {
		err     error
		status  int // of requests that store something
		ko, en  string
		refused string
	}{
		"full":   {rooms.ErrStorageFull, http.StatusInsufficientStorage, "지금은 저장 공간이 없어서 둘러보기만 할 수 있어요.", "Storage is full right now, so you can only look around.", "storage_full"},
		"broken": {ioError, http.StatusServiceUnavailable, "지금은 저장할 수 없어서 둘러보기만 할 수 있어요.", "Nothing can be saved right now, so you can only look around.", "unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, nil)
			owner := h.visitor(t)
			room := owner.makeRoom("둘러볼 방", "")
			h.sessions.failWith(test.err)
			newcomer := h.visitor(t)
			for _, path := range []string{"/", "/?after=0", "/room", "/notice"} {
				for language, sentence := range map[string]string{"ko": test.ko, "en": test.en} {
					got := newcomer.get(path, "Accept-Language", language)
					if got.StatusCode != http.StatusOK || !strings.Contains(got.body, sentence) || len(got.Cookies()) > 0 {
						t.Errorf("%s in %s: got %d, cookies %v, want 200 with %q and none", path, language, got.StatusCode, got.Cookies(), sentence)
					}
					if strings.Contains(got.body, `action="/logout"`) {
						t.Errorf("%s: got a logout form, want none without a session", path)
					}
				}
				if got := newcomer.send("HEAD", path, nil); got.StatusCode != http.StatusOK || len(got.Cookies()) > 0 {
					t.Errorf("HEAD %s: got %d, cookies %v, want 200 and none", path, got.StatusCode, got.Cookies())
				}
			}
			if got := newcomer.get("/"); !strings.Contains(got.body, "둘러볼 방") {
				t.Error("list: got no room, want it")
			}
			for _, got := range []answer{
				newcomer.post("/room", url.Values{"title": {"새 방"}}),
				newcomer.post(room+"/chat", url.Values{"chat": {"hi"}}),
				newcomer.post(room+"/enter", url.Values{}, "Accept", "text/html"),
				newcomer.get(room),
			} {
				if got.StatusCode != test.status || got.Header.Get("X-Reason") != test.refused || len(got.Cookies()) > 0 {
					t.Errorf("%s %s: got %d %q, want %d %q without a cookie", got.Request.Method, got.Request.URL.Path,
						got.StatusCode, got.Header.Get("X-Reason"), test.status, test.refused)
				}
				if strings.Contains(got.body, "/data/") {
					t.Errorf("answer: got %s, want nothing about the disk", got.body)
				}
			}
			if lines := strings.Count(h.log.String(), "session not saved"); lines != 1 {
				t.Errorf("log: got %d lines, want 1 a minute", lines)
			}

			h.sessions.failWith(nil)
			got := newcomer.get("/")
			if strings.Contains(got.body, test.ko) || len(got.Cookies()) != 1 {
				t.Errorf("with space again: got the cookies %v, want a session and no sentence", got.Cookies())
			}
			if got := newcomer.get(room); got.StatusCode != http.StatusOK {
				t.Errorf("with space again: the room answers %d, want 200", got.StatusCode)
			}
		})
	}
}

// A session is saved once a day. A visitor whose session cannot be saved is not refused.
func TestReadOnly_session_that_cannot_be_refreshed_stays_valid(t *testing.T) {
	h := open(t, nil)
	owner := h.visitor(t)
	room := owner.makeRoom("방", "")
	h.sessions.mu.Lock()
	for _, row := range h.sessions.rows {
		row.data = []byte(`{"since":1}`) // long ago
	}
	h.sessions.refreshFails = rooms.ErrStorageFull
	h.sessions.mu.Unlock()
	for range 2 {
		for _, path := range []string{"/", room, room + "/messages"} {
			got := owner.get(path)
			if got.StatusCode != http.StatusOK || len(got.Cookies()) > 0 || strings.Contains(got.body, "둘러보기만") {
				t.Errorf("%s: got %d, cookies %v, want 200 as before", path, got.StatusCode, got.Cookies())
			}
		}
	}
	if got := owner.post(room+"/chat", url.Values{"chat": {"hi"}}); got.StatusCode != http.StatusOK {
		t.Errorf("post: got %d %s, want 200", got.StatusCode, got.body)
	}
	h.sessions.mu.Lock()
	h.sessions.refreshFails = nil
	h.sessions.mu.Unlock()
	if got := owner.get("/"); len(got.Cookies()) != 1 {
		t.Errorf("with space again: got cookies %v, want one", got.Cookies())
	}
}
