package main

import (
	"testing"
	"time"

	"gifchat/bench/internal/proc"
	"gifchat/bench/internal/sample"
)

func TestStamp_is_found_in_text(t *testing.T) {
	const at = 0x0123456789abcdef
	text := []byte(`["` + stamped(at, 100) + `","` + stamped(at+1, 0) + `"]`)
	for want := int64(at); want <= at+1; want++ {
		got, rest, ok := nextStamp(text)
		if !ok || got != want {
			t.Fatalf("stamp: got %x, %v, want %x", got, ok, want)
		}
		text = rest
	}
	if _, _, ok := nextStamp(text); ok {
		t.Errorf("after two stamps: got another stamp in %q, want none", text)
	}
}

func TestHistogram_is_wrong_by_less_than_two_percent(t *testing.T) {
	for ns := int64(1); ns < 1<<40; ns = ns*5/4 + 1 {
		if got := top(bucket(ns)); got < ns || float64(got-ns) > 0.02*float64(ns) {
			t.Errorf("bucket of %d ns: got the upper bound %d, want at most 2 %% more", ns, got)
		}
	}
	var h histogram
	for i := range int64(1000) {
		h.add(i * 1000)
	}
	if got := h.quantile(.5); got < 495 || got > 515 {
		t.Errorf("median: got %v µs, want about 500", got)
	}
}

func TestFill_divides_usage_by_units(t *testing.T) {
	start := time.Now()
	a := meter{server: proc.Usage{At: start, User: 1, Sys: 1}, machine: 10, generator: 5}
	b := meter{server: proc.Usage{At: start.Add(2 * time.Second), User: 1.1, Sys: 1.9}, machine: 13, generator: 6}
	var s sample.Sample
	fill(&s, a, b, 2*time.Second, 1000)
	for name, v := range map[string][2]float64{
		"CPU":   {s.CPU, 1000},
		"share": {s.UserShare, 0.1},
		"rate":  {s.PerSecond, 500},
		"load":  {s.LoadCPU, 1000},
		"other": {s.OtherCores, 0.5},
	} {
		if d := v[0] - v[1]; d > 1e-6 || d < -1e-6 {
			t.Errorf("%s: got %v, want %v", name, v[0], v[1])
		}
	}
}
