package main

import (
	"syscall"
	"time"

	"gifchat/bench/internal/proc"
	"gifchat/bench/internal/sample"
)

// meter is a reading of everything that a measured window has a difference of.
type meter struct {
	server  proc.Usage
	machine float64 // seconds of CPU of the whole machine
	mine    float64 // of the generator
}

func readMeter(pid int) (meter, error) {
	server, err := proc.Read(pid)
	return meter{server: server, machine: proc.MachineBusy(), mine: ownCPU()}, err
}

func ownCPU() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// fill writes what was used between two readings into s; lasted is the window
// without the pause at its end.
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
	s.LoadCPU = (b.mine - a.mine) * 1e6 / n
	s.OtherCores = max(0, (b.machine-a.machine-cpu-(b.mine-a.mine))/b.server.At.Sub(a.server.At).Seconds())
}
