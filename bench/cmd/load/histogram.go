package main

import "math/bits"

const (
	octave  = 64 // buckets for each doubling, so a quantile is wrong by less than 2 %
	buckets = 59 * octave
)

// histogram counts latencies in nanoseconds, in log-linear buckets.
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

// top returns the largest value of bucket b.
func top(b int) int64 {
	if b < 2*octave {
		return int64(b)
	}
	shift := b/octave - 1
	return int64(b-shift*octave+1)<<shift - 1
}

// quantile returns the q-quantile in microseconds, or 0 without values.
func (h *histogram) quantile(q float64) float64 {
	want, seen := int64(q*float64(h.total)), int64(0)
	for b, n := range h.counts {
		if seen += n; seen > want {
			return float64(top(b)) / 1e3
		}
	}
	return 0
}
