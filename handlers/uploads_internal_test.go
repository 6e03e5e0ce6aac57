package handlers

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/rooms"
)

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

// begin returns n uploads from a source, each of a session of its own.
func (s *senders) begin(source string, n int) (begun []*upload) {
	s.t.Helper()
	for range n {
		up := &upload{session: strconv.Itoa(len(s.all)), source: source, body: paceBody(httptest.NewRecorder(), http.NoBody)}
		if _, err := s.enter(up); err != nil {
			s.t.Fatalf("upload %d from %s: got %v, want a place", len(s.all), source, err)
		}
		s.all = append(s.all, up)
		begun = append(begun, up)
	}
	return begun
}

func (s *senders) refuse(source string) {
	s.t.Helper()
	up := &upload{session: "refused", source: source, body: paceBody(httptest.NewRecorder(), http.NoBody)}
	_, err := s.enter(up)
	if busy, ok := errors.AsType[*busyError](err); !ok || busy.retryAfter <= 0 {
		s.t.Errorf("one from %s: got %v, want busy", source, err)
	}
}

// send lets each upload receive so many bytes a second for some seconds.
func send(ups []*upload, pace, seconds int) {
	for range 10 * seconds {
		time.Sleep(time.Second / 10)
		for _, up := range ups {
			up.body.meter.add(pace/10, time.Now())
		}
	}
}

// cut returns how many of them have given way.
func cut(ups []*upload) (n int) {
	for _, up := range ups {
		if up.body.cause != nil {
			n++
		}
	}
	return n
}

func TestUploads_are_bounded(t *testing.T) {
	s := newSenders(t)
	var leave []func()
	enter := func(session, source string) error {
		l, err := s.enter(&upload{session: session, source: source, body: paceBody(httptest.NewRecorder(), http.NoBody)})
		leave = append(leave, l)
		return err
	}
	for i := range maxUploads {
		if err := enter(strconv.Itoa(i/maxVisitorUploads), strconv.Itoa(i%3)); err != nil {
			t.Fatalf("upload %d: %v", i, err)
		}
	}
	if limited, ok := errors.AsType[*rateError](enter("0", "0")); !ok || limited.retryAfter <= 0 {
		t.Error("a fourth one of a visitor is not rate limited")
	}
	s.refuse("another")
	for _, l := range leave[:maxUploads] {
		l()
	}
	if len(s.active) != 0 || len(s.bySession) != 0 || len(s.bySource) != 0 {
		t.Errorf("in the end there are %v, %v, %v", s.active, s.bySession, s.bySource)
	}
}

