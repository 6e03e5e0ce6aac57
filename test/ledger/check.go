package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
)

// verdict is the result of a check.
type verdict struct {
	counts     map[op]int
	messages   int            // rows of the database
	notices    int            // of them, not said by anybody
	violations map[string]int // by what is printed
}

func (v *verdict) violated(invariant, format string, args ...any) {
	v.violations[invariant+": "+fmt.Sprintf(format, args...)]++
}

// mostPrinted bounds what is printed: one mistake of a server's violates
// thousands of times.
const mostPrinted = 100

func (v *verdict) print(out io.Writer) error {
	_, err := fmt.Fprintf(out, "%d messages, %d of them notices;", v.messages, v.notices)
	for _, o := range slices.Sorted(maps.Keys(v.counts)) {
		if err == nil {
			_, err = fmt.Fprintf(out, " %s %d", o, v.counts[o])
		}
	}
	if err == nil {
		_, err = fmt.Fprintf(out, "\n%d violations\n", len(v.violations))
	}
	for i, line := range slices.Sorted(maps.Keys(v.violations)) {
		if err == nil && i < mostPrinted {
			_, err = fmt.Fprintf(out, "%s (%d×)\n", line, v.violations[line])
		}
	}
	return err
}

// key names a message by its sender's word for it.
type key struct{ room, cid string }

// at names it by its place.
type at struct {
	room string
	seq  int64
}

// checker holds what the invariants are asked of.
type checker struct {
	*verdict

	stored  stored
	told    map[string][]message
	records []record

	place map[at]message    // rows of the database
	named map[key][]message // the same
	heard map[key][]message // the history, by name
	sent  map[key]record    // the first time each message left
}

func check(s stored, told map[string][]message, records []record) *verdict {
	c := &checker{
		verdict: &verdict{counts: make(map[op]int), violations: make(map[string]int)},
		stored:  s, told: told, records: records,
		place: make(map[at]message), named: make(map[key][]message),
		heard: make(map[key][]message), sent: make(map[key]record),
	}
	c.index()
	c.rows()
	c.histories()
	c.outcomes()
	c.realTime()
	for _, client := range c.clients() {
		newViewer(c, client[0].Client).follow(client)
	}
	return c.verdict
}

func (c *checker) index() {
	for room, list := range c.stored.messages {
		for _, m := range list {
			c.messages++
			if m.kind == kindNotice {
				c.notices++
			}
			c.place[at{room, m.seq}] = m
			if m.cid != "" {
				c.named[key{room, m.cid}] = append(c.named[key{room, m.cid}], m)
			}
		}
	}
	for room, list := range c.told {
		for _, m := range list {
			if m.cid != "" {
				c.heard[key{room, m.cid}] = append(c.heard[key{room, m.cid}], m)
			}
		}
	}
	for _, r := range c.records {
		c.counts[r.Op]++
		if _, again := c.sent[key{r.Room, r.CID}]; r.Op == opSend && !again {
			c.sent[key{r.Room, r.CID}] = r
		}
	}
}

// clients returns the records of each client.
func (c *checker) clients() [][]record {
	by := make(map[string][]record)
	for _, r := range c.records {
		by[r.Client] = append(by[r.Client], r)
	}
	var lists [][]record
	for _, name := range slices.Sorted(maps.Keys(by)) {
		lists = append(lists, by[name])
	}
	return lists
}

// kindNotice is said by nobody.
const kindNotice = "notice"

