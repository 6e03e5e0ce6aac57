package handlers

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// cutTime is how long Drain waits for the handlers of requests that it has cut.
const cutTime = 200 * time.Millisecond

// requests is the set of requests in progress, those of Socket.IO connections
// and WebSockets left out.
type requests struct {
	mu     sync.Mutex
	active map[*request]struct{} // guarded by mu
}

// request is one in progress.
type request struct {
	w    http.ResponseWriter
	body *pacedBody // nil without a body
	done chan struct{}
}

func newRequests() *requests { return &requests{active: make(map[*request]struct{})} }

// begin registers a request; end unregisters it.
func (rs *requests) begin(w http.ResponseWriter, body *pacedBody) (end func()) {
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

// cut ends a body that still comes, so that the handler answers that it may be
// sent again; otherwise it ends the answer. It leaves a finished request alone:
// a deadline would hit the next request of the same connection.
func (rs *requests) cut(r *request) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if _, active := rs.active[r]; !active {
		return
	}
	if r.body == nil || !r.body.cut(&busyError{retryAfter: uploadRetry}) {
		_ = http.NewResponseController(r.w).SetWriteDeadline(time.Now()) // what cannot have a deadline is left to the server's end
	}
}

// Drain refuses new uploads from now on and waits for the requests in progress
// until ctx is done. It cuts those that are left: an upload is answered with 503,
// a download ends. The server goes on serving other requests.
func (h *Handler) Drain(ctx context.Context) {
	h.uploads.close()
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
