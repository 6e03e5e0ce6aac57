package report

import (
	"cmp"
	"fmt"
)

// demand is a bound on one metric of the project's own server in one workload.
// It bounds the ratio to the metric of a peer, or without one the value.
type demand struct {
	title    string
	metric   metric
	workload string
	most     float64
	least    float64 // if not 0, a lower bound in place of most

	server   string // the project's own; empty for ours
	peer     string // empty for a bound on the value
	baseline string // workload of the peer; empty for the same
}

const (
	ours    = "ours"
	program = "program" // ours, with the chat and a database
)

// bound returns the bound as the page shows it.
func (d demand) bound() string {
	if d.least > 0 {
		return fmt.Sprintf("≥ %v", d.least)
	}
	return fmt.Sprintf("≤ %v", d.most)
}

func demands() []demand {
	var all []demand
	against := func(title string, m metric, workload string, peers map[string]float64) {
		for _, peer := range []string{"floor-epoll", "node", "centrifuge", "zishang", "googollee"} {
			if most, ok := peers[peer]; ok {
				all = append(all, demand{title: title, metric: m, workload: workload, peer: peer, most: most})
			}
		}
	}
	lockstep := map[string]float64{"floor-epoll": 1.15, "node": 0.5, "centrifuge": 0.6, "zishang": 0.2, "googollee": 0.3}
	for _, members := range []string{"100", "1000", "5000"} {
		workload := "fanout-" + members
		against("room of "+members+", one outstanding", cpu, workload, lockstep)
		all = append(all, demand{title: "user-space share, room of " + members, metric: userShare, workload: workload, most: 10})
	}
	against("room of 1000, 16 outstanding", cpu, "fanout-1000-16", map[string]float64{"node": 0.1, "centrifuge": 0.33})
	against("1000 rooms of 5", cpu, "rooms-1000x5", map[string]float64{"node": 0.45, "centrifuge": 0.5})
	against("echo with acknowledgement", cpu, "echo-100", map[string]float64{"node": 0.35, "centrifuge": 0.65})
	for _, conns := range []string{"5000", "19000"} {
		title := "memory of each of " + conns + " idle, KiB"
		all = append(all, demand{title: title, metric: idleRSS, workload: "idle-" + conns, most: 10})
		against(title, idleRSS, "idle-"+conns, map[string]float64{"node": 0.6})
	}
	against("handshake, WebSocket only", handshake, "idle-5000", map[string]float64{"node": 0.35})
	all = append(all, demand{
		title: "one stalled reader among 1000", metric: cpu, workload: "stalled-1000",
		peer: ours, baseline: "reading-1000", most: 1.1,
	})
	for _, w := range []struct{ name, title string }{{"chat-20x5", "20 rooms of 5"}, {"chat-1x50", "a room of 50"}} {
		all = append(all,
			demand{title: "stored message, " + w.title, metric: cpu, workload: w.name, server: program, peer: "node-chat", most: 0.75},
			demand{title: "stored messages a second, " + w.title, metric: perSecond, workload: w.name, server: program, peer: "node-chat", least: 1.5},
		)
	}
	return append(all, slowDemands()...)
}

// verdict is a demand with the figures that it bounds.
type verdict struct {
	demand

	measured bool
	own      summary
	other    summary // of the peer
	figure   float64 // own median, or its ratio to the peer's
}

func (r Results) judge(d demand) verdict {
	v := verdict{demand: d, own: r.summary(d.workload, cmp.Or(d.server, ours), d.metric)}
	v.figure, v.measured = v.own.median, v.own.n > 0
	if d.peer == "" {
		return v
	}
	baseline := d.workload
	if d.baseline != "" {
		baseline = d.baseline
	}
	v.other = r.summary(baseline, d.peer, d.metric)
	v.measured = v.measured && v.other.n > 0 && v.other.median > 0
	if v.measured {
		v.figure /= v.other.median
	}
	return v
}

// missed returns "met", or by what share of the bound the figure misses it.
func (v verdict) missed() string {
	switch {
	case !v.measured && v.own.n > 0 && v.other.failed > 0:
		return "the peer fails"
	case !v.measured:
		return "not measured"
	case v.least > 0 && v.figure >= v.least, v.least == 0 && v.figure <= v.most:
		return "met"
	case v.least > 0:
		return fmt.Sprintf("**%.0f %%**", (1-v.figure/v.least)*100)
	case v.most == 0:
		return fmt.Sprintf("**"+v.metric.format+"**", v.figure) // no share of a bound of 0
	}
	return fmt.Sprintf("**%.0f %%**", (v.figure/v.most-1)*100)
}
