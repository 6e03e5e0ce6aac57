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
			t.Errorf("got %s, want %s", got, wanted)
		}
	}
	for _, wanted := range []Color{"#7453AC", "#+12345", "#1_2345", "red", "", "#12345g", "#1234567"} {
		for range 50 {
			got := wantedColor(wanted)
			if n, ok := got.rgb(); !ok || !legible(n) {
				t.Fatalf("%q: got %q, which cannot be read", wanted, got)
			}
		}
	}
}

func TestLuminance(t *testing.T) {
	for rgb, want := range map[uint32]float64{0xffffff: 1, 0xfbfaf8: lightPage, 0: 0} {
		if got := luminance(rgb); got-want > 1e-6 || want-got > 1e-6 {
			t.Errorf("%06x: got %.8f, want %.8f", rgb, got, want)
		}
	}
}

func TestTriesForgetTheQuietestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := newSlidingLog(1, time.Hour, maxKeys)
		for i := range maxKeys {
			tries.add(fmt.Sprint(i))
			time.Sleep(time.Millisecond)
		}
		for i := range 10 {
			tries.add(fmt.Sprint("new", i))
		}
		if len(tries.events) != maxKeys {
			t.Errorf("%d keys are kept, want %d", len(tries.events), maxKeys)
		}
		if tries.wait("9") > 0 || tries.wait("11") == 0 {
			t.Error("not the quietest were forgotten")
		}
		time.Sleep(time.Hour)
		tries.add("later")
		if len(tries.events) != 1 {
			t.Errorf("%d keys are kept after the window, want 1", len(tries.events))
		}
	})
}

// Also where there is room for more: a server runs for months.
func TestTriesForgetWhatIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := newSlidingLog(1, time.Hour, maxKeys)
		for i := range 50 {
			tries.add(fmt.Sprint(i))
			time.Sleep(10 * time.Minute)
		}
		if n := len(tries.events); n > 12 {
			t.Errorf("%d keys are kept, want those of two windows at most", n)
		}
	})
}

func TestDamagedHashesAreErrors(t *testing.T) {
	h := newHasher(nil)
	good, err := h.hash(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(good, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("got %q: the cost is less than it should be", good)
	}
	if other, err := h.hash(t.Context(), "x"); err != nil || other == good {
		t.Errorf("two rooms with one password have the same hash: %v", err)
	}
	for _, hash := range []string{
		"", "x", "$2a$10$abc", strings.Replace(good, "t=2", "t=0", 1), strings.Replace(good, "p=1", "p=0", 1),
		strings.Replace(good, "v=19", "v=16", 1), good[:len(good)-8], good + "!", strings.Replace(good, "m=", "n=", 1),
	} {
		if ok, err := matches(hash, "x"); ok || err == nil {
			t.Errorf("%q: got %t, %v, want an error", hash, ok, err)
		}
	}
}

// A queue of passwords must not hold the end of the server up.
func TestHasher_waiting_ends_when_the_service_closes(t *testing.T) {
	closing := make(chan struct{})
	h := newHasher(closing)
	h.slot <- struct{}{} // somebody hashes, and does not end
	close(closing)
	if _, err := h.hash(t.Context(), "x"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
}

func TestAltOf(t *testing.T) {
	for name, want := range map[string]string{
		"고양이.gif": "고양이", "CAT.GIF": "CAT", "../../etc/passwd": "passwd", `C:\a\b.gif`: "b", "": "", "/": "",
		"a\x00b\r\n.gif": "ab", "a\xffb.gif": "ab", "page.html": "page.html", ".gif": "",
		strings.Repeat("가", 300): strings.Repeat("가", maxAlt),
	} {
		if got := altOf(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func TestCleanAlt(t *testing.T) {
	for alt, want := range map[string]string{
		"a cat/dog": "a cat/dog", `9\10`: `9\10`, " x.gif ": "x.gif", "/": "/", "\x00\n": "", "a\u202eb\xff": "ab",
		strings.Repeat("가", 300): strings.Repeat("가", maxAlt),
	} {
		if got := cleanAlt(alt); got != want {
			t.Errorf("%q: got %q, want %q", alt, got, want)
		}
	}
}

// Places exist only while something goes on in them.
func TestNoPlaceIsLeftBehind(t *testing.T) {
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
		t.Errorf("%d places are left", len(s.live))
	}
}

func TestNoticesOfNamesSayWhoseItIs(t *testing.T) {
	for nick, want := range map[string]string{"철수": "#78583a님의 이름: 철수", "": "#78583a님이 이름을 지웠습니다."} {
		if got := noticeAbout(TopicNamed, Member{Color: "#78583a", Nick: nick}); got.Text != want || got.Nick != nick {
			t.Errorf("%q: got %+v, want %q", nick, got, want)
		}
	}
}
