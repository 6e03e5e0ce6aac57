// Command suite runs the load generator against every server in turn, A B C,
// A B C, ..., each time with a fresh server process. It writes a line for each
// run to the results file, and the report from that file.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"gifchat/bench/internal/report"
	"gifchat/bench/internal/sample"
)

type options struct {
	root, results, report string
	workloads, servers    string
	reps                  int
	reportOnly            bool
}

func main() {
	var o options
	flag.StringVar(&o.root, "root", "..", "the repository")
	flag.StringVar(&o.results, "results", "results.jsonl", "results file, overwritten")
	flag.StringVar(&o.report, "report", "", "Markdown file to write; standard output by default")
	flag.StringVar(&o.workloads, "workloads", "", "comma-separated workloads; all by default")
	flag.StringVar(&o.servers, "servers", "", "comma-separated servers; all by default")
	flag.IntVar(&o.reps, "reps", 5, "repetitions")
	flag.BoolVar(&o.reportOnly, "report-only", false, "run nothing, write the report of the results file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	runtime.LockOSThread() // the kernel ends servers with the thread that started them: Pdeathsig
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "suite:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	root, err := filepath.Abs(o.root)
	if err != nil {
		return err
	}
	if !o.reportOnly {
		if err := measure(ctx, root, o); err != nil {
			return err
		}
	}
	return writeReport(o)
}

// giveUpAfter is the number of failures after which the suite skips a server
// that has never completed a workload. Most failures are a timeout of 20 s.
const giveUpAfter = 2

// measure makes all runs and stores the result of each before the next.
func measure(ctx context.Context, root string, o options) (err error) {
	file, err := os.Create(o.results)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	out := json.NewEncoder(file)
	m, err := machine(ctx, root)
	if err != nil {
		return err
	}
	if err := out.Encode(sample.Line{Machine: &m}); err != nil {
		return err
	}
	port := firstPort
	for _, w := range workloads() {
		if !chosen(o.workloads, w.name) {
			continue
		}
		if err := measureWorkload(ctx, root, o, w, &port, out); err != nil {
			return err
		}
	}
	return nil
}

// measureWorkload measures each server in turn, and repeats that. It skips a
// server after giveUpAfter failures. port is the port of the next run.
func measureWorkload(ctx context.Context, root string, o options, w workload, port *int, out *json.Encoder) error {
	works, failed := make(map[string]bool), make(map[string]int)
	reps := o.reps
	if w.reps > 0 {
		reps = min(reps, w.reps)
	}
	for rep := range reps {
		for _, s := range servers(root) {
			if !chosen(o.servers, s.name) || !slices.Contains(w.servers, s.name) {
				continue
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if !works[s.name] && failed[s.name] >= giveUpAfter {
				continue
			}
			start := time.Now()
			got := measureOnce(ctx, root, s, w, *port)
			*port = firstPort + (*port-firstPort+1)%ports
			if got.Err == "" {
				works[s.name] = true
			} else {
				failed[s.name]++
			}
			fmt.Fprintf(os.Stderr, "%-15s %-12s %d  %7.2f µs  handshake %6.0f µs  idle %6.2f KiB  others %.2f  %s\n",
				w.name, s.name, rep+1, got.CPU, got.Handshake, got.IdleRSS/1024, got.OtherCores, got.Err)
			run := sample.Run{Workload: w.name, Server: s.name, Rep: rep, Took: time.Since(start).Seconds(), Sample: got}
			if err := out.Encode(sample.Line{Run: &run}); err != nil {
				return err
			}
		}
	}
	return nil
}

func chosen(list, name string) bool {
	return list == "" || slices.Contains(strings.Split(list, ","), name)
}

func writeReport(o options) error {
	file, err := os.Open(o.results)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // only read
	results, err := report.Read(bufio.NewReader(file))
	if err != nil {
		return err
	}
	var names []string
	var plan []report.Workload
	for _, s := range servers("") {
		names = append(names, s.name)
	}
	for _, w := range workloads() {
		plan = append(plan, report.Workload{Name: w.name, Args: w.args})
	}
	notes, err := os.ReadFile(filepath.Join(o.root, "bench", "notes.md"))
	if err != nil {
		return err
	}
	text := results.Markdown(plan, names, string(notes))
	if o.report == "" {
		_, err = io.WriteString(os.Stdout, text)
		return err
	}
	return os.WriteFile(o.report, []byte(text), 0o644) //nolint:gosec // a public page of the documentation
}
