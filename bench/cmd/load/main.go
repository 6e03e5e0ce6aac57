// Command load is the load generator of the benchmark. It runs one measurement
// against one running server and prints it as JSON.
//
// WebSocket clients share one thread over epoll and write ready-made frames, so
// a message costs the generator less than any server. The figures are the
// server's CPU time and memory, read from /proc before and after a window. No
// message is in transit when the window opens and when it closes.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"gifchat/bench/internal/sample"
)

type config struct {
	addr, protocol, workload string
	pid                      int
	conns, rooms, window     int
	stalled                  bool
	warm, duration, settle   time.Duration
	text, handshakes         int
	nap                      time.Duration

	// Of the workload "slow":
	slow, rate, rcvbuf, mss int
	stream, burst           int
	every, drain            time.Duration
	volatile                bool
}

func parseFlags() config {
	var c config
	flag.StringVar(&c.addr, "addr", "127.0.0.1:4100", "server's address")
	flag.StringVar(&c.protocol, "protocol", "sio4", "sio4, sio3, centrifuge or raw")
	flag.StringVar(&c.workload, "workload", "fanout", "fanout, gif, echo, chat, idle, slow, polling or upgrade")
	flag.IntVar(&c.pid, "pid", 0, "server's process id")
	flag.IntVar(&c.conns, "conns", 100, "connections")
	flag.IntVar(&c.rooms, "rooms", 1, "rooms of the connections")
	flag.IntVar(&c.window, "window", 1, "messages outstanding; for echo and chat on each connection")
	flag.BoolVar(&c.stalled, "stalled", false, "the last connection stops reading once it has joined")
	flag.DurationVar(&c.warm, "warm", 500*time.Millisecond, "warm-up under the same load")
	flag.DurationVar(&c.duration, "duration", time.Second, "measured window")
	flag.DurationVar(&c.settle, "settle", time.Second, "pause after the last handshake, before memory is read")
	flag.IntVar(&c.text, "text", 100, "bytes of a message's text")
	flag.IntVar(&c.handshakes, "handshakes", 64, "handshakes in progress at once")
	flag.DurationVar(&c.nap, "nap", 100*time.Microsecond, "pause between reads, so that the server pays for no wake-up of the generator with each write")
	flag.IntVar(&c.slow, "slow", 20, "slow: clients with a slow link")
	flag.IntVar(&c.rate, "rate", 20_000, "slow: bytes a second that each slow client reads")
	flag.IntVar(&c.rcvbuf, "rcvbuf", 4096, "slow: SO_RCVBUF of a slow client")
	flag.IntVar(&c.mss, "mss", 1460, "slow: TCP_MAXSEG of a slow client; 0 for loopback's own")
	flag.IntVar(&c.stream, "stream", 8000, "slow: bytes of text a second that the sender sends")
	flag.IntVar(&c.burst, "burst", 0, "slow: bytes of text in a burst")
	flag.DurationVar(&c.every, "every", 10*time.Second, "slow: time between two bursts")
	flag.DurationVar(&c.drain, "drain", drainTime, "slow: time for queued messages to arrive, after the last is sent")
	flag.BoolVar(&c.volatile, "volatile", false, "slow: messages are volatile")
	flag.Parse()
	return c
}

func main() {
	c := parseFlags()
	var s sample.Sample
	var err error
	if c.workload == "polling" || c.workload == "upgrade" {
		s, err = runPolling(c)
	} else {
		s, err = runSockets(c)
	}
	if err != nil {
		s.Err = err.Error()
	}
	out, err := json.Marshal(s)
	if err != nil {
		out = fmt.Appendf(nil, `{"err":%q}`, err)
	}
	fmt.Println(string(out))
	if s.Err != "" {
		os.Exit(1)
	}
}

// runSockets runs a workload of WebSocket clients on the calling thread.
func runSockets(c config) (sample.Sample, error) {
	runtime.GOMAXPROCS(1)
	runtime.LockOSThread()
	debug.SetGCPercent(400)
	const prSetTimerslack = 29 // of prctl(2): with the default slack a nap takes up to 50 µs longer
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, prSetTimerslack, 1, 0)
	l, err := newLoader(c)
	if err != nil {
		return sample.Sample{}, err
	}
	err = l.run()
	return l.sample, err
}
