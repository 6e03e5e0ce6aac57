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
	ports     = 400 // are used in turn, so that none is taken by old connections

	startTime = 5 * time.Second
	loadTime  = 2 * time.Minute
	stopTime  = 2 * time.Second
	quietTime = 4 * time.Second // at most, for the rest of the machine
)

// once starts the server, measures it and ends it.
func once(ctx context.Context, root string, s server, w workload, port int) sample.Sample {
	waitQuiet(quietTime)
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	args := make([]string, len(s.command))
	for i, arg := range s.command {
		args[i] = strings.NewReplacer("{addr}", addr, "{port}", strconv.Itoa(port)).Replace(arg)
	}
	program := exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // from the plan
	program.Env = append(program.Environ(), "NODE_ENV=production")
	program.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	program.Cancel = func() error { return program.Process.Signal(syscall.SIGTERM) }
	program.WaitDelay = stopTime
	said := filepath.Join(root, "bench", "bin", "server.log")
	log, err := os.Create(said)
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
		text, _ := os.ReadFile(said) // nothing is as good as an error here
		return sample.Sample{Err: fmt.Sprintf("%v: %.500s", err, text)}
	}
	return load(ctx, root, addr, program.Process.Pid, s, w)
}

func load(ctx context.Context, root, addr string, pid int, s server, w workload) sample.Sample {
	ctx, cancel := context.WithTimeout(ctx, loadTime)
	defer cancel()
	args := append(strings.Fields(w.args), "-addr", addr, "-pid", strconv.Itoa(pid), "-protocol", s.protocol)
	generator := exec.CommandContext(ctx, filepath.Join(root, "bench", "bin", "load"), args...) //nolint:gosec // from the plan
	generator.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := generator.Output() // with its error in the sample, where there is one
	var got sample.Sample
	if bad := json.Unmarshal(out, &got); bad != nil {
		got.Err = errors.Join(err, bad).Error()
		if failed := new(exec.ExitError); errors.As(err, &failed) {
			got.Err += fmt.Sprintf(": %.500s", failed.Stderr)
		}
	}
	return got
}

// end asks the server to go, and does not wait for long.
func end(program *exec.Cmd) {
	_ = program.Process.Signal(syscall.SIGTERM) // it may have gone
	kill := time.AfterFunc(stopTime, func() { _ = program.Process.Kill() })
	defer kill.Stop()
	_ = program.Wait() // how it ends says nothing
}

func waitListening(ctx context.Context, addr string) error {
	dialer := net.Dialer{Timeout: 100 * time.Millisecond}
	for deadline := time.Now().Add(startTime); ; {
		conn, err := dialer.DialContext(ctx, "tcp", addr)
		if err == nil {
			time.Sleep(200 * time.Millisecond) // it has more to do at its start
			return conn.Close()
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the server does not listen: %w", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// waitQuiet waits until the machine is at most a quarter of a core busy, or
// most has passed.
func waitQuiet(most time.Duration) {
	for end := time.Now().Add(most); time.Now().Before(end); {
		busy, start := proc.MachineBusy(), time.Now()
		time.Sleep(300 * time.Millisecond)
		if (proc.MachineBusy()-busy)/time.Since(start).Seconds() < 0.25 {
			return
		}
	}
}
