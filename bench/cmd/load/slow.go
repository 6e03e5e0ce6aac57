package main

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"syscall"
	"time"

	"gifchat/bench/internal/proc"
	"gifchat/bench/internal/sample"
)

const (
	slowTick      = 5 * time.Millisecond   // between two reads of a slow client
	slowBurst     = 4 * slowTick           // reading time that a slow client can make up for at once
	releaseTime   = 5 * time.Second        // to read the rest of the server's socket buffers at full speed
	quietTime     = 500 * time.Millisecond // without a byte, after which a buffer counts as empty
	releaseChunk  = 64 << 10
	checkInterval = time.Second      // between two checks for connections that the server has closed
	progressTime  = 10 * time.Second // a client makes progress if it read a byte in this time
	senderIndex   = 0                // a client that reads as fast as it can
)

// slowLink is the reading side of one client on a slow link. It reads at most
// rate bytes a second, and its small receive buffer makes the server wait.
type slowLink struct {
	allowance float64 // bytes that it can read now
	lastRead  int64   // when it last read a byte, in nanoseconds
	gone      bool    // the server ended the connection
	address   netip.AddrPort
}

// slowRoom is the state of the workload "slow": one room, of which the last
// clients have slow links.
type slowRoom struct {
	links   []*conn // the clients with a slow link
	start   int64   // start of the measured window, in nanoseconds
	ticked  int64   // time of the last reads
	checked int64   // time of the last call of findClosed
	latency histogram

	released bool // slow clients read without a limit, and what they read does not count
	result   sample.Slow
}

// slow measures a room in which some clients read slowly. The sender sends
// a steady stream and bursts, and does not wait for deliveries.
func (l *loader) slow() error {
	if err := l.fanout(l.config.warm); err != nil { // every client reads at full speed, and messages are reliable
		return fmt.Errorf("warm-up: %w", err)
	}
	if err := l.pump(atRest, nil); err != nil {
		return err
	}
	before, err := readMeter(l.config.pid)
	if err != nil {
		return err
	}
	if err := proc.ResetPeak(l.config.pid); err != nil {
		return err
	}
	if err := l.beginSlow(); err != nil {
		return err
	}
	if err := l.sendStream(); err != nil {
		return err
	}
	lasted := time.Since(before.server.At)
	if err := l.drainSlow(); err != nil {
		return err
	}
	after, err := readMeter(l.config.pid)
	if err != nil {
		return err
	}
	return l.endSlow(before, after, lasted)
}

// beginSlow resets all counts and throttles the slow clients.
func (l *loader) beginSlow() error {
	l.sent, l.delivered, l.measuring = 0, 0, true
	r := &slowRoom{start: now(), ticked: now()}
	for _, c := range l.conns {
		c.received = 0
	}
	for _, c := range l.conns[l.config.conns-l.config.slow:] {
		_ = l.watch(syscall.EPOLL_CTL_DEL, c, 0) // readSlow reads it from now on, by time
		address, err := localAddress(c.fd)
		if err != nil {
			return err
		}
		c.link = &slowLink{lastRead: r.start, address: address}
		r.links = append(r.links, c)
	}
	r.result = sample.Slow{Clients: l.config.slow, Others: l.config.conns - l.config.slow}
	l.slowRoom = r
	return nil
}

func localAddress(fd int) (netip.AddrPort, error) {
	address, err := syscall.Getsockname(fd)
	if err != nil {
		return netip.AddrPort{}, err
	}
	v4, ok := address.(*syscall.SockaddrInet4)
	if !ok {
		return netip.AddrPort{}, fmt.Errorf("not an IPv4 address: %v", address)
	}
	return netip.AddrPortFrom(netip.AddrFrom4(v4.Addr), uint16(v4.Port)), nil //nolint:gosec // a TCP port
}

// drainSlow waits until the queued messages have arrived, then reads the rest of
// the socket buffers, and records the clients that the server has cut.
func (l *loader) drainSlow() error {
	if err := l.pump(l.config.drain, l.allRead); err != nil {
		return err
	}
	l.findClosed(now())
	return l.pump(releaseTime, l.release)
}

