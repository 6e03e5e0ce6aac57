package engineio

import (
	"iter"
	"maps"
)

// Traffic counts the data of a connection, or of all connections of a Server.
//
// A packet is one Engine.IO packet: a text message, each of its attachments, the open
// packet, a heartbeat, or a packet of an upgrade or a close. Bytes are WebSocket frames
// with their headers and polling bodies, without HTTP headers and TLS. The close frame
// of a WebSocket and the HTTP requests and responses themselves do not count.
//
// Data counts as sent when the operating system has accepted it, and over polling when it
// has left the queue for a response. For a client that package gosocketio serves, only
// messages count as sent, and the headers of received WebSocket frames do not count.
type Traffic struct {
	PacketsSent, PacketsReceived int64
	BytesSent, BytesReceived     int64
}

func (t *Traffic) add(u Traffic) {
	t.PacketsSent += u.PacketsSent
	t.PacketsReceived += u.PacketsReceived
	t.BytesSent += u.BytesSent
	t.BytesReceived += u.BytesReceived
}

// Traffic returns the data of the connection until now.
func (c *Conn) Traffic() Traffic {
	t := Traffic{PacketsReceived: c.receivedPackets.Load(), BytesReceived: c.received.Load() + c.controlBytes.Load()}
	t.PacketsSent, t.BytesSent = c.out.sentTotal()
	return t
}

// Stats is a snapshot of a Server.
type Stats struct {
	Polling   int // open connections over polling
	WebSocket int // open connections over WebSocket

	Traffic Traffic // since the start, of all connections; never decreases

	QueuedPackets int   // queued for all clients
	QueuedBytes   int   // queued for all clients; a broadcast counts once for each of them
	LargestQueue  int   // bytes
	Backlog       int64 // bytes that count against Limits.MaxBacklog

	Closed map[Reason]int64    // connections that have ended since the start
	Slow   map[SlowCause]int64 // connections that have ended with ReasonTooSlow since the start

	RefusedHandshakes map[string]int64 // error responses to handshakes since the start, by Refusal.Reason
	RefusedRequests   map[string]int64 // error responses to other requests since the start, by Refusal.Reason
}

// totals are the parts of Stats that have no connection any more. Server.mu guards them.
type totals struct {
	traffic           Traffic
	closed            map[Reason]int64
	slow              map[SlowCause]int64
	refusedHandshakes map[string]int64
	refusedRequests   map[string]int64
	reported          Traffic // the highest numbers that Stats has returned
}

func newTotals() totals {
	return totals{
		closed: make(map[Reason]int64), slow: make(map[SlowCause]int64),
		refusedHandshakes: make(map[string]int64), refusedRequests: make(map[string]int64),
	}
}

func (t *totals) countEnd(e end) {
	t.closed[e.reason]++
	if e.reason == ReasonTooSlow {
		t.slow[e.slow.Cause]++
	}
}

// Stats returns a snapshot. It reads the state of each connection, which takes about a
// millisecond for 10,000 of them.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	stats := Stats{
		Traffic: s.totals.traffic, Backlog: s.backlog.bytes.Load(),
		Closed: maps.Clone(s.totals.closed), Slow: maps.Clone(s.totals.slow),
		RefusedHandshakes: maps.Clone(s.totals.refusedHandshakes), RefusedRequests: maps.Clone(s.totals.refusedRequests),
	}
	conns := make([]*Conn, 0, len(s.conns)+len(s.closing))
	for _, all := range []iter.Seq[*Conn]{maps.Values(s.conns), maps.Keys(s.closing)} {
		for c := range all {
			conns = append(conns, c)
		}
	}
	open := len(s.conns)
	s.mu.Unlock()
	for i, c := range conns { // without Server.mu, because a Conn locks it under its own lock
		stats.Traffic.add(c.Traffic())
		packets, bytes := c.out.waiting()
		stats.QueuedPackets += packets
		stats.QueuedBytes += bytes
		stats.LargestQueue = max(stats.LargestQueue, bytes)
		switch {
		case i >= open: // closed
		case c.Transport() == transportWebSocket:
			stats.WebSocket++
		default:
			stats.Polling++
		}
	}
	stats.Traffic = s.neverLess(stats.Traffic)
	return stats
}

// neverLess returns the numbers of t, or those of an earlier call that are higher.
// Data that a client sends while its connection ends may count in one snapshot only,
// and monitoring systems take a counter that decreases for one that was reset.
func (s *Server) neverLess(t Traffic) Traffic {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := &s.totals.reported
	*last = Traffic{
		PacketsSent: max(last.PacketsSent, t.PacketsSent), PacketsReceived: max(last.PacketsReceived, t.PacketsReceived),
		BytesSent: max(last.BytesSent, t.BytesSent), BytesReceived: max(last.BytesReceived, t.BytesReceived),
	}
	return *last
}

// packets returns the number of packets that p consists of: none for a WebSocket control
// frame.
func (p *Prepared) packets() int {
	n := len(p.binary)
	if p.text != nil {
		n++
	}
	return n
}

// countSent counts packets that are sent without WebSocket frames of the queue.
func (o *outbox) countSent(packets, bytes int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.packets += uint32(packets) //nolint:gosec // a few thousand at most
	o.bytes += int64(bytes)
}

func (o *outbox) sentTotal() (packets, bytes int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return int64(o.packets), o.bytes
}

// countPoll counts the packets of a poll response.
func (c *Conn) countPoll(items []*Prepared, body int) {
	packets := 0
	for _, p := range items {
		packets += p.packets()
	}
	c.out.countSent(packets, body)
}

// countCarried counts the messages that a carrier sends.
func (c *Conn) countCarried(items []*Prepared) {
	packets, bytes := 0, 0
	for _, p := range items {
		if p.isMessage() {
			packets += p.packets()
			bytes += p.size()
		}
	}
	c.out.countSent(packets, bytes)
}
