package main

// viewer follows what one client has shown, room by room.
type viewer struct {
	*checker

	name  string
	rooms map[string]*view
}

// view is what a client has shown of a room.
type view struct {
	joined bool
	last   int64           // the newest seq shown, or what the client started from
	passed int64           // what it may go on after: up to here nothing was missing that had to be sent
	person string          // the client's colour there
	shown  map[int64]bool  // by seq
	names  map[string]bool // by cid
}

func newViewer(c *checker, name string) *viewer {
	return &viewer{checker: c, name: name, rooms: make(map[string]*view)}
}

// follow reads a client's records in order; at their end it must be at the
// head of each room that it is in (I9).
func (v *viewer) follow(records []record) {
	for _, r := range records {
		switch r.Op {
		case opJoin:
			v.join(r)
		case opLeave:
			if w := v.rooms[r.Room]; w != nil {
				w.joined = false
			}
		case opRecv, opRecovered:
			v.show(r)
		case opTold:
			v.overhear(r)
		case opGap:
			v.gap(r)
		case opSend, opAck, opNack, opClose: // not about what it has seen
		}
	}
	for room, w := range v.rooms {
		if head := v.stored.heads[room]; w.joined && w.last != head {
			v.violated("I9", "room %s: %s ended at %d, the room is at %d", room, v.name, w.last, head)
		}
	}
}

func (v *viewer) join(r record) {
	w := v.rooms[r.Room]
	if w == nil {
		w = &view{last: r.Seq, shown: make(map[int64]bool), names: make(map[string]bool)}
		v.rooms[r.Room] = w
	}
	w.joined = true
	w.person = r.Reason
	// A client that starts anew has been shown the rest by a page of history.
	if r.Seq != 0 && r.Seq < w.last {
		v.violated("I3", "room %s: %s had %d and was told that %d is the newest", r.Room, v.name, w.last, r.Seq)
	}
	w.last = max(w.last, r.Seq)
}

// overhear asks I8 of what a client was told of a room beside its messages, and
// of messages of rooms that the client does not show.
func (v *viewer) overhear(r record) {
	if w := v.rooms[r.Room]; w == nil || !w.joined {
		v.violated("I8", "room %s: %s was told %s and is not in it", r.Room, v.name, r.Reason)
	}
}

// show asks I2, I3, I4, I5 and I8 of a message as a client has shown it.
func (v *viewer) show(r record) {
	w := v.rooms[r.Room]
	if w == nil || !w.joined {
		v.violated("I8", "room %s: %s was shown %d and is not in it", r.Room, v.name, r.Seq)
		return
	}
	row, ok := v.place[at{r.Room, r.Seq}]
	switch {
	case !ok:
		v.violated("I5", "room %s: %s was shown %d, which is not in the database", r.Room, v.name, r.Seq)
	case row.id != r.ID || row.sha != r.SHA:
		v.violated("I4", "room %s: %s was shown another %d than the database has", r.Room, v.name, r.Seq)
	}
	if r.CID != "" {
		if first, sent := v.sent[key{r.Room, r.CID}]; !sent || first.T > r.T {
			v.violated("I5", "room %s: %s was shown %q before anybody had sent it", r.Room, v.name, r.CID)
		}
		if w.names[r.CID] {
			v.violated("I2", "room %s: %s was shown %q twice", r.Room, v.name, r.CID)
		}
		w.names[r.CID] = true
	}
	switch {
	case w.shown[r.Seq]:
		v.violated("I2", "room %s: %s was shown %d twice", r.Room, v.name, r.Seq)
	case r.Seq != w.last+1 && (r.Seq < w.last || r.Seq > w.passed+1):
		v.violated("I3", "room %s: %s was shown %d after %d", r.Room, v.name, r.Seq, w.last)
	}
	w.shown[r.Seq] = true
	w.last = max(w.last, r.Seq)
}

// gap asks what was missing when a live message came too early, or the end of
// the room was not reached. The client may ask for it, and yet it should have
// come (I3). Only one's own coming and going is told to nobody but the others.
func (v *viewer) gap(r record) {
	w := v.rooms[r.Room]
	if w == nil {
		return
	}
	for seq := w.last + 1; seq < r.Seq; seq++ {
		m := v.place[at{r.Room, seq}]
		own := m.kind == kindNotice && m.person == w.person && (m.topic == "entered" || m.topic == "left")
		if !own {
			v.violated("I3", "room %s: %s was not sent %d", r.Room, v.name, seq)
			return
		}
	}
	w.passed = max(w.passed, r.Seq-1)
}
