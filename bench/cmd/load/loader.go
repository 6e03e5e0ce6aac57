package main

import (
	"fmt"
	"net"
	"syscall"
	"time"

	"gifchat/bench/internal/proc"
	"gifchat/bench/internal/sample"
)

const (
	drainTime   = 20 * time.Second // for the last deliveries of a phase
	connectTime = 2 * time.Minute
	atRest      = 50 * time.Millisecond // pause between warm-up and window, and before the last reading
	senders     = 4                     // members of a room that send; the others only listen
)

// loader has all WebSocket clients of a measurement. One thread owns it.
type loader struct {
	config   config
	protocol protocol
	sample   sample.Sample

	epoll   int
	server  syscall.SockaddrInet4
	conns   []*conn         // by order of creation
	byFD    map[int32]*conn // connections that are read
	rooms   [][]*conn
	events  [512]syscall.EpollEvent
	in, out []byte

	ready        int
	sent         int64
	delivered    int64
	acknowledged int64 // of the workload chat
	repeating    bool  // each answer triggers the next request
	measuring    bool
	latency      histogram
	failure      error         // of a write, or of a read of /proc
	slowRoom     *slowRoom     // nil until the slow clients are throttled
	chats        []*chatClient // by index of the connection; nil unless the workload is chat
}

func newLoader(c config) (*loader, error) {
	addr, err := net.ResolveTCPAddr("tcp4", c.addr)
	if err != nil {
		return nil, err
	}
	if !addr.IP.IsLoopback() {
		return nil, fmt.Errorf("addr: got %v, want a loopback address", addr)
	}
	p, err := newProtocol(c)
	if err != nil {
		return nil, err
	}
	epoll, err := syscall.EpollCreate1(0)
	return &loader{
		config:   c,
		protocol: p,
		sample:   sample.Sample{Conns: c.conns},
		epoll:    epoll,
		server:   syscall.SockaddrInet4{Port: addr.Port, Addr: [4]byte(addr.IP.To4())},
		byFD:     make(map[int32]*conn),
		in:       make([]byte, 256<<10),
	}, err
}

// upgradeRequest returns the HTTP request that opens the WebSocket of c.
func (l *loader) upgradeRequest(c *conn) []byte {
	request := "GET " + l.protocol.path() + " HTTP/1.1\r\nHost: " + l.config.addr + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	if c.chat != nil && c.chat.cookie != "" {
		request += "Cookie: " + c.chat.cookie + "\r\n"
	}
	return []byte(request + "\r\n")
}

func (l *loader) run() error {
	if l.config.workload == "chat" {
		if err := l.createRooms(); err != nil {
			return fmt.Errorf("create rooms: %w", err)
		}
	}
	before, err := proc.Read(l.config.pid)
	if err != nil {
		return err
	}
	if err := l.connectAll(); err != nil {
		return err
	}
	after, err := proc.Read(l.config.pid)
	if err != nil {
		return err
	}
	n := float64(l.config.conns)
	l.sample.Handshake = (after.CPU() - before.CPU()) * 1e6 / n
	if err := l.pump(l.config.settle, nil); err != nil {
		return err
	}
	settled, err := proc.Read(l.config.pid)
	if err != nil {
		return err
	}
	l.sample.IdleRSS = float64(settled.RSS-before.RSS) / n
	if l.config.stalled {
		l.stall()
	}
	switch l.config.workload {
	case "idle":
		return nil
	case "fanout", "gif":
		return l.measure(l.fanout)
	case "echo":
		return l.measure(l.echo)
	case "chat":
		err := l.measure(l.chat)
		l.sample.Acknowledged = l.acknowledged
		return err
	case "slow":
		return l.slow()
	}
	return fmt.Errorf("unknown workload %q", l.config.workload)
}

// measure runs phase for the warm-up, and again for the measured window.
func (l *loader) measure(phase func(time.Duration) error) error {
	if err := phase(l.config.warm); err != nil {
		return fmt.Errorf("warm-up: %w", err)
	}
	if err := l.pump(atRest, nil); err != nil {
		return err
	}
	sent, units := l.sent, l.units()
	a, err := readMeter(l.config.pid)
	if err != nil {
		return err
	}
	l.measuring = true
	if err := phase(l.config.duration); err != nil {
		return err
	}
	l.measuring = false
	lasted := time.Since(a.server.At)
	if err := l.pump(atRest, nil); err != nil {
		return err
	}
	b, err := readMeter(l.config.pid)
	l.sample.Sent = l.sent - sent
	fill(&l.sample, a, b, lasted, l.units()-units)
	l.sample.P50, l.sample.P99 = l.latency.quantile(.5), l.latency.quantile(.99)
	return err
}

// units returns the number of messages by which usage is divided so far.
func (l *loader) units() int64 {
	if l.config.workload == "chat" {
		return l.acknowledged
	}
	return l.delivered
}

// fanout keeps window broadcasts outstanding for d. The senders are the first
// members of each room in turn. It returns when every member of a room has
// received each of its broadcasts.
func (l *loader) fanout(d time.Duration) error {
	members := int64(l.config.conns / l.config.rooms)
	if l.config.stalled {
		members--
	}
	for end := now() + int64(d); now() < end; {
		for l.sent*members-l.delivered <= int64(l.config.window-1)*members {
			turn := int(l.sent) / len(l.rooms)
			room := l.rooms[int(l.sent)%len(l.rooms)]
			sender := room[turn%min(len(room), senders)]
			l.send(sender, l.protocol.broadcast(sender.room(), stamped(now(), l.config.text)))
			l.sent++
		}
		if err := l.poll(); err != nil {
			return err
		}
	}
	return l.drain(func() int64 { return l.sent*members - l.delivered })
}

// echo keeps window requests outstanding on every connection for d.
func (l *loader) echo(d time.Duration) error {
	l.repeating = true
	for _, c := range l.conns {
		for range l.config.window {
			l.request(c)
		}
	}
	if err := l.pump(d, nil); err != nil {
		return err
	}
	l.repeating = false
	return l.drain(func() int64 { return l.sent - l.delivered })
}

func (l *loader) request(c *conn) {
	l.send(c, l.protocol.echo(stamped(now(), l.config.text)))
	l.sent++
}

// drain polls until missing returns 0. It fails after drainTime.
func (l *loader) drain(missing func() int64) error {
	if err := l.pump(drainTime, func() bool { return missing() <= 0 }); err != nil {
		return err
	}
	if n := missing(); n != 0 {
		return fmt.Errorf("drain: %d of %d deliveries missing after %v", n, l.sent, drainTime)
	}
	return nil
}

// countDeliveries counts the stamped deliveries in one message, of which a
// server may join several.
func (l *loader) countDeliveries(c *conn, payload []byte) {
	arrived := now()
	for {
		at, rest, ok := nextStamp(payload)
		if !ok {
			return
		}
		switch {
		case c.link == nil:
			l.delivered++
			if l.measuring {
				l.latency.add(arrived - at)
			}
		case !l.slowRoom.released:
			c.received++
			l.slowRoom.latency.add(arrived - at)
		}
		if l.repeating {
			l.request(c)
		}
		payload = rest
	}
}
