package socketio

import (
	"maps"
	"sync"

	"gifchat/socketio/engineio"
)

// Stats is a snapshot of a Server, for logs and metrics.
type Stats struct {
	Engine engineio.Stats // connections, traffic, queues, slow clients, refused requests

	Namespaces int
	Sockets    int // in all namespaces of this server

	OfflineSessions int // of clients that can resume; see Recovery, as for the next fields
	KeptEvents      int // for offline clients
	KeptBytes       int // used by them

	ConnectsRefused   int64                     // since the start; see ConnectRefused
	Recovered         int64                     // recoveries since the start
	RecoveriesRefused map[RecoveryFailure]int64 // since the start
	Panics            int64                     // in functions of the program, since the start
}

// Stats returns a snapshot. It reads the state of each connection, which takes
// about a millisecond for 10,000 of them. It needs no Observer.
func (s *Server) Stats() Stats {
	stats := Stats{Engine: s.engine.Stats()}
	namespaces := s.allNamespaces()
	stats.Namespaces = len(namespaces)
	for _, n := range namespaces {
		stats.Sockets += n.members.count()
		if r, ok := n.delivery.(*recovery); ok {
			r.addTo(&stats)
		}
	}
	s.counts.read(&stats)
	return stats
}

// addTo adds what is kept for offline clients.
func (r *recovery) addTo(stats *Stats) {
	r.mu.Lock()
	defer r.mu.Unlock()
	stats.OfflineSessions += r.offline.Len()
	stats.KeptEvents += r.log.Len()
	stats.KeptBytes += r.log.Bytes()
}

// counts are the counters of Stats that belong to rare events.
type counts struct {
	mu                sync.Mutex
	connectsRefused   int64 // guarded by mu, as are the next fields
	recovered         int64
	recoveriesRefused map[RecoveryFailure]int64 // nil until the first
	panics            int64
}

// add counts an observation if Stats has a counter for it.
func (c *counts) add(o Observation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch o := o.(type) {
	case ConnectRefused:
		c.connectsRefused++
	case Recovered:
		c.recovered++
	case RecoveryRefused:
		if c.recoveriesRefused == nil {
			c.recoveriesRefused = make(map[RecoveryFailure]int64)
		}
		c.recoveriesRefused[o.Failure]++
	case HandlerPanicked:
		c.panics++
	}
}

func (c *counts) read(stats *Stats) {
	c.mu.Lock()
	defer c.mu.Unlock()
	stats.ConnectsRefused, stats.Recovered, stats.Panics = c.connectsRefused, c.recovered, c.panics
	stats.RecoveriesRefused = maps.Clone(c.recoveriesRefused)
}
