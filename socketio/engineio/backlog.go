package engineio

import (
	"iter"
	"maps"
	"slices"
	"sync/atomic"
)

// backlog counts the bytes that wait for all clients together, in queues that are
// blocked. The bytes of a broadcast count once, however many queues it waits in;
// each place in a queue counts entryCost. A queue that is not blocked is not
// counted: over plain TCP the counter would be written for each delivery, by all
// processors. Over TLS, where every write may wait, it is.
type backlog struct {
	_         [64]byte // a cache line of its own: each delivery reads bytes
	bytes     atomic.Int64
	relieving atomic.Bool
	_         [64]byte
}

func (b *backlog) add(p *Prepared) {
	n := int64(entryCost)
	if p.queues.Add(1) == 1 {
		n += int64(p.size())
	}
	b.bytes.Add(n)
}

func (b *backlog) remove(p *Prepared) {
	n := int64(entryCost)
	if p.queues.Add(-1) == 0 {
		n += int64(p.size())
	}
	b.bytes.Add(-n)
}

// relieve ends the connections with the longest queues while too much waits for all
// together. It goes somewhat below the limit, so that the search for them is rare.
// No lock may be held.
func (s *Server) relieve() {
	limit := int64(s.cfg.Limits.MaxBacklog)
	if s.backlog.bytes.Load() <= limit || !s.backlog.relieving.CompareAndSwap(false, true) {
		return
	}
	defer s.backlog.relieving.Store(false)
	for _, c := range s.longestQueues() {
		if s.backlog.bytes.Load() <= limit-limit/8 {
			return
		}
		c.giveWay()
	}
}

// giveWay ends a connection for the sake of the others. One that has ended already may
// still be writing its last packets.
func (c *Conn) giveWay() {
	c.sendFailed(errTooSlow)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out.close()
	if c.ws != nil {
		c.ws.stream.abort()
	}
}

// longestQueues returns the connections whose clients can take nothing now, the one
// with the most bytes first.
func (s *Server) longestQueues() []*Conn {
	type queue struct {
		conn *Conn
		cost int
	}
	var queues []queue
	s.mu.Lock()
	for _, all := range []iter.Seq[*Conn]{maps.Values(s.conns), maps.Keys(s.leaving)} {
		for c := range all {
			if cost := c.out.blockedCost(); cost > 0 {
				queues = append(queues, queue{c, cost})
			}
		}
	}
	s.mu.Unlock()
	slices.SortFunc(queues, func(a, b queue) int { return b.cost - a.cost })
	conns := make([]*Conn, len(queues))
	for i, q := range queues {
		conns[i] = q.conn
	}
	return conns
}
