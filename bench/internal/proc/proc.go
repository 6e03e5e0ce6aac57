// Package proc reads from /proc what a process and the machine have used. It
// knows nothing of servers.
package proc

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// clockTick is USER_HZ, which Linux fixes at 100 for /proc on every port.
const clockTick = 100

// Usage is what a process has used until At.
type Usage struct {
	At        time.Time
	User, Sys float64 // seconds of CPU; the sum is exact, the split is sampled
	RSS       int64   // bytes
}

// CPU is the seconds of CPU in user space and kernel together.
func (u Usage) CPU() float64 { return u.User + u.Sys }

// Read reads the usage of a process.
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

// parseStat takes utime and stime, the 14th and 15th field of /proc/PID/stat.
// The second, the command's name, may hold spaces, so fields are counted from
// its parenthesis.
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

// ResetPeak makes Peak start again from the present resident memory.
func ResetPeak(pid int) error {
	const resetPeak = "5" // proc_pid_clear_refs(5)
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte(resetPeak), 0)
}

// Peak returns the most resident memory of a process, in bytes, since its start
// or the last ResetPeak.
func Peak(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	return parseSize(status, "VmHWM")
}

// MachineBusy is the CPU time that the whole machine has worked, in seconds.
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
