package media

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/handlers/input"
	"gifchat/handlers/refusal"
	"gifchat/ratelimit"
)

// zeros is a body without an end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func newUpload(session, source string) *upload {
	return &upload{session: session, source: source, body: input.NewBody(httptest.NewRecorder(), io.NopCloser(zeros{}))}
}

// senders begins uploads and lets time pass for them.
type senders struct {
	*uploads

	t   *testing.T
	all []*upload
}

func newSenders(t *testing.T) *senders {
	t.Helper()
	return &senders{uploads: newUploads(), t: t}
}

// start returns n uploads from a source, each of a session of its own.
func (s *senders) start(source string, n int) (begun []*upload) {
	s.t.Helper()
	for range n {
		up := newUpload(strconv.Itoa(len(s.all)), source)
		if _, err := s.begin(up); err != nil {
			s.t.Fatalf("upload %d from %s: got %v, want no error", len(s.all), source, err)
		}
		s.all = append(s.all, up)
		begun = append(begun, up)
	}
	return begun
}

func (s *senders) refuse(source string) {
	s.t.Helper()
	_, err := s.begin(newUpload("refused", source))
	if busy, ok := errors.AsType[*refusal.BusyError](err); !ok || busy.RetryAfter <= 0 {
		s.t.Errorf("one more upload from %s: got %v, want a BusyError with a time", source, err)
	}
}

// send lets each upload receive pace bytes a second for some seconds.
func send(ups []*upload, pace, seconds int) {
	for range 10 * seconds {
		time.Sleep(time.Second / 10)
		for _, up := range ups {
			_, _ = up.body.Read(make([]byte, pace/10))
		}
	}
}

// cut returns how many of the uploads were cut.
func cut(ups []*upload) (n int) {
	for _, up := range ups {
		if _, err := up.body.Read(nil); err != nil && !errors.Is(err, io.EOF) {
			n++
		}
	}
	return n
}

func TestUploads_are_capped_by_session_and_in_total(t *testing.T) {
	s := newSenders(t)
	var ends []func()
	enter := func(session, source string) error {
		l, err := s.begin(newUpload(session, source))
		ends = append(ends, l)
		return err
	}
	for i := range maxUploads {
		if err := enter(strconv.Itoa(i/maxVisitorUploads), strconv.Itoa(i%3)); err != nil {
			t.Fatalf("upload %d: %v", i, err)
		}
	}
	err := enter("0", "0")
	if limited, ok := errors.AsType[*ratelimit.ExceededError](err); !ok || limited.RetryAfter <= 0 {
		t.Errorf("a fourth upload of a visitor: got %v, want an ExceededError with a time", err)
	}
	s.refuse("another")
	for _, l := range ends[:maxUploads] {
		l()
	}
	if len(s.active) != 0 || s.bySession.Keys() != 0 || s.bySource.Keys() != 0 {
		t.Errorf("after the end of all: got %d uploads of %d sessions and %d addresses, want none", len(s.active), s.bySession.Keys(), s.bySource.Keys())
	}
}

func TestUploads_beyond_the_cap_cut_slow_uploads(t *testing.T) {
	const kib = 1 << 10
	tests := map[string]func(t *testing.T, s *senders){
		"64 slow uploads of one address": func(t *testing.T, s *senders) {
			slow := s.start("attacker", maxUploads)
			send(slow, 17*kib, 3)
			person := s.start("person", 1)
			if cut(slow) != 1 || cut(person) != 0 || len(s.active) != maxUploads {
				t.Errorf("got %d slow and %d other uploads cut and %d in progress, want 1, 0 and %d", cut(slow), cut(person), len(s.active), maxUploads)
			}
			s.start("attacker", 1) // the person's upload is not cut for it
			if cut(person) != 0 {
				t.Error("upload of the person: got it cut for the attacker, want it in progress")
			}
		},
		"the same address": func(t *testing.T, s *senders) {
			slow := s.start("proxy", maxUploads)
			s.refuse("proxy") // they may become fast
			send(slow, 17*kib, 3)
			s.start("proxy", 1)
		},
		"the address with the most uploads comes first": func(t *testing.T, s *senders) {
			phone := s.start("phone", 1)
			slow := s.start("attacker", maxUploads-1)
			send(append(phone, slow...), 17*kib, 3)
			for i := range maxUploads - 3 {
				s.start("person "+strconv.Itoa(i), 1)
			}
			if cut(phone) != 0 || cut(slow) != maxUploads-3 {
				t.Errorf("got %d uploads of the phone and %d of the attacker cut, want 0 and %d", cut(phone), cut(slow), maxUploads-3)
			}
		},
		"a phone outlasts an attacker who starts again and again": func(t *testing.T, s *senders) {
			phone := s.start("phone", 1)
			send(phone, 17*kib, 3)
			s.start("attacker", maxUploads-1)
			s.refuse("attacker")
			person := s.start("person", 1)
			if cut(phone)+cut(person) != 0 {
				t.Errorf("got %d uploads of the phone and %d of the person cut, want none", cut(phone), cut(person))
			}
		},
		"the upload that has received least is cut": func(t *testing.T, s *senders) {
			old := s.start("class", maxSourceShare)
			send(old, 20*kib, 10)
			young := s.start("class", maxUploads-maxSourceShare)
			send(append(young, old...), 20*kib, 3)
			s.start("class", 5)
			if cut(old) != 0 || cut(young) != 5 {
				t.Errorf("got %d old and %d young uploads cut, want 0 and 5", cut(old), cut(young))
			}
		},
		"fast at first only": func(t *testing.T, s *senders) {
			slow := append(s.start("a", maxSourceShare), s.start("b", maxSourceShare)...)
			send(slow, 1024*kib, 1)
			s.refuse("person")
			send(slow, 17*kib, 10)
			s.start("person", 1)
		},
		"fast uploads are not cut": func(t *testing.T, s *senders) {
			fast := append(s.start("a", maxSourceShare), s.start("b", maxSourceShare)...)
			for range 5 {
				send(fast, 70*kib, 3)
				s.refuse("person")
			}
		},
		"fast uploads above an address's share are cut": func(t *testing.T, s *senders) {
			many := s.start("a", maxSourceShare+1)
			class := s.start("class", maxUploads-maxSourceShare-1)
			send(append(many, class...), 100*kib, 3)
			s.refuse("a")
			s.start("class", 1)
			s.refuse("class")
			if cut(many) != 1 || cut(class) != 0 {
				t.Errorf("got %d uploads of the address with many and %d of the class cut, want 1 and 0", cut(many), cut(class))
			}
		},
		"complete uploads are not cut": func(t *testing.T, s *senders) {
			done := append(s.start("a", maxSourceShare), s.start("b", maxSourceShare)...)
			for _, up := range done {
				up.body = input.NewBody(httptest.NewRecorder(), http.NoBody)
				_, _ = up.body.Read(make([]byte, 1))
			}
			time.Sleep(time.Minute)
			s.refuse("person")
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, newSenders(t)) })
		})
	}
}
