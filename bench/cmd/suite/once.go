package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"gifchat/bench/internal/proc"
	"gifchat/bench/internal/sample"
)

const (
	firstPort = 4100
	ports     = 400 // used in turn, so that old connections do not occupy the next port

	startTime = 5 * time.Second
	loadTime  = 2 * time.Minute
	stopTime  = 2 * time.Second
	quietTime = 4 * time.Second // the longest wait for a quiet machine
)

// measureOnce starts the server, measures it and ends it. Afterwards it counts the
// rows in the database of a chat server.
func measureOnce(ctx context.Context, root string, s server, w workload, port int) sample.Sample {
	waitQuiet(quietTime)
	data, err := os.MkdirTemp(filepath.Join(root, "bench", "bin"), "data-")
	if err != nil {
		return sample.Sample{Err: err.Error()}
	}
	defer func() { _ = os.RemoveAll(data) }() // a folder that stays does no harm
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	fill := strings.NewReplacer("{addr}", addr, "{port}", strconv.Itoa(port), "{data}", data)
	got := measureServer(ctx, root, s.filled(fill), w, addr)
	if got.Err == "" && s.database != "" {
		err = countRows(ctx, root, fill.Replace(s.database), &got)
	}
	if err != nil {
		got.Err = err.Error()
	}
	return got
}

// filled returns s with its placeholders replaced.
func (s server) filled(fill *strings.Replacer) server {
	replace := func(list []string) []string {
		replaced := make([]string, len(list))
		for i, text := range list {
			replaced[i] = fill.Replace(text)
		}
		return replaced
	}
	s.command, s.env = replace(s.command), replace(s.env)
	return s
}

// measureServer starts a server, runs the generator and ends the server.
func measureServer(ctx context.Context, root string, s server, w workload, addr string) sample.Sample {
	program := exec.CommandContext(ctx, s.command[0], s.command[1:]...) //nolint:gosec // from the plan
	program.Dir = filepath.Join(root, "bench", "bin")                   // without a developer's .env
	program.Env = append(append(program.Environ(), "NODE_ENV=production"), s.env...)
	program.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	program.Cancel = func() error { return program.Process.Signal(syscall.SIGTERM) }
	program.WaitDelay = stopTime
	output := filepath.Join(root, "bench", "bin", "server.log")
	log, err := os.Create(output)
	if err != nil {
		return sample.Sample{Err: err.Error()}
	}
	defer func() { _ = log.Close() }() // the server writes it
	program.Stdout, program.Stderr = log, log
	if err := program.Start(); err != nil {
		return sample.Sample{Err: err.Error()}
	}
	defer end(program)
	if err := waitListening(ctx, addr); err != nil {
		text, _ := os.ReadFile(output) // empty if it cannot be read
		return sample.Sample{Err: fmt.Sprintf("%v: %.500s", err, text)}
	}
	return load(ctx, root, addr, program.Process.Pid, s, w)
}

// countRows fails if the database of a chat server that has ended has another
// number of messages than the server acknowledged.
func countRows(ctx context.Context, root, database string, got *sample.Sample) error {
	script := filepath.Join(root, "bench", "peers", "node-chat", "rows.js")
	out, err := exec.CommandContext(ctx, "node", script, database).Output() //nolint:gosec // from the plan
	if err != nil {
		return fmt.Errorf("count rows: %w", err)
	}
	if got.Rows, err = strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64); err != nil {
		return fmt.Errorf("count rows: %w", err)
	}
	if got.Rows != got.Acknowledged {
		return fmt.Errorf("got %d rows, want %d, the number of acknowledged messages", got.Rows, got.Acknowledged)
	}
	return nil
}

// load runs the generator and returns its sample, or a sample with an error.
func load(ctx context.Context, root, addr string, pid int, s server, w workload) sample.Sample {
	ctx, cancel := context.WithTimeout(ctx, loadTime)
	defer cancel()
	args := append(strings.Fields(w.args), "-addr", addr, "-pid", strconv.Itoa(pid), "-protocol", s.protocol)
	generator := exec.CommandContext(ctx, filepath.Join(root, "bench", "bin", "load"), args...) //nolint:gosec // from the plan
	generator.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := generator.Output() // a failed generator prints a sample too, with its error
	var got sample.Sample
	if bad := json.Unmarshal(out, &got); bad != nil {
		got.Err = errors.Join(err, bad).Error()
		if failed := new(exec.ExitError); errors.As(err, &failed) {
			got.Err += fmt.Sprintf(": %.500s", failed.Stderr)
		}
	}
	return got
}

// end ends the server by SIGTERM, and by SIGKILL after stopTime.
func end(program *exec.Cmd) {
	_ = program.Process.Signal(syscall.SIGTERM) // fails if the server has exited
	kill := time.AfterFunc(stopTime, func() { _ = program.Process.Kill() })
	defer kill.Stop()
	_ = program.Wait() // the exit status does not matter
}

func waitListening(ctx context.Context, addr string) error {
	dialer := net.Dialer{Timeout: 100 * time.Millisecond}
	for deadline := time.Now().Add(startTime); ; {
		conn, err := dialer.DialContext(ctx, "tcp", addr)
		if err == nil {
			time.Sleep(200 * time.Millisecond) // for the rest of its start
			return conn.Close()
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("server does not listen: %w", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// waitQuiet waits until the machine uses less than a quarter of a core, but at
// most for the given time.
func waitQuiet(most time.Duration) {
	for end := time.Now().Add(most); time.Now().Before(end); {
		busy, start := proc.MachineBusy(), time.Now()
		time.Sleep(300 * time.Millisecond)
		if (proc.MachineBusy()-busy)/time.Since(start).Seconds() < 0.25 {
			return
		}
	}
}
