// Package proc reads the CPU time and memory of a process, the CPU time of the
// machine, and TCP connections from /proc.
package proc

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// clockTick is USER_HZ, the ticks a second in /proc: 100 on every architecture.
const clockTick = 100

// Usage is the CPU time of a process until At, and its memory at At.
type Usage struct {
	At        time.Time
	User, Sys float64 // seconds of CPU; the sum is exact, the split is sampled
	RSS       int64   // bytes
}

// CPU returns the seconds of CPU in user space and kernel together.
func (u Usage) CPU() float64 { return u.User + u.Sys }

// Read returns the usage of a process. It fails if the process does not exist.
func Read(pid int) (Usage, error) {
	u := Usage{At: time.Now()}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return u, err
	}
	if u.User, u.Sys, err = parseStat(stat); err != nil {
		return u, err
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return u, err
	}
	u.RSS, err = parseRSS(status)
	return u, err
}

// parseStat returns utime and stime in seconds, the 14th and 15th field of
// /proc/PID/stat. It counts fields from the last parenthesis, because the second
// field, the name of the command, can contain spaces.
func parseStat(stat []byte) (user, sys float64, err error) {
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return 0, 0, fmt.Errorf("stat: %q", stat)
	}
	if user, err = strconv.ParseFloat(fields[11], 64); err != nil {
		return 0, 0, err
	}
	if sys, err = strconv.ParseFloat(fields[12], 64); err != nil {
		return 0, 0, err
	}
	return user / clockTick, sys / clockTick, nil
}

func parseRSS(status []byte) (int64, error) { return parseSize(status, "VmRSS") }

// parseSize returns a field of /proc/PID/status in bytes.
func parseSize(status []byte, field string) (int64, error) {
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("no %s in %q", field, status)
}

// ResetPeak resets Peak to the present resident memory.
func ResetPeak(pid int) error {
	const resetPeak = "5" // proc_pid_clear_refs(5)
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte(resetPeak), 0)
}

// Peak returns the maximum of a process's resident memory, in bytes, since its
// start or the last ResetPeak.
func Peak(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	return parseSize(status, "VmHWM")
}

// MachineBusy returns the CPU time that the machine has spent on any work since
// boot, in seconds, or 0 if /proc/stat cannot be read.
func MachineBusy() float64 {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	return parseBusy(stat)
}

func parseBusy(stat []byte) float64 {
	first, _, _ := strings.Cut(string(stat), "\n")
	var ticks float64
	for i, field := range strings.Fields(first) {
		if i == 0 || i == 4 || i == 5 || i > 8 { // name, idle, iowait, guests (counted in user)
			continue
		}
		n, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return 0
		}
		ticks += n
	}
	return ticks / clockTick
}
