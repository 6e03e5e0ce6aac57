package handlers

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// Posting: faster than anyone types, slow enough to keep a room readable.
	postRate  rate.Limit = 5
	postBurst int        = 20

	// Creating rooms, for each address: a whole class may sit behind one.
	createRate  rate.Limit = 1
	createBurst int        = 40

	// New sessions, for each address: each costs a row for a month. Two classes
	// behind one address may open the page at the same moment.
	newcomerRate  rate.Limit = 10
	newcomerBurst int        = 300

	// limitsKept bounds the memory of a limits; when there are more keys, those
	// who have not been heard of for a minute (and so have full buckets again)
	// go, and if none has, all go.
	limitsKept = 10_000
	limitsIdle = time.Minute
)

// limits holds one token bucket for each key.
type limits struct {
	// Immutable.
	rate  rate.Limit
	burst int

	mu      sync.Mutex
	buckets map[string]*bucket // guarded by mu
}

type bucket struct {
	*rate.Limiter
	used time.Time
}

func newLimits(r rate.Limit, burst int) *limits {
	return &limits{rate: r, burst: burst, buckets: make(map[string]*bucket)}
}

// allow takes a token of key's; without one it returns a rateError.
func (l *limits) allow(key string) error {
	l.mu.Lock()
	b, ok := l.buckets[key]
	if !ok {
		if len(l.buckets) >= limitsKept {
			l.sweepLocked()
		}
		b = &bucket{Limiter: rate.NewLimiter(l.rate, l.burst)}
		l.buckets[key] = b
	}
	b.used = time.Now()
	l.mu.Unlock()
	return take(b.Limiter)
}

func (l *limits) sweepLocked() {
	for key, b := range l.buckets {
		if time.Since(b.used) > limitsIdle {
			delete(l.buckets, key)
		}
	}
	if len(l.buckets) >= limitsKept {
		clear(l.buckets)
	}
}

// source is the key of who sends a request: its address, or what stands for it,
// since whoever has one IPv6 address has 2^64 of them.
func source(r *http.Request) string {
	address := ClientAddress(r)
	ip, err := netip.ParseAddr(address)
	if err != nil || !ip.Is6() || ip.Is4In6() {
		return address
	}
	return netip.PrefixFrom(ip.WithZone(""), 64).Masked().String()
}

// take takes a token, or tells how long until there is one.
func take(l *rate.Limiter) error {
	r := l.Reserve()
	if wait := r.Delay(); wait > 0 {
		r.Cancel()
		return &rateError{retryAfter: wait}
	}
	return nil
}

// rateError refuses what came too fast.
type rateError struct{ retryAfter time.Duration }

func (e *rateError) Error() string { return "too fast: retry after " + e.retryAfter.String() }
