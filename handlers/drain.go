package handlers

import (
	"context"
	"net/http"
	"sync"
	"time"

	"gifchat/handlers/input"
	"gifchat/handlers/refusal"
)

const (
	// cutTime is how long Drain waits for the handlers of requests that it has cut.
	cutTime = 200 * time.Millisecond

	// cutRetry is when a client may send a request again that Drain has cut.
	cutRetry = 2 * time.Second
)

// requests is the set of requests in progress, without those of Socket.IO connections
// and WebSockets.
type requests struct {
	mu     sync.Mutex
	active map[*request]struct{} // guarded by mu
}

// request is a request in progress.
type request struct {
	w    http.ResponseWriter
	body *input.Body // nil without a body
	done chan struct{}
}

func newRequests() *requests { return &requests{active: make(map[*request]struct{})} }

// begin adds a request. The caller calls end when it has answered.
func (rs *requests) begin(w http.ResponseWriter, body *input.Body) (end func()) {
	r := &request{w: w, body: body, done: make(chan struct{})}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.active[r] = struct{}{}
	return func() {
		rs.mu.Lock()
		defer rs.mu.Unlock()
		delete(rs.active, r)
		close(r.done)
	}
}

func (rs *requests) list() []*request {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	list := make([]*request, 0, len(rs.active))
	for r := range rs.active {
		list = append(list, r)
	}
	return list
}

// cut ends the body of a request that still arrives, so that the handler answers that
// it may be sent again. Otherwise it ends the answer. It leaves a finished request
// alone: its deadline would hit the next request of the same connection.
func (rs *requests) cut(r *request) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if _, active := rs.active[r]; !active {
		return
	}
	if r.body == nil || !r.body.Cut(&refusal.BusyError{RetryAfter: cutRetry}) {
		_ = http.NewResponseController(r.w).SetWriteDeadline(time.Now()) // without deadlines, the server's end cuts it
	}
}

// Drain refuses new uploads and waits for the requests in progress until ctx is done.
// It cuts those that are left: an upload is answered with 503, a download ends. The
// server goes on serving other requests.
func (h *Handler) Drain(ctx context.Context) {
	h.gifs.CloseUploads()
	begun := h.requests.list()
	for _, r := range begun {
		select {
		case <-r.done:
		case <-ctx.Done():
			h.requests.cut(r)
		}
	}
	cut := time.NewTimer(cutTime)
	defer cut.Stop()
	for _, r := range begun {
		select {
		case <-r.done:
		case <-cut.C:
			return
		}
	}
}