// sendStream sends the stream and its bursts for the configured duration.
func (l *loader) sendStream() error {
	period := time.Duration(float64(l.config.text) / float64(l.config.stream) * float64(time.Second))
	start := time.Now()
	next, burst := start, start.Add(l.config.every/2)
	for end := start.Add(l.config.duration); time.Now().Before(end); {
		for ; !time.Now().Before(next); next = next.Add(period) {
			l.sendOne()
		}
		if l.config.burst > 0 && !time.Now().Before(burst) {
			for range l.config.burst / l.config.text {
				l.sendOne()
			}
			burst = burst.Add(l.config.every)
		}
		if err := l.poll(); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) sendOne() {
	text := stamped(now(), l.config.text)
	event := "chat"
	if l.config.volatile {
		event = "volatile"
	}
	l.send(l.conns[senderIndex], []byte(`42["`+event+`","`+text+`"]`))
	l.sent++
}

// readSlow reads for each slow client the bytes that its link has carried since
// the last call.
func (l *loader) readSlow() {
	r, at := l.slowRoom, now()
	elapsed := time.Duration(at - r.ticked)
	if elapsed < slowTick {
		return
	}
	r.ticked = at
	if r.released {
		return
	}
	if time.Duration(at-r.checked) >= checkInterval {
		l.findClosed(at)
	}
	rate := float64(l.config.rate)
	for _, c := range r.links {
		if c.link.gone {
			continue
		}
		c.link.allowance = math.Min(c.link.allowance+rate*elapsed.Seconds(), rate*max(slowBurst, min(elapsed, time.Second)).Seconds())
		if err := l.readLink(c, at); err != nil {
			l.cutSlow(c, at, err)
		}
	}
}

// release reads the rest of the server's socket buffers, and reports whether
// they are empty. A server can end a connection long before it closes the
// socket: the close frame is then queued behind all messages.
func (l *loader) release() bool {
	at, done := now(), true
	l.slowRoom.released = true
	for _, c := range l.slowRoom.links {
		if c.link.gone {
			continue
		}
		c.link.allowance = releaseChunk
		if err := l.readLink(c, at); err != nil {
			l.cutSlow(c, at, err)
		}
		done = done && time.Duration(at-c.link.lastRead) > quietTime
	}
	return done
}

// readLink makes one read of at most the link's allowance.
func (l *loader) readLink(c *conn, at int64) error {
	if c.link.allowance < 1 {
		return nil
	}
	kept := copy(l.in, c.carry)
	n, err := syscall.Read(c.fd, l.in[kept:kept+int(c.link.allowance)])
	switch {
	case errors.Is(err, syscall.EAGAIN):
		return nil
	case err != nil:
		return err
	case n == 0:
		return errClosed
	}
	c.link.allowance -= float64(n)
	c.link.lastRead = at
	rest, err := l.frames(c, l.in[:kept+n])
	if err != nil {
		return err
	}
	c.carry = append(c.carry[:0], rest...)
	return nil
}

// findClosed records the slow clients whose connections the server has closed.
// The clients themselves notice it much later, because they first read the rest
// of the server's socket buffer.
func (l *loader) findClosed(at int64) {
	l.slowRoom.checked = at
	server := netip.AddrPortFrom(netip.AddrFrom4(l.server.Addr), uint16(l.server.Port)) //nolint:gosec // a TCP port
	peers, err := proc.Peers(server)
	if err != nil {
		l.failure = err
		return
	}
	for _, c := range l.slowRoom.links {
		if !c.link.gone && !peers[c.link.address] {
			l.cutSlow(c, at, errClosed)
		}
	}
}

// cutSlow records that the server ended the connection of a slow client.
func (l *loader) cutSlow(c *conn, at int64, cause error) {
	c.link.gone = true
	s := &l.slowRoom.result
	if time.Duration(at-c.link.lastRead) < progressTime {
		s.Cut++
	} else {
		s.CutStalled++
	}
	if s.Cause == "" {
		s.Cause = cause.Error()
		s.FirstCut = time.Duration(at - l.slowRoom.start).Seconds()
	}
}

// cutOther records that the server ended the connection of a client that reads
// as fast as it can.
func (l *loader) cutOther(c *conn) {
	delete(l.byFD, int32(c.fd)) //nolint:gosec // descriptors are small
	_ = syscall.Close(c.fd)     // the server has ended it
	l.slowRoom.result.OthersCut++
}

// allRead reports whether every client that is still connected has received
// every message. A volatile message may never arrive. Then the queue counts as
// empty after a second without a byte.
func (l *loader) allRead() bool {
	for _, c := range l.slowRoom.links {
		if c.link.gone {
			continue
		}
		if l.config.volatile && time.Duration(now()-c.link.lastRead) < time.Second || !l.config.volatile && c.received < l.sent {
			return false
		}
	}
	return l.config.volatile || l.delivered >= l.sent*int64(l.config.conns-l.config.slow)
}

func (l *loader) endSlow(before, after meter, lasted time.Duration) error {
	peak, err := proc.Peak(l.config.pid)
	if err != nil {
		return err
	}
	r := l.slowRoom
	s := &r.result
	s.PeakBytes = max(0, peak-before.server.RSS)
	s.OthersLost = l.sent*int64(s.Others) - l.delivered
	kept := 0
	for _, c := range r.links {
		if !c.link.gone {
			kept++
			s.Lost += l.sent - c.received
		}
	}
	if kept > 0 && l.sent > 0 {
		s.LostShare = float64(s.Lost) / float64(l.sent*int64(kept))
	}
	s.LagP50, s.LagP99 = r.latency.quantile(.5)/1e6, r.latency.quantile(.99)/1e6
	l.sample.Sent = l.sent
	l.sample.P50, l.sample.P99 = l.latency.quantile(.5), l.latency.quantile(.99)
	l.sample.Slow = s
	fill(&l.sample, before, after, lasted, l.delivered)
	return nil
}
