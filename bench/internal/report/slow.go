package report

import (
	"strings"

	"gifchat/bench/internal/sample"
)

// slowFigure returns a metric of a room with slow links.
func slowFigure(name, format string, of func(sample.Slow) float64) metric {
	return metric{name: name, format: format, of: func(s sample.Sample) float64 {
		if s.Slow == nil {
			return 0
		}
		return of(*s.Slow)
	}}
}

var (
	slowCut = slowFigure("slow cut", "%.0f", func(s sample.Slow) float64 { return float64(s.Cut) })
	// slowStalled is not zero if a server stops sending to a client and later cuts it.
	slowStalled = slowFigure("slow cut after 10 s of silence", "%.0f", func(s sample.Slow) float64 { return float64(s.CutStalled) })
	slowFirst   = slowFigure("first cut, s", "%.0f", func(s sample.Slow) float64 { return s.FirstCut })
	slowLost    = slowFigure("slow lost %", "%.0f", func(s sample.Slow) float64 { return s.LostShare * 100 })
	slowLag50   = slowFigure("slow lag p50, s", "%.2f", func(s sample.Slow) float64 { return s.LagP50 })
	slowLag99   = slowFigure("slow lag p99, s", "%.2f", func(s sample.Slow) float64 { return s.LagP99 })
	othersCut   = slowFigure("others cut", "%.0f", func(s sample.Slow) float64 { return float64(s.OthersCut) })
	othersLost  = slowFigure("others lost", "%.0f", func(s sample.Slow) float64 { return float64(s.OthersLost) })
	peak        = slowFigure("peak MiB", "%.1f", func(s sample.Slow) float64 { return float64(s.PeakBytes) / (1 << 20) })

	othersP50 = metric{"others p50 ms", func(s sample.Sample) float64 { return s.P50 / 1e3 }, "%.1f"}
	othersP99 = metric{"others p99 ms", func(s sample.Sample) float64 { return s.P99 / 1e3 }, "%.1f"}
)

// slowMetrics returns the columns of a workload with slow links.
func slowMetrics() []metric {
	return []metric{slowCut, slowStalled, slowFirst, slowLost, slowLag50, slowLag99, othersCut, othersLost, othersP50, othersP99, peak, cpu}
}

// hasSlowLinks reports whether a workload has slow links, or is their baseline.
func hasSlowLinks(workload string) bool {
	for _, prefix := range []string{"slow", "quick", "volatile"} {
		if strings.HasPrefix(workload, prefix) {
			return true
		}
	}
	return false
}

// slowDemands returns the demands on slow links: no client that makes progress
// is cut, the other clients are not affected, and memory is bounded.
func slowDemands() []demand {
	all := []demand{
		{title: "slow-200: messages lost by slow clients, %", metric: slowLost, workload: "slow-200"},
		{title: "slow-200: p99 of the others, ms", metric: othersP99, workload: "slow-200", peer: "node", most: 1},
		{title: "slow-200: p99 of the others, ms", metric: othersP99, workload: "slow-200", peer: ours, baseline: "quick-200", most: 1.5},
	}
	for _, workload := range []string{"slow-200", "volatile-150k", "volatile-30k"} {
		all = append(all,
			demand{title: workload + ": slow clients cut", metric: slowCut, workload: workload},
			demand{title: workload + ": messages lost by the others", metric: othersLost, workload: workload},
			demand{title: workload + ": peak memory, MiB", metric: peak, workload: workload, most: 64},
		)
	}
	for _, workload := range []string{"volatile-150k", "volatile-30k"} {
		all = append(all, demand{title: workload + ": p99 of the lag, s", metric: slowLag99, workload: workload, peer: "node", most: 0.5})
	}
	return all
}
