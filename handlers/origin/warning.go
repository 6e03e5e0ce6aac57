package origin

import (
	"log/slog"
	"net/http"
	"sync"
	"time"

	"gifchat/handlers/logline"
)

const (
	warningsPerMinute = 3
	maxWarnedPairs    = 1000
)

// warnings writes one log line for each pair of Origin and Host that was refused.
// Clients choose both, so the number of lines in a minute and the number of
// remembered pairs are limited.
type warnings struct {
	log   *slog.Logger
	lines *logline.Throttle[struct{}]

	mu     sync.Mutex
	warned map[originPair]struct{} // guarded by mu
}

type originPair struct{ origin, host string }

func newWarnings(log *slog.Logger) *warnings {
	return &warnings{
		log: log, warned: make(map[originPair]struct{}),
		lines: logline.NewThrottle[struct{}](warningsPerMinute, time.Minute, nil),
	}
}

// add warns that a page of origin was refused. The usual cause is a proxy that
// replaces the Host header: then the origin of this server's own pages looks
// foreign.
func (w *warnings) add(r *http.Request, origin string) {
	pair := originPair{logline.Clip(origin, logline.MaxText), logline.Clip(r.Host, logline.MaxText)}
	if w.first(pair) {
		w.log.WarnContext(r.Context(), "origin refused: behind a proxy pass the Host header on, for another origin set CORS_ORIGIN",
			"origin", pair.origin, "host", pair.host, "address", PeerAddress(r))
	}
}

// first reports whether to write a line for the pair now. A pair that the limit
// holds back may be written later.
func (w *warnings) first(pair originPair) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, again := w.warned[pair]; again || !w.lines.Pass(struct{}{}) {
		return false
	}
	if len(w.warned) == maxWarnedPairs {
		clear(w.warned)
	}
	w.warned[pair] = struct{}{}
	return true
}
