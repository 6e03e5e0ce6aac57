package main

// clientChecker checks the records of one client, room by room.
type clientChecker struct {
	*checker

	name  string
	rooms map[string]*roomView
}

// roomView is the state of a room as one client has shown it.
type roomView struct {
	joined   bool
	newest   int64           // the newest seq shown, or the seq that the client started after
	complete int64           // up to this seq, every message that the server must send has been shown
	person   string          // the client's color in the room
	shown    map[int64]bool  // by seq
	shownCID map[string]bool // by cid
}

func newClientChecker(c *checker, name string) *clientChecker {
	return &clientChecker{checker: c, name: name, rooms: make(map[string]*roomView)}
}

// follow checks a client's records in order. At their end, the client must have shown the
// newest message of each room that it is in (I9).
func (v *clientChecker) follow(records []record) {
	for _, r := range records {
		switch r.Op {
		case opJoin:
			v.joined(r)
		case opLeave:
			if w := v.rooms[r.Room]; w != nil {
				w.joined = false
			}
		case opRecv, opRecovered:
			v.shown(r)
		case opNotified:
			v.notified(r)
		case opGap:
			v.gap(r)
		case opSend, opAck, opNack, opClose: // no message was shown
		}
	}
	for room, w := range v.rooms {
		if head := v.contents.heads[room]; w.joined && w.newest != head {
			v.addViolation("I9", "room %s: %s ended at seq %d, want head %d", room, v.name, w.newest, head)
		}
	}
}

func (v *clientChecker) joined(r record) {
	w := v.rooms[r.Room]
	if w == nil {
		w = &roomView{newest: r.Seq, shown: make(map[int64]bool), shownCID: make(map[string]bool)}
		v.rooms[r.Room] = w
	}
	w.joined = true
	w.person = r.Reason
	// The page of a client that starts again has shown the earlier messages.
	if r.Seq != 0 && r.Seq < w.newest {
		v.addViolation("I3", "room %s: %s had seq %d and joined at seq %d", r.Room, v.name, w.newest, r.Seq)
	}
	w.newest = max(w.newest, r.Seq)
}

// notified checks that a client receives events of a room only while it is in it (I8).
func (v *clientChecker) notified(r record) {
	if w := v.rooms[r.Room]; w == nil || !w.joined {
		v.addViolation("I8", "room %s: %s received %s and is not in the room", r.Room, v.name, r.Reason)
	}
}

// shown checks a message that a client has shown (I2, I3, I4, I5, I8).
func (v *clientChecker) shown(r record) {
	w := v.rooms[r.Room]
	if w == nil || !w.joined {
		v.addViolation("I8", "room %s: %s received seq %d and is not in the room", r.Room, v.name, r.Seq)
		return
	}
	row, ok := v.bySeq[position{r.Room, r.Seq}]
	switch {
	case !ok:
		v.addViolation("I5", "room %s: %s received seq %d, which is not in the database", r.Room, v.name, r.Seq)
	case row.id != r.ID || row.sha != r.SHA:
		v.addViolation("I4", "room %s: %s received seq %d with another id or text than the database has", r.Room, v.name, r.Seq)
	}
	if r.CID != "" {
		if first, sent := v.firstSent[messageKey{r.Room, r.CID}]; !sent || first.T > r.T {
			v.addViolation("I5", "room %s: %s received %q before a client sent it", r.Room, v.name, r.CID)
		}
		if w.shownCID[r.CID] {
			v.addViolation("I2", "room %s: %s received %q twice", r.Room, v.name, r.CID)
		}
		w.shownCID[r.CID] = true
	}
	switch {
	case w.shown[r.Seq]:
		v.addViolation("I2", "room %s: %s received seq %d twice", r.Room, v.name, r.Seq)
	case r.Seq != w.newest+1 && (r.Seq < w.newest || r.Seq > w.complete+1):
		v.addViolation("I3", "room %s: %s received seq %d after seq %d", r.Room, v.name, r.Seq, w.newest)
	}
	w.shown[r.Seq] = true
	w.newest = max(w.newest, r.Seq)
}

// gap checks the messages that were missing when a later message arrived or the end of a
// room was not reached. The client may request them, but the server should have sent them
// (I3). Only the notices about the client's own entering and leaving are not sent to it.
func (v *clientChecker) gap(r record) {
	w := v.rooms[r.Room]
	if w == nil {
		return
	}
	for seq := w.newest + 1; seq < r.Seq; seq++ {
		m := v.bySeq[position{r.Room, seq}]
		own := m.kind == kindNotice && m.person == w.person && (m.topic == "entered" || m.topic == "left")
		if !own {
			v.addViolation("I3", "room %s: %s did not receive seq %d", r.Room, v.name, seq)
			return
		}
	}
	w.complete = max(w.complete, r.Seq-1)
}
