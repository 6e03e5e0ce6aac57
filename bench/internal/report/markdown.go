package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Workload is a section of the page: the name of a workload and the arguments
// of the generator.
type Workload struct{ Name, Args string }

// Markdown returns the page, with workloads and servers in the given order. The
// notes follow the table of demands.
func (r Results) Markdown(plan []Workload, servers []string, notes string) string {
	var b strings.Builder
	b.WriteString("# Benchmarks\n\nWritten by `make bench` (see [bench/README.md](../bench/README.md)); do not edit.\n\n")
	r.writeMachine(&b)
	r.writeDemands(&b)
	if notes != "" {
		b.WriteString("\n" + strings.TrimSpace(notes) + "\n")
	}
	b.WriteString("\n## Figures\n\nMedians, (min–max). Sorted by the first figure. CPU is the server process's own, for each delivery or\nacknowledgement, in chat-… for each stored message; idle is resident memory for each connection before any message.\n")
	for _, w := range plan {
		r.writeWorkload(&b, w, servers)
	}
	return b.String()
}

func (r Results) writeMachine(b *strings.Builder) {
	m := r.machine
	fmt.Fprintf(b, "* %s: %d × %s, %s of memory, Linux %s, TCP congestion control %s, loopback only\n",
		m.Date, m.Cores, m.CPU, m.Memory, m.Kernel, m.TCP)
	fmt.Fprintf(b, "* %s\n", strings.Join(m.Versions, ", "))
	reps, failed, seconds := r.repetitions(), 0, 0.0
	for _, run := range r.runs {
		seconds += run.Took
		if run.Err != "" {
			failed++
		}
	}
	fmt.Fprintf(b, "* %d runs in %.0f minutes, %d of them failed, %d of each server and workload that works", len(r.runs), seconds/60, failed, reps)
	if reps < 5 {
		b.WriteString("; **a short run: ratios of fewer than 5 repetitions prove little**")
	}
	b.WriteString("\n")
	if busy := r.disturbed(); busy > 0 {
		fmt.Fprintf(b, "* other processes used more than 0.3 cores during %d runs; that changes CPU time by about 10 %%\n", busy)
	}
}

// repetitions returns the smallest number of runs of a server in a workload. It
// leaves out servers that never completed the workload.
func (r Results) repetitions() int {
	type pair struct{ workload, server string }
	runs, good := make(map[pair]int), make(map[pair]bool)
	for _, run := range r.runs {
		p := pair{run.Workload, run.Server}
		runs[p]++
		good[p] = good[p] || run.Err == ""
	}
	for p := range good {
		if hasSlowLinks(p.workload) {
			delete(good, p) // the plan repeats slow links less often
		}
	}
	least := 0
	for p, n := range runs {
		if good[p] && (least == 0 || n < least) {
			least = n
		}
	}
	return least
}

// disturbed returns the number of runs during which other processes used more
// than 0.3 cores.
func (r Results) disturbed() int {
	n := 0
	for _, run := range r.runs {
		if run.OtherCores > 0.3 {
			n++
		}
	}
	return n
}

func (r Results) writeDemands(b *strings.Builder) {
	b.WriteString("\n## Demands\n\nRatios within a workload are of one run. `floor-epoll` is one thread with a bare write(2) for each member.\n\n")
	b.WriteString("| figure | ours | against | demand | reached | missed by |\n|---|---:|---|---:|---:|---|\n")
	for _, d := range demands() {
		v := r.judge(d)
		own, against, reached := "", "", ""
		if v.own.n > 0 {
			own = fmt.Sprintf(d.metric.format, v.own.median)
		}
		if d.peer != "" {
			against = cmp.Or(d.baseline, d.peer)
			if v.other.n > 0 {
				against += fmt.Sprintf(" "+d.metric.format, v.other.median)
			}
		}
		if v.measured {
			reached = fmt.Sprintf("%.2f", v.figure)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", d.title, own, against, d.bound(), reached, v.missed())
	}
}

func (r Results) writeWorkload(b *strings.Builder, w Workload, servers []string) {
	metrics := []metric{cpu, userShare, perSecond, p99, handshake, idleRSS, others}
	switch {
	case strings.HasPrefix(w.Name, "idle"):
		metrics = []metric{idleRSS, handshake}
	case strings.HasPrefix(w.Name, "upgrade"):
		metrics = []metric{handshake, perSecond}
	case strings.HasPrefix(w.Name, "chat"):
		metrics = []metric{cpu, userShare, perSecond, ackP50, ackP99, rows, handshake, others}
	case hasSlowLinks(w.Name):
		metrics = slowMetrics()
	}
	type row struct {
		first float64
		text  string
	}
	var rows []row
	for _, server := range servers {
		first := r.summary(w.Name, server, metrics[0])
		if first.n+first.failed == 0 {
			continue
		}
		text := fmt.Sprintf("| %s | %d |", server, first.n)
		if first.n == 0 {
			text = fmt.Sprintf("| %s: %.120s | 0 |", server, r.failure(w.Name, server))
		} else if first.failed > 0 {
			text = fmt.Sprintf("| %s; %d more failed: %.120s | %d |", server, first.failed, r.failure(w.Name, server), first.n)
		}
		for i, m := range metrics {
			text += " " + cell(r.summary(w.Name, server, m), m, i == 0) + " |"
		}
		sortBy := first.median
		if first.n == 0 {
			sortBy = 1e18 // last
		}
		rows = append(rows, row{sortBy, text})
	}
	if len(rows) == 0 {
		return
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(a.first, b.first) })
	fmt.Fprintf(b, "\n### %s\n\n`load %s`\n\n| server | n |", w.Name, w.Args)
	for _, m := range metrics {
		fmt.Fprintf(b, " %s |", m.name)
	}
	b.WriteString("\n|---|---:|" + strings.Repeat("---:|", len(metrics)) + "\n")
	for _, row := range rows {
		b.WriteString(row.text + "\n")
	}
}

func cell(s summary, m metric, spread bool) string {
	if s.n == 0 {
		return ""
	}
	text := fmt.Sprintf(m.format, s.median)
	if spread && s.n > 1 {
		text += fmt.Sprintf(" ("+m.format+"–"+m.format+")", s.min, s.max)
	}
	return text
}

// failure returns the error of the first failed run.
func (r Results) failure(workload, server string) string {
	for _, run := range r.runs {
		if run.Workload == workload && run.Server == server && run.Err != "" {
			return strings.NewReplacer("|", " ", "\n", " ").Replace(run.Err)
		}
	}
	return ""
}
