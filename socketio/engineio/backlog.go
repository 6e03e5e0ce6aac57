package engineio

import (
	"iter"
	"maps"
	"slices"
	"sync/atomic"
)

// backlog counts the bytes in all blocked queues together. The bytes of a broadcast
// count once, regardless of the number of queues. Each entry of a queue counts
// entryCost. Packets of a queue that is not blocked do not count: over plain TCP all
// processors would write the counter for each delivery. Over TLS each write may
// block, so those packets count.
type backlog struct {
	_        [64]byte // padding: bytes gets its own cache line, because each delivery reads it
	bytes    atomic.Int64
	evicting atomic.Bool
	_        [64]byte
}

func (b *backlog) add(p *Prepared) {
	n := int64(entryCost)
	if p.blockedQueues.Add(1) == 1 {
		n += int64(p.size())
	}
	b.bytes.Add(n)
}

func (b *backlog) remove(p *Prepared) {
	n := int64(entryCost)
	if p.blockedQueues.Add(-1) == 0 {
		n += int64(p.size())
	}
	b.bytes.Add(-n)
}

// evictSlowest ends the connections with the longest queues while the backlog exceeds
// its limit. It continues to 7/8 of the limit, so that the search for the longest
// queues is rare. The caller must not hold a lock.
func (s *Server) evictSlowest() {
	limit := int64(s.cfg.Limits.MaxBacklog)
	if s.backlog.bytes.Load() <= limit || !s.backlog.evicting.CompareAndSwap(false, true) {
		return
	}
	defer s.backlog.evicting.Store(false)
	for _, c := range s.longestQueues() {
		if s.backlog.bytes.Load() <= limit-limit/8 {
			return
		}
		c.evict()
	}
}

// evict ends a connection to reduce the backlog. It also aborts a connection that has
// ended and still writes its last packets.
func (c *Conn) evict() {
	c.closeOnSendError(errEvicted)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out.close()
	if c.ws != nil {
		c.ws.stream.abort()
	}
}

// longestQueues returns the connections with blocked queues, by descending cost.
func (s *Server) longestQueues() []*Conn {
	type queue struct {
		conn *Conn
		cost int
	}
	var queues []queue
	s.mu.Lock()
	for _, all := range []iter.Seq[*Conn]{maps.Values(s.conns), maps.Keys(s.closing)} {
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
