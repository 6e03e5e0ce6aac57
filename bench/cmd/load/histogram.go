package main

import "math/bits"

const (
	octave  = 64 // steps, so that a quantile is off by less than 2 %
	buckets = 59 * octave
)

// histogram counts latencies in nanoseconds, log-linear.
type histogram struct {
	counts [buckets]int64
	total  int64
}

func (h *histogram) add(ns int64) {
	h.total++
	h.counts[bucket(max(ns, 0))]++
}

func bucket(ns int64) int {
	if ns < octave {
		return int(ns)
	}
	shift := bits.Len64(uint64(ns)) - 7
	return shift*octave + int(ns>>shift)
}

// top is the largest value that falls into bucket b.
func top(b int) int64 {
	if b < 2*octave {
		return int64(b)
	}
	shift := b/octave - 1
	return int64(b-shift*octave+1)<<shift - 1
}

// quantile is in microseconds.
func (h *histogram) quantile(q float64) float64 {
	want, seen := int64(q*float64(h.total)), int64(0)
	for b, n := range h.counts {
		if seen += n; seen > want {
			return float64(top(b)) / 1e3
		}
	}
	return 0
}
