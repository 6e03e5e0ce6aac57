package eventlog

import "slices"

// Memberships records in which rooms a socket was and between which events.
// The zero value is a socket that was in no room.
type Memberships struct {
	intervals []interval // in the order of joining
	past      int        // how many intervals have ended
	forgotten uint64     // intervals that ended at this number or before may be missing
}

// interval is one membership in a room: it covers the events after since, up
// to and including until.
type interval struct {
	room         string
	since, until uint64
	ended        bool
}

// maxPast bounds the ended memberships that are recorded for one socket.
const maxPast = 32

// Join begins a membership after the event with the given number. It does
// nothing if the socket is in the room.
func (m *Memberships) Join(room string, number uint64) {
	if m.current(room) < 0 {
		m.intervals = append(m.intervals, interval{room: room, since: number})
	}
}

// Leave ends a membership with the event of the given number. Beyond maxPast
// ended memberships, the one that was recorded first is forgotten.
func (m *Memberships) Leave(room string, number uint64) {
	i := m.current(room)
	if i < 0 {
		return
	}
	if m.intervals[i].since == number { // it covers no event
		m.intervals = slices.Delete(m.intervals, i, i+1)
		return
	}
	over := m.intervals[i]
	over.until, over.ended = number, true
	m.intervals = append(slices.Delete(m.intervals, i, i+1), over)
	if m.past++; m.past > maxPast {
		m.forgetFirst()
	}
}

func (m *Memberships) forgetFirst() {
	i := slices.IndexFunc(m.intervals, func(in interval) bool { return in.ended })
	m.forgotten = max(m.forgotten, m.intervals[i].until)
	m.intervals = slices.Delete(m.intervals, i, i+1)
	m.past--
}

// Forget removes all memberships in a room, as if the socket had never been in
// it.
func (m *Memberships) Forget(room string) {
	m.intervals = slices.DeleteFunc(m.intervals, func(in interval) bool {
		if in.room == room && in.ended {
			m.past--
		}
		return in.room == room
	})
}

// Rooms returns the rooms that the socket is in, in the order of joining.
func (m *Memberships) Rooms() []string {
	var rooms []string
	for _, in := range m.intervals {
		if !in.ended {
			rooms = append(rooms, in.room)
		}
	}
	return rooms
}

// Covers reports whether the socket was in the room when the event with the
// given number was emitted.
func (m *Memberships) Covers(room string, number uint64) bool {
	return covers(m.intervals, room, number)
}

func covers(intervals []interval, room string, number uint64) bool {
	return slices.ContainsFunc(intervals, func(in interval) bool {
		return in.room == room && number > in.since && (!in.ended || number <= in.until)
	})
}

// indexFrom is how many memberships make an index faster than a search.
const indexFrom = 64

// Index returns a function that does the same as Covers until m changes. It is
// for many calls: their time does not grow with the number of memberships.
func (m *Memberships) Index() func(room string, number uint64) bool {
	if len(m.intervals) < indexFrom {
		return m.Covers
	}
	byRoom := make(map[string][]interval, len(m.intervals))
	for i, in := range m.intervals {
		if list, ok := byRoom[in.room]; ok {
			byRoom[in.room] = append(list, in)
		} else {
			byRoom[in.room] = m.intervals[i : i+1 : i+1] // append copies it
		}
	}
	return func(room string, number uint64) bool { return covers(byRoom[room], room, number) }
}

// CompleteAfter reports whether all memberships are known that can matter for
// events after the one with the given number.
func (m *Memberships) CompleteAfter(number uint64) bool { return number >= m.forgotten }

// In reports whether the socket is in the room.
func (m *Memberships) In(room string) bool { return m.current(room) >= 0 }

// Clone returns a copy that does not share memory with m.
func (m *Memberships) Clone() Memberships {
	c := *m
	c.intervals = slices.Clone(m.intervals)
	return c
}

// current returns the index of the membership that has not ended, or -1.
func (m *Memberships) current(room string) int {
	return slices.IndexFunc(m.intervals, func(in interval) bool { return in.room == room && !in.ended })
}
