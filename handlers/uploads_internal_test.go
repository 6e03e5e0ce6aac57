package handlers

import (
	"errors"
	"net/http"
	"strconv"
	"testing"
	"time"

	"gifchat/rooms"
)

func TestUploadsAreBounded(t *testing.T) {
	u := newUploads()
	var leave []func()
	for i := range maxUploads {
		l, err := u.enter(strconv.Itoa(i / maxVisitorUploads))
		if err != nil {
			t.Fatalf("upload %d: %v", i, err)
		}
		leave = append(leave, l)
	}
	_, err := u.enter("0")
	if limited, ok := errors.AsType[*rateError](err); !ok || limited.retryAfter <= 0 {
		t.Errorf("a visitor's one too many: got %v", err)
	}
	_, err = u.enter("another")
	if busy, ok := errors.AsType[*busyError](err); !ok || busy.retryAfter <= 0 {
		t.Errorf("one too many: got %v", err)
	}
	for _, l := range leave {
		l()
	}
	if u.all != 0 || len(u.by) != 0 {
		t.Errorf("in the end there are %d, of %d visitors", u.all, len(u.by))
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
