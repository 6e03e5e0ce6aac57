package handlers

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// deadlines counts how often a write deadline is set.
type deadlines struct {
	http.ResponseWriter

	set int
}

func (d *deadlines) SetWriteDeadline(time.Time) error {
	d.set++
	return nil
}

func TestRequests_cut_spares_the_next_request_of_a_connection(t *testing.T) {
	rs, w := newRequests(), &deadlines{ResponseWriter: httptest.NewRecorder()}
	end := rs.begin(w, nil)
	active := rs.list()[0]
	rs.cut(active)
	if w.set != 1 {
		t.Errorf("request in progress: got %d write deadlines, want 1", w.set)
	}
	end()
	rs.cut(active)
	if w.set != 1 {
		t.Errorf("finished request: got %d write deadlines, want still 1", w.set)
	}
}
