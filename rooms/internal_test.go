package rooms

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestWantedColor(t *testing.T) {
	for _, wanted := range []Color{"#7453ac", "#000000", "#ffffff"} {
		if got := wantedColor(wanted); got != wanted {
			t.Errorf("wantedColor: got %s, want %s", got, wanted)
		}
	}
	for _, wanted := range []Color{"#7453AC", "#+12345", "#1_2345", "red", "", "#12345g", "#1234567"} {
		for range 50 {
			got := wantedColor(wanted)
			if n, ok := got.rgb(); !ok || !legible(n) {
				t.Fatalf("wantedColor(%q): got %q, want a legible colour", wanted, got)
			}
		}
	}
}

func TestLuminance(t *testing.T) {
	for rgb, want := range map[uint32]float64{0xffffff: 1, 0xfbfaf8: lightPage, 0: 0} {
		if got := luminance(rgb); got-want > 1e-6 || want-got > 1e-6 {
			t.Errorf("luminance(%06x): got %.8f, want %.8f", rgb, got, want)
		}
	}
}

func TestSlidingLog_evicts_the_oldest_key(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newSlidingLog(1, time.Hour, maxKeys)
		for i := range maxKeys {
			log.add(fmt.Sprint(i))
			time.Sleep(time.Millisecond)
		}
		for i := range 10 {
			log.add(fmt.Sprint("new", i))
		}
		if len(log.events) != maxKeys {
			t.Errorf("keys: got %d, want %d", len(log.events), maxKeys)
		}
		if log.wait("9") > 0 || log.wait("11") == 0 {
			t.Errorf("waits of an evicted key and of a later one: got %v and %v, want 0 and more", log.wait("9"), log.wait("11"))
		}
		time.Sleep(time.Hour)
		log.add("later")
		if len(log.events) != 1 {
			t.Errorf("keys after the window: got %d, want 1", len(log.events))
		}
	})
}

// Old keys are deleted before the log is full, because a server runs for months.
func TestSlidingLog_deletes_keys_after_their_window(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newSlidingLog(1, time.Hour, maxKeys)
		for i := range 50 {
			log.add(fmt.Sprint(i))
			time.Sleep(10 * time.Minute)
		}
		if n := len(log.events); n > 12 {
			t.Errorf("keys: got %d, want those of two windows at most", n)
		}
	})
}

func TestMatches_fails_for_a_damaged_hash(t *testing.T) {
	h := newHasher(nil)
	good, err := h.hash(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(good, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash: got %q, want the cost m=19456,t=2,p=1", good)
	}
	if other, err := h.hash(t.Context(), "x"); err != nil || other == good {
		t.Errorf("second hash of one password: got %q, %v, want another salt", other, err)
	}
	for _, hash := range []string{
		"", "x", "$2a$10$abc", strings.Replace(good, "t=2", "t=0", 1), strings.Replace(good, "p=1", "p=0", 1),
		strings.Replace(good, "v=19", "v=16", 1), good[:len(good)-8], good + "!", strings.Replace(good, "m=", "n=", 1),
	} {
		if ok, err := matches(hash, "x"); ok || err == nil {
			t.Errorf("matches(%q): got %t, %v, want an error", hash, ok, err)
		}
	}
}

// A queue of passwords must not delay the shutdown.
func TestHasher_waiting_ends_when_the_service_closes(t *testing.T) {
	closing := make(chan struct{})
	h := newHasher(closing)
	h.slot <- struct{}{} // a hash that does not end
	close(closing)
	if _, err := h.hash(t.Context(), "x"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("hash: got %v, want ErrUnavailable", err)
	}
}

func TestAltOf(t *testing.T) {
	for name, want := range map[string]string{
		"고양이.gif": "고양이", "CAT.GIF": "CAT", "../../etc/passwd": "passwd", `C:\a\b.gif`: "b", "": "", "/": "",
		"a\x00b\r\n.gif": "ab", "a\xffb.gif": "ab", "page.html": "page.html", ".gif": "",
		strings.Repeat("가", 300): strings.Repeat("가", maxAlt),
	} {
		if got := altOf(name); got != want {
			t.Errorf("altOf(%q): got %q, want %q", name, got, want)
		}
	}
}

func TestCleanAlt(t *testing.T) {
	for alt, want := range map[string]string{
		"a cat/dog": "a cat/dog", `9\10`: `9\10`, " x.gif ": "x.gif", "/": "/", "\x00\n": "", "a\u202eb\xff": "ab",
		strings.Repeat("가", 300): strings.Repeat("가", maxAlt),
	} {
		if got := cleanAlt(alt); got != want {
			t.Errorf("cleanAlt(%q): got %q, want %q", alt, got, want)
		}
	}
}

func TestLiveRoom_ends_with_its_last_user(t *testing.T) {
	s := NewService(nil, nil, nil, Options{})
	defer s.Close()
	for range 3 {
		p, err := s.lockRoom(t.Context(), "6b038c7f8bb22f6d27999d18")
		if err != nil {
			t.Fatal(err)
		}
		s.unlockRoom(p)
	}
	if len(s.live) != 0 {
		t.Errorf("live rooms: got %d, want 0", len(s.live))
	}
}

func TestNotice_has_the_person_and_the_text_of_the_options(t *testing.T) {
	s := NewService(nil, nil, nil, Options{NoticeText: func(topic Topic, m Member) string { return string(topic) + " " + m.Name() }})
	defer s.Close()
	m := Member{Color: "#78583a", Nick: "철수"}
	if got := s.noticeAbout(TopicNamed, m); got.Text != "named 철수" || got.Nick != m.Nick || got.Person != m.Color {
		t.Errorf("notice about %+v: got %+v, want its name, its colour and the text of the options", m, got)
	}
	if got := s.noticeOf(TopicFrozen, "6b038c7f8bb22f6d27999d18"); got.Text != "frozen " || got.Person != "" {
		t.Errorf("notice about a room: got %+v, want no person and the text of the options", got)
	}
}
