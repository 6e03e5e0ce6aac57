package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// result is the result of a check.
type result struct {
	counts     map[op]int
	messages   int            // rows of the database
	notices    int            // messages of the room itself, without a sender
	violations map[string]int // occurrences by printed line
}

// addViolation counts a violation of an invariant.
func (r *result) addViolation(invariant, format string, args ...any) {
	r.violations[invariant+": "+fmt.Sprintf(format, args...)]++
}

// maxPrinted limits the printed violations, because one server error can cause thousands.
const maxPrinted = 100

func (r *result) print(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d messages, %d of them notices;", r.messages, r.notices)
	for _, o := range slices.Sorted(maps.Keys(r.counts)) {
		fmt.Fprintf(&b, " %s %d", o, r.counts[o])
	}
	fmt.Fprintf(&b, "\n%d violations\n", len(r.violations))
	lines := slices.Sorted(maps.Keys(r.violations))
	for _, line := range lines[:min(len(lines), maxPrinted)] {
		fmt.Fprintf(&b, "%s (%d×)\n", line, r.violations[line])
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// messageKey identifies a message by the client id of its sender.
type messageKey struct{ room, cid string }

// position identifies a message by its sequence number.
type position struct {
	room string
	seq  int64
}

// checker checks the invariants I1 to I9 of docs/promises.md.
type checker struct {
	*result

	contents contents
	history  map[string][]message
	records  []record

	bySeq        map[position]message     // rows of the database
	byCID        map[messageKey][]message // rows of the database, by client id
	historyByCID map[messageKey][]message // messages of the history, by client id
	firstSent    map[messageKey]record    // the first opSend of each message
}

func check(database contents, history map[string][]message, records []record) *result {
	c := &checker{
		result:   &result{counts: make(map[op]int), violations: make(map[string]int)},
		contents: database, history: history, records: records,
		bySeq: make(map[position]message), byCID: make(map[messageKey][]message),
		historyByCID: make(map[messageKey][]message), firstSent: make(map[messageKey]record),
	}
	c.index()
	c.checkDatabase()
	c.checkHistories()
	c.checkOutcomes()
	c.checkRealTime()
	for _, client := range c.clients() {
		newClientChecker(c, client[0].Client).follow(client)
	}
	return c.result
}

func (c *checker) index() {
	for room, list := range c.contents.messages {
		for _, m := range list {
			c.messages++
			if m.kind == kindNotice {
				c.notices++
			}
			c.bySeq[position{room, m.seq}] = m
			if m.cid != "" {
				c.byCID[messageKey{room, m.cid}] = append(c.byCID[messageKey{room, m.cid}], m)
			}
		}
	}
	for room, list := range c.history {
		for _, m := range list {
			if m.cid != "" {
				c.historyByCID[messageKey{room, m.cid}] = append(c.historyByCID[messageKey{room, m.cid}], m)
			}
		}
	}
	for _, r := range c.records {
		c.counts[r.Op]++
		if _, again := c.firstSent[messageKey{r.Room, r.CID}]; r.Op == opSend && !again {
			c.firstSent[messageKey{r.Room, r.CID}] = r
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

// kindNotice is the kind of messages without a sender.
const kindNotice = "notice"

// checkDatabase checks the database alone. The sequence numbers of a room are 1, 2, 3 …
// head (I3). No session has two messages with one client id (I2). A client has sent each
// message (I5).
func (c *checker) checkDatabase() {
	type owned struct{ room, session, cid string }
	copies := make(map[owned]int)
	for room, head := range c.contents.heads {
		list := c.contents.messages[room]
		for i, m := range list {
			if m.seq != int64(i)+1 {
				c.addViolation("I3", "room %s: database: got seq %d, want %d", room, m.seq, i+1)
				break
			}
		}
		if n := len(list); n > 0 && list[n-1].seq != head {
			c.addViolation("I3", "room %s: database: got head %d, want seq %d of the newest message", room, head, list[n-1].seq)
		}
		for _, m := range list {
			if m.cid != "" {
				copies[owned{room, m.session, m.cid}]++
			}
			if m.kind == kindNotice {
				continue
			}
			if first, ok := c.firstSent[messageKey{room, m.cid}]; !ok || first.SHA != m.sha {
				c.addViolation("I5", "room %s: database: got %q at %d, which no client has sent", room, m.cid, m.seq)
			}
		}
	}
	for o, n := range copies {
		if n > 1 {
			c.addViolation("I2", "room %s: database: got %q of one session %d times, want once", o.room, o.cid, n)
		}
	}
}

// checkHistories checks that the history of each room equals the database (I4) and has no
// message of another room (I8).
func (c *checker) checkHistories() {
	for room := range c.contents.heads {
		history, ok := c.history[room]
		if !ok {
			c.addViolation("I4", "room %s: got no history", room)
			continue
		}
		for _, h := range history {
			if h.room != room {
				c.addViolation("I8", "room %s: history: got seq %d of room %s", room, h.seq, h.room)
			}
		}
		list := c.contents.messages[room]
		if len(history) != len(list) {
			c.addViolation("I4", "room %s: history: got %d messages, want %d as in the database", room, len(history), len(list))
		}
		for i := range min(len(history), len(list)) {
			if h, m := history[i], list[i]; h.seq != m.seq || h.id != m.id || h.sha != m.sha {
				c.addViolation("I4", "room %s: history: got seq %d id %s at index %d, want seq %d id %s as in the database", room, h.seq, h.id, i, m.seq, m.id)
				break
			}
		}
	}
}

// checkOutcomes checks the outcome of each message. An acknowledged message exists once,
// with the acknowledged seq and id (I1). Any other message exists at most once (I6).
func (c *checker) checkOutcomes() {
	acked := make(map[messageKey]record)
	for _, r := range c.records {
		k := messageKey{r.Room, r.CID}
		if r.Op != opAck {
			continue
		}
		if first, repeated := acked[k]; repeated && (first.Seq != r.Seq || first.ID != r.ID) {
			c.addViolation("I1", "room %s: %q was acknowledged as seq %d and as seq %d", r.Room, r.CID, first.Seq, r.Seq)
		}
		acked[k] = r
		rows := c.byCID[k]
		switch {
		case len(rows) != 1:
			c.addViolation("I1", "room %s: %q was acknowledged as seq %d; database: got it %d times, want once", r.Room, r.CID, r.Seq, len(rows))
		case rows[0].seq != r.Seq || rows[0].id != r.ID:
			c.addViolation("I1", "room %s: %q was acknowledged as seq %d; database: got it at seq %d", r.Room, r.CID, r.Seq, rows[0].seq)
		}
		if n := len(c.historyByCID[k]); n != 1 {
			c.addViolation("I1", "room %s: %q was acknowledged; history: got it %d times, want once", r.Room, r.CID, n)
		}
	}
	for k, first := range c.firstSent {
		if _, ok := acked[k]; !ok && len(c.byCID[k]) > 1 {
			c.addViolation("I6", "room %s: %q of %s was not acknowledged; database: got it %d times, want at most once", k.room, k.cid, first.Client, len(c.byCID[k]))
		}
	}
}

// checkRealTime checks that a message sent after an acknowledgement has a higher seq than
// the acknowledged message (I7).
func (c *checker) checkRealTime() {
	newest := make(map[string]int64) // by room: the highest acknowledged seq so far
	seen := make(map[messageKey]bool)
	for _, r := range c.records {
		k := messageKey{r.Room, r.CID}
		switch {
		case r.Op == opAck:
			newest[r.Room] = max(newest[r.Room], r.Seq)
		case r.Op == opSend && !seen[k]:
			seen[k] = true
			for _, m := range c.byCID[k] {
				if m.seq <= newest[r.Room] {
					c.addViolation("I7", "room %s: %q was sent after seq %d was acknowledged; database: got it at seq %d, want a higher one", r.Room, r.CID, newest[r.Room], m.seq)
				}
			}
		}
	}
}
