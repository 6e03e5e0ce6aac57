package engineio

import (
	"slices"
	"sync/atomic"
)

// backlog counts the bytes that wait for all clients together, in queues that are
// blocked. The bytes of a broadcast count once, however many queues it waits in;
// each place in a queue counts entryCost. A queue that is not blocked is not
// counted: the counter would be written for each delivery, by all processors.
type backlog struct {
	bytes     atomic.Int64
	relieving atomic.Bool
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
		c.sendFailed(errTooSlow)
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
	for _, c := range s.conns {
		if cost := c.out.blockedCost(); cost > 0 {
			queues = append(queues, queue{c, cost})
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

// blockedCost returns what the queue counts while it is blocked, and else 0.
func (o *outbox) blockedCost() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.blocked {
		return 0
	}
	return o.cost
}
