package handlers

import (
	"log/slog"
	"net/http"
	"sync"
	"time"
)

const (
	warningsPerMinute = 3
	maxWarnedPairs    = 1000
)

// originWarnings writes one line to the log for each pair of Origin and Host
// that was refused. Both come from clients, so the lines in a minute and the
// remembered pairs are limited.
type originWarnings struct {
	log *slog.Logger

	mu     sync.Mutex
	warned map[originPair]struct{}      // guarded by mu
	last   [warningsPerMinute]time.Time // guarded by mu; a ring
	oldest int                          // guarded by mu; in last
}

type originPair struct{ origin, host string }

func newOriginWarnings(log *slog.Logger) *originWarnings {
	return &originWarnings{log: log, warned: make(map[originPair]struct{})}
}

// add warns that a page of origin was refused. The usual cause is a proxy that
// replaces the Host header: then the origin of this server's own pages looks
// foreign.
func (w *originWarnings) add(r *http.Request, origin string) {
	pair := originPair{clip(origin, maxLogged), clip(r.Host, maxLogged)}
	if w.first(pair, time.Now()) {
		w.log.WarnContext(r.Context(), "origin refused: behind a proxy pass the Host header on, for another origin set CORS_ORIGIN",
			"origin", pair.origin, "host", pair.host, "address", peerAddress(r))
	}
}

// first reports whether a line for the pair is to be written now. A pair that is
// held back by the limit may be written later.
func (w *originWarnings) first(pair originPair, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, again := w.warned[pair]; again || now.Sub(w.last[w.oldest]) < time.Minute {
		return false
	}
	w.last[w.oldest] = now
	w.oldest = (w.oldest + 1) % warningsPerMinute
	if len(w.warned) == maxWarnedPairs {
		clear(w.warned)
	}
	w.warned[pair] = struct{}{}
	return true
}
