// Package eventlog keeps the newest events of a namespace for clients that
// resume their session, and finds those that a client has missed.
//
// The package is pure: it has no lock, no clock and no connection. Package
// socketio guards its values and sends what they contain.
package eventlog

import (
	"slices"
	"time"

	"gifchat/socketio/engineio"
)

// Log holds the newest events of a namespace. They are numbered from 1 on,
// without a gap.
type Log struct {
	entries []Entry
	last    uint64
	bytes   int // the sizes of all entries
}

// Entry is one event and the sockets it was emitted to.
type Entry struct {
	Number uint64
	Time   time.Time
	Key    string   // the application's name for the event; may be empty
	Rooms  []string // empty for the whole namespace
	Except []string

	// Packet is shared with the queues of connections and never changed. It is
	// nil if the application dropped the event.
	Packet *engineio.Prepared
}

// Overhead is the memory in bytes that an entry uses besides its packet.
const Overhead = 128

// Size returns the memory that the entry uses, in bytes.
func (e *Entry) Size() int {
	size := Overhead
	if e.Packet == nil {
		return size
	}
	size += len(e.Packet.Text())
	for _, a := range e.Packet.Attachments() {
		size += len(a)
	}
	return size
}

// Reaches reports whether the event was emitted to a socket with this id. covers
// is the Covers of its memberships, or their Index.
func (e *Entry) Reaches(id string, covers func(room string, number uint64) bool) bool {
	return Aimed(e.Rooms, e.Except, func(room string) bool {
		return room == id || covers(room, e.Number)
	})
}

// Aimed reports whether an event to these rooms, minus the exceptions, reaches
// a socket that is in the rooms for which in returns true. No room at all
// stands for the whole namespace.
func Aimed(rooms, except []string, in func(room string) bool) bool {
	return (len(rooms) == 0 || slices.ContainsFunc(rooms, in)) && !slices.ContainsFunc(except, in)
}

// Last returns the number of the newest event, which the log may have evicted
// already. It is 0 before the first event.
func (l *Log) Last() uint64 { return l.last }

// Len returns how many events the log holds.
func (l *Log) Len() int { return len(l.entries) }

// Bytes returns the memory that the events use, in bytes.
func (l *Log) Bytes() int { return l.bytes }

// Add appends an event, whose number must be Last()+1.
func (l *Log) Add(e Entry) {
	l.last = e.Number
	l.bytes += e.Size()
	l.entries = append(l.entries, e)
}

// Trim evicts the oldest events while there are more than maxEvents, while
// they use more than maxBytes, and while they are not newer than oldest.
func (l *Log) Trim(oldest time.Time, maxEvents, maxBytes int) {
	for len(l.entries) > 0 {
		first := &l.entries[0]
		if len(l.entries) <= maxEvents && l.bytes <= maxBytes && first.Time.After(oldest) {
			return
		}
		l.bytes -= first.Size()
		*first = Entry{}
		l.entries = l.entries[1:]
	}
	l.entries = nil
}

// After returns the events after the one with the given number. The slice is
// valid until the next call of a method. ok is false if the log has evicted
// one of them, or if the number is in the future.
func (l *Log) After(number uint64) (entries []Entry, ok bool) {
	if number > l.last || l.last-number > uint64(len(l.entries)) {
		return nil, false
	}
	return l.entries[uint64(len(l.entries))-(l.last-number):], true
}

// Keyed returns copies of the events that have the key and were not dropped,
// oldest first.
func (l *Log) Keyed(key string) []Entry {
	var found []Entry
	for _, e := range l.entries {
		if e.Key == key && e.Packet != nil {
			found = append(found, e)
		}
	}
	return found
}

// Replace sets the packet of the event with the given number, unless the log
// has evicted it. A nil packet drops the event; its number stays.
func (l *Log) Replace(number uint64, packet *engineio.Prepared) {
	entries, ok := l.After(number - 1)
	if !ok || len(entries) == 0 {
		return
	}
	l.bytes -= entries[0].Size()
	entries[0].Packet = packet
	l.bytes += entries[0].Size()
}