func TestUploads_slow_ones_give_way(t *testing.T) {
	const kib = 1 << 10
	tests := map[string]func(t *testing.T, s *senders){
		"64 slow ones of one address": func(t *testing.T, s *senders) {
			slow := s.begin("attacker", maxUploads)
			send(slow, 17*kib, 3)
			person := s.begin("person", 1)
			if cut(slow) != 1 || cut(person) != 0 || len(s.active) != maxUploads {
				t.Errorf("%d gave way and %d are in progress, want 1 and %d", cut(slow), len(s.active), maxUploads)
			}
			s.begin("attacker", 1) // to which the person does not give way
			if cut(person) != 0 {
				t.Error("the person gave way to the attacker")
			}
		},
		"the same address": func(t *testing.T, s *senders) {
			slow := s.begin("proxy", maxUploads)
			s.refuse("proxy") // they may become fast
			send(slow, 17*kib, 3)
			s.begin("proxy", 1)
		},
		"the address with the most first": func(t *testing.T, s *senders) {
			phone := s.begin("phone", 1)
			slow := s.begin("attacker", maxUploads-1)
			send(append(phone, slow...), 17*kib, 3)
			for i := range maxUploads - 3 {
				s.begin("person "+strconv.Itoa(i), 1)
			}
			if cut(phone) != 0 || cut(slow) != maxUploads-3 {
				t.Errorf("%d of the phone and %d of the attacker gave way", cut(phone), cut(slow))
			}
		},
		"a phone outlasts an attacker who starts again and again": func(t *testing.T, s *senders) {
			phone := s.begin("phone", 1)
			send(phone, 17*kib, 3)
			s.begin("attacker", maxUploads-1)
			s.refuse("attacker")
			person := s.begin("person", 1)
			if cut(phone)+cut(person) != 0 {
				t.Error("the phone or the person gave way")
			}
		},
		"one that loses least": func(t *testing.T, s *senders) {
			old := s.begin("class", maxSourceShare)
			send(old, 20*kib, 10)
			young := s.begin("class", maxUploads-maxSourceShare)
			send(append(young, old...), 20*kib, 3)
			s.begin("class", 5)
			if cut(old) != 0 || cut(young) != 5 {
				t.Errorf("%d old ones and %d young ones gave way, want 0 and 5", cut(old), cut(young))
			}
		},
		"fast at first only": func(t *testing.T, s *senders) {
			slow := append(s.begin("a", maxSourceShare), s.begin("b", maxSourceShare)...)
			send(slow, 1024*kib, 1)
			s.refuse("person")
			send(slow, 17*kib, 10)
			s.begin("person", 1)
		},
		"fast ones do not": func(t *testing.T, s *senders) {
			fast := append(s.begin("a", maxSourceShare), s.begin("b", maxSourceShare)...)
			for range 5 {
				send(fast, 70*kib, 3)
				s.refuse("person")
			}
		},
		"fast ones above an address's share do": func(t *testing.T, s *senders) {
			many := s.begin("a", maxSourceShare+1)
			class := s.begin("class", maxUploads-maxSourceShare-1)
			send(append(many, class...), 100*kib, 3)
			s.refuse("a")
			s.begin("class", 1)
			s.refuse("class")
			if cut(many) != 1 || cut(class) != 0 {
				t.Errorf("%d and %d gave way, want 1 and 0", cut(many), cut(class))
			}
		},
		"complete ones do not": func(t *testing.T, s *senders) {
			done := append(s.begin("a", maxSourceShare), s.begin("b", maxSourceShare)...)
			for _, up := range done {
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

func TestMeter_rate(t *testing.T) {
	for _, pace := range []int{1, 17 << 10, 100 << 10, 1 << 20} {
		for _, seconds := range []int{2, 5, 60} {
			synctest.Test(t, func(t *testing.T) {
				m := meter{start: time.Now(), last: time.Now()}
				for range seconds {
					time.Sleep(time.Second)
					m.add(pace, time.Now())
				}
				if got := m.rate(time.Now()) / float64(pace); got < 0.9 || got > 1.5 { // a second's bytes at once count a little more
					t.Errorf("%d bytes a second for %d s: measured %.2f of that", pace, seconds, got)
				}
			})
		}
	}
}

func TestUploadRefusalsSayWhenToComeAgain(t *testing.T) {
	for _, tt := range []struct {
		err    error
		status int
		reason string
		wait   time.Duration
	}{
		{&rooms.QuotaError{RetryAfter: time.Hour}, http.StatusTooManyRequests, "quota", time.Hour},
		{&busyError{retryAfter: time.Second}, http.StatusServiceUnavailable, "unavailable", time.Second},
		{rooms.ErrStorageFull, http.StatusInsufficientStorage, "storage_full", 0},
	} {
		p := describe(tt.err)
		if p.status != tt.status || p.reason != tt.reason || retryAfter(tt.err) != tt.wait {
			t.Errorf("%v: got %d %s, %v", tt.err, p.status, p.reason, retryAfter(tt.err))
		}
		for _, l := range []language{korean, english} {
			if say(l, p.words) == p.words {
				t.Errorf("%v: no words in %s", tt.err, l)
			}
		}
	}
}
