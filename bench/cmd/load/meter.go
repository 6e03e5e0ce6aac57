package main

import (
	"syscall"
	"time"

	"gifchat/bench/internal/proc"
	"gifchat/bench/internal/sample"
)

// meter is a reading of all counters. A measured window is the difference of two
// readings.
type meter struct {
	server    proc.Usage
	machine   float64 // seconds of CPU of the whole machine
	generator float64 // seconds of CPU of the generator
}

func readMeter(pid int) (meter, error) {
	server, err := proc.Read(pid)
	return meter{server: server, machine: proc.MachineBusy(), generator: ownCPU()}, err
}

func ownCPU() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// fill sets the figures of s from two readings. lasted is the window without the
// pause at its end.
func fill(s *sample.Sample, a, b meter, lasted time.Duration, units int64) {
	if units == 0 {
		return
	}
	n, cpu := float64(units), b.server.CPU()-a.server.CPU()
	s.Units, s.Seconds = units, lasted.Seconds()
	s.CPU = cpu * 1e6 / n
	if cpu > 0 {
		s.UserShare = (b.server.User - a.server.User) / cpu
	}
	s.PerSecond = n / lasted.Seconds()
	s.LoadCPU = (b.generator - a.generator) * 1e6 / n
	s.OtherCores = max(0, (b.machine-a.machine-cpu-(b.generator-a.generator))/b.server.At.Sub(a.server.At).Seconds())
}
