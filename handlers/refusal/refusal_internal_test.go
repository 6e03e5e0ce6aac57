package refusal

import (
	"net/http"
	"testing"
	"time"

	"gifchat/i18n"
	"gifchat/rooms"
)

func TestRefusals_have_sentences_in_both_languages(t *testing.T) {
	for _, row := range refusals {
		for _, l := range i18n.Languages {
			if i18n.Text(l, row.Key) == row.Key {
				t.Errorf("%s: got no sentence in %s, want one for the key %s", row.Reason, l, row.Key)
			}
		}
	}
}

func TestOf_upload_refusal_has_a_time_for_a_retry(t *testing.T) {
	for _, tt := range []struct {
		err    error
		status int
		reason string
		wait   time.Duration
	}{
		{&rooms.QuotaError{RetryAfter: time.Hour}, http.StatusTooManyRequests, "quota", time.Hour},
		{&BusyError{RetryAfter: time.Second}, http.StatusServiceUnavailable, "unavailable", time.Second},
		{rooms.ErrStorageFull, http.StatusInsufficientStorage, "storage_full", 0},
	} {
		got, wait := Of(tt.err), RetryAfter(tt.err)
		if got.Status != tt.status || got.Reason != tt.reason || wait != tt.wait {
			t.Errorf("%v: got %d %s, retry after %v, want %d %s, %v", tt.err, got.Status, got.Reason, wait, tt.status, tt.reason, tt.wait)
		}
		for _, l := range i18n.Languages {
			if i18n.Text(l, got.Key) == got.Key {
				t.Errorf("%v: got no sentence in %s, want one for the key %s", tt.err, l, got.Key)
			}
		}
	}
}
