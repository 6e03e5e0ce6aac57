// Package report writes the page of figures from a results file: medians,
// spreads, and a comparison with the demands on the project's own server.
package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"gifchat/bench/internal/sample"
)

// Results are the runs of a results file.
type Results struct {
	machine sample.Machine
	runs    []sample.Run
}

// Read reads a results file.
func Read(r io.Reader) (Results, error) {
	var all Results
	for in := json.NewDecoder(r); ; {
		var line sample.Line
		err := in.Decode(&line)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, fmt.Errorf("results: %w", err)
		}
		if line.Machine != nil {
			all.machine = *line.Machine
		}
		if line.Run != nil {
			all.runs = append(all.runs, *line.Run)
		}
	}
}

// metric is one figure of a sample.
type metric struct {
	name   string
	of     func(sample.Sample) float64
	format string
}

var (
	cpu       = metric{"CPU µs", func(s sample.Sample) float64 { return s.CPU }, "%.2f"}
	userShare = metric{"user-space %", func(s sample.Sample) float64 { return s.UserShare * 100 }, "%.0f"}
	handshake = metric{"handshake CPU µs", func(s sample.Sample) float64 { return s.Handshake }, "%.0f"}
	idleRSS   = metric{"idle KiB", func(s sample.Sample) float64 { return s.IdleRSS / 1024 }, "%.2f"}
	perSecond = metric{"a second", func(s sample.Sample) float64 { return s.PerSecond }, "%.0f"}
	p99       = metric{"p99 ms", func(s sample.Sample) float64 { return s.P99 / 1e3 }, "%.1f"}
	ackP50    = metric{"ack p50 ms", func(s sample.Sample) float64 { return s.P50 / 1e3 }, "%.2f"}
	ackP99    = metric{"ack p99 ms", func(s sample.Sample) float64 { return s.P99 / 1e3 }, "%.2f"}
	rows      = metric{"rows", func(s sample.Sample) float64 { return float64(s.Rows) }, "%.0f"}
	others    = metric{"other cores", func(s sample.Sample) float64 { return s.OtherCores }, "%.2f"}
)

// summary is a metric of one server over all successful runs of a workload.
type summary struct {
	n, failed        int
	median, min, max float64
}

func (r Results) summary(workload, server string, m metric) summary {
	var s summary
	var values []float64
	for _, run := range r.runs {
		switch {
		case run.Workload != workload || run.Server != server:
		case run.Err != "":
			s.failed++
		default:
			values = append(values, m.of(run.Sample))
		}
	}
	if s.n = len(values); s.n > 0 {
		s.median, s.min, s.max = median(values), slices.Min(values), slices.Max(values)
	}
	return s
}

// median returns the median. For an even number of values it is the mean of the
// middle two.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