// rows asks the database alone: the seqs of a room are 1, 2, 3 … head (I3), no
// session has named two messages alike (I2), and somebody has sent each (I5).
func (c *checker) rows() {
	type owned struct{ room, session, cid string }
	names := make(map[owned]int)
	for room, head := range c.stored.heads {
		list := c.stored.messages[room]
		for i, m := range list {
			if m.seq != int64(i)+1 {
				c.violated("I3", "room %s: the database has seq %d in place %d", room, m.seq, i+1)
				break
			}
		}
		if n := len(list); n > 0 && list[n-1].seq != head {
			c.violated("I3", "room %s: the head is %d, the newest message %d", room, head, list[n-1].seq)
		}
		for _, m := range list {
			if m.cid != "" {
				names[owned{room, m.session, m.cid}]++
			}
			if m.kind == kindNotice {
				continue
			}
			if first, ok := c.sent[key{room, m.cid}]; !ok || first.SHA != m.sha {
				c.violated("I5", "room %s: the database has %q at %d, which nobody has sent so", room, m.cid, m.seq)
			}
		}
	}
	for o, n := range names {
		if n > 1 {
			c.violated("I2", "room %s: the database has %q of one session %d times", o.room, o.cid, n)
		}
	}
}

// histories asks whether the server tells what it holds (I4), and of no other
// room (I8).
func (c *checker) histories() {
	for room := range c.stored.heads {
		told, ok := c.told[room]
		if !ok {
			c.violated("I4", "room %s: there is no history of it", room)
			continue
		}
		for _, t := range told {
			if t.room != room {
				c.violated("I8", "room %s: the history has %d of room %s", room, t.seq, t.room)
			}
		}
		list := c.stored.messages[room]
		if len(told) != len(list) {
			c.violated("I4", "room %s: the history has %d messages, the database %d", room, len(told), len(list))
		}
		for i := range min(len(told), len(list)) {
			if t, m := told[i], list[i]; t.seq != m.seq || t.id != m.id || t.sha != m.sha {
				c.violated("I4", "room %s: the history has %d %s in place %d, the database %d %s", room, t.seq, t.id, i+1, m.seq, m.id)
				break
			}
		}
	}
}

// outcomes asks what became of each message: what was acknowledged is there
// once, as it was answered (I1); what was not is there once or not at all (I6).
func (c *checker) outcomes() {
	acked := make(map[key]record)
	for _, r := range c.records {
		k := key{r.Room, r.CID}
		if r.Op != opAck {
			continue
		}
		if first, again := acked[k]; again && (first.Seq != r.Seq || first.ID != r.ID) {
			c.violated("I1", "room %s: %q was acknowledged as %d and as %d", r.Room, r.CID, first.Seq, r.Seq)
		}
		acked[k] = r
		rows := c.named[k]
		switch {
		case len(rows) != 1:
			c.violated("I1", "room %s: %q was acknowledged as %d; the database has it %d times", r.Room, r.CID, r.Seq, len(rows))
		case rows[0].seq != r.Seq || rows[0].id != r.ID:
			c.violated("I1", "room %s: %q was acknowledged as %d; the database has it at %d", r.Room, r.CID, r.Seq, rows[0].seq)
		}
		if n := len(c.heard[k]); n != 1 {
			c.violated("I1", "room %s: %q was acknowledged; the history has it %d times", r.Room, r.CID, n)
		}
	}
	for k, first := range c.sent {
		if _, ok := acked[k]; !ok && len(c.named[k]) > 1 {
			c.violated("I6", "room %s: %q of %s was never acknowledged and is there %d times", k.room, k.cid, first.Client, len(c.named[k]))
		}
	}
}

// realTime asks I7: what was sent after another was acknowledged comes after it.
func (c *checker) realTime() {
	newest := make(map[string]int64) // by room: the highest seq that was acknowledged so far
	seen := make(map[key]bool)
	for _, r := range c.records {
		k := key{r.Room, r.CID}
		switch {
		case r.Op == opAck:
			newest[r.Room] = max(newest[r.Room], r.Seq)
		case r.Op == opSend && !seen[k]:
			seen[k] = true
			for _, m := range c.named[k] {
				if m.seq <= newest[r.Room] {
					c.violated("I7", "room %s: %q was sent after %d was acknowledged, and is at %d", r.Room, r.CID, newest[r.Room], m.seq)
				}
			}
		}
	}
}
