package report

import (
	"strings"
	"testing"

	"gifchat/bench/internal/sample"
)

func slowRun(server string, s sample.Slow) sample.Run {
	return sample.Run{Workload: "slow-200", Server: server, Sample: sample.Sample{P50: 2000, P99: 9000, Slow: &s}}
}

func TestMarkdown_shows_the_columns_of_slow_links(t *testing.T) {
	var r Results
	r.runs = append(r.runs,
		slowRun(ours, sample.Slow{Clients: 20, Cut: 3, FirstCut: 12, LagP50: 1.5, LagP99: 9.25, OthersLost: 7, PeakBytes: 32 << 20}),
		slowRun("node", sample.Slow{Clients: 20, LostShare: 0.5, LagP50: 4, LagP99: 20, PeakBytes: 8 << 20}),
	)
	page := r.Markdown([]Workload{{"slow-200", "-workload slow"}}, []string{ours, "node"}, "")
	for _, want := range []string{
		"| node | 1 | 0 | 0 | 0 | 50 | 4.00 | 20.00 | 0 | 0 | 2.0 | 9.0 | 8.0 |",
		"| ours | 1 | 3 | 0 | 12 | 0 | 1.50 | 9.25 | 0 | 7 | 2.0 | 9.0 | 32.0 |",
		"| slow-200: slow clients cut | 3 |  | ≤ 0 | 3.00 | **3** |",
		"| slow-200: peak memory, MiB | 32.0 |  | ≤ 64 | 32.00 | met |",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("got page without %q:\n%s", want, page)
		}
	}
	if strings.Index(page, "| node | 1 |") > strings.Index(page, "| ours | 1 |") {
		t.Error("rows: got the server that cut clients first, want it last")
	}
}

func TestRepetitions_leave_out_slow_links(t *testing.T) {
	r := results(map[string][]float64{ours: {1, 2, 3, 4, 5}})
	r.runs = append(r.runs, slowRun(ours, sample.Slow{}))
	if got := r.repetitions(); got != 5 {
		t.Errorf("got %d repetitions, want 5", got)
	}
}
