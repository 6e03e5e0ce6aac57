package report

import (
	"strings"
	"testing"

	"gifchat/bench/internal/sample"
)

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{7}, 7},
		{[]float64{9, 1, 2}, 2},
		{[]float64{4, 1, 9, 2}, 3},
	} {
		if got := median(tt.values); got != tt.want {
			t.Errorf("median of %v: got %v, want %v", tt.values, got, tt.want)
		}
	}
}

// results returns runs of a room of 1000 with the given CPU times.
func results(byServer map[string][]float64) Results {
	var r Results
	for server, values := range byServer {
		for i, v := range values {
			r.runs = append(r.runs, sample.Run{Workload: "fanout-1000", Server: server, Rep: i, Sample: sample.Sample{CPU: v}})
		}
	}
	return r
}

func TestSummary_leaves_failed_runs_out_of_the_median(t *testing.T) {
	r := results(map[string][]float64{ours: {10, 12, 11}})
	r.runs = append(r.runs, sample.Run{Workload: "fanout-1000", Server: ours, Sample: sample.Sample{CPU: 900, Err: "cut off"}})
	got := r.summary("fanout-1000", ours, cpu)
	if want := (summary{n: 3, failed: 1, median: 11, min: 10, max: 12}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestDemand_is_met_or_missed_by_its_share(t *testing.T) {
	r := results(map[string][]float64{ours: {12, 12, 12}, "node": {20, 30, 24}, "centrifuge": {16}})
	r.runs = append(r.runs, sample.Run{Workload: "fanout-1000", Server: "zishang", Sample: sample.Sample{Err: "cut off"}})
	for peer, want := range map[string]string{
		"node":       "met",            // 0.50
		"centrifuge": "**25 %**",       // 0.75 for 0.6
		"zishang":    "the peer fails", // never 0 or infinite
		"googollee":  "not measured",
	} {
		d := demand{metric: cpu, workload: "fanout-1000", peer: peer, most: map[string]float64{"node": 0.5}[peer]}
		if peer != "node" {
			d.most = 0.6
		}
		if got := r.judge(d).missed(); got != want {
			t.Errorf("%s: got %q, want %q", peer, got, want)
		}
	}
	if got := r.judge(demand{metric: cpu, workload: "fanout-1000", most: 10}).missed(); got != "**20 %**" {
		t.Errorf("bound of 10 on the value: got %q, want **20 %%**", got)
	}
}

func TestMarkdown_shows_the_results_of_a_file(t *testing.T) {
	r, err := Read(strings.NewReader(`{"machine":{"date":"2026-01-02","cpu":"Abacus","cores":2,"versions":["go1"]}}
{"run":{"workload":"fanout-1000","server":"ours","rep":0,"took":90,"cpu_us":9}}
{"run":{"workload":"fanout-1000","server":"node","rep":0,"took":90,"cpu_us":20}}
{"run":{"workload":"fanout-1000","server":"zishang","rep":0,"err":"a|b"}}
`))
	if err != nil {
		t.Fatal(err)
	}
	page := r.Markdown([]Workload{{"fanout-1000", "-conns 1000"}}, []string{"node", ours, "zishang"}, "")
	for _, want := range []string{
		"2 × Abacus", "a short run", "3 runs in 3 minutes, 1 of them failed, 1 of each server and workload that works",
		"| room of 1000, one outstanding | 9.00 | node 20.00 | ≤ 0.5 | 0.45 | met |",
		"| 1000 rooms of 5 |  | node | ≤ 0.45 |  | not measured |",
		"zishang: a b",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("got page without %q:\n%s", want, page)
		}
	}
	if strings.Index(page, "| ours | 1 |") > strings.Index(page, "| node | 1 |") {
		t.Error("rows: got node before ours, want them sorted by the first figure")
	}
	if _, err := Read(strings.NewReader("{")); err == nil {
		t.Error("truncated file: got no error, want one")
	}
}

func TestDemands_are_complete(t *testing.T) {
	for _, d := range demands() {
		if d.title == "" || d.workload == "" || d.most < 0 || d.least > 0 && d.most > 0 || d.metric.of == nil {
			t.Errorf("got %+v, want a title, a workload, a metric and one bound", d)
		}
	}
}

func TestRepetitions_leave_out_servers_that_never_succeed(t *testing.T) {
	r := results(map[string][]float64{ours: {1, 2, 3, 4, 5}})
	for rep := range 2 {
		r.runs = append(r.runs, sample.Run{Workload: "fanout-1000", Server: "zishang", Rep: rep, Sample: sample.Sample{Err: "cut off"}})
	}
	if got := r.repetitions(); got != 5 {
		t.Errorf("got %d repetitions, want 5", got)
	}
}

func TestDemand_lower_bound_is_met_or_missed_by_its_share(t *testing.T) {
	run := func(server string, perSecond float64) sample.Run {
		return sample.Run{Workload: "chat-20x5", Server: server, Sample: sample.Sample{CPU: 1, PerSecond: perSecond}}
	}
	for own, want := range map[float64]string{1600: "met", 1500: "met", 1200: "**20 %**"} {
		r := Results{runs: []sample.Run{run(program, own), run("node-chat", 1000)}}
		d := demand{metric: perSecond, workload: "chat-20x5", server: program, peer: "node-chat", least: 1.5}
		if got := r.judge(d).missed(); got != want {
			t.Errorf("%v messages a second against 1000: got %q, want %q", own, got, want)
		}
	}
}
