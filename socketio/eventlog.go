package socketio

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"gifchat/socketio/engineio"
)

// eventLog is the newest events of a namespace, for clients that come back.
// They are numbered from 1 on, without a hole.
type eventLog struct {
	entries []entry
	last    uint64 // the number of the newest, which may be forgotten already
	bytes   int    // of all entries
}

// entry is one event and who it was meant for.
type entry struct {
	number uint64
	at     time.Time
	rooms  []string // none for the whole namespace
	except []string
	event  *engineio.Prepared
}

// entrySize is what an entry costs beside its packet.
const entrySize = 128

func (e *entry) size() int {
	size := entrySize + len(e.event.Text())
	for _, a := range e.event.Attachments() {
		size += len(a)
	}
	return size
}

func (l *eventLog) add(e entry) {
	l.last = e.number
	l.bytes += e.size()
	l.entries = append(l.entries, e)
}

// trim forgets what is older than oldest, and the oldest above the limits.
func (l *eventLog) trim(oldest time.Time, maxEvents, maxBytes int) {
	for len(l.entries) > 0 {
		first := &l.entries[0]
		if len(l.entries) <= maxEvents && l.bytes <= maxBytes && first.at.After(oldest) {
			return
		}
		l.bytes -= first.size()
		*first = entry{}
		l.entries = l.entries[1:]
	}
	l.entries = nil
}

// after returns the events after the one of that number; ok is false if one of
// them is forgotten, or if there never was such a number.
func (l *eventLog) after(number uint64) (entries []entry, ok bool) {
	if number > l.last || l.last-number > uint64(len(l.entries)) {
		return nil, false
	}
	return l.entries[uint64(len(l.entries))-(l.last-number):], true
}

// offsets are how clients know the numbers: as strings that are sent with the
// events and that stock clients give back. They begin with a name of the log,
// since numbers begin anew with each.
type offsets struct{ log string }

const (
	offsetName   = 6 // characters
	offsetNumber = 8
)

func newOffsets() offsets {
	var b [offsetName]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return offsets{base64.RawURLEncoding.EncodeToString(b[:])[:offsetName]}
}

// blank returns the end of a packet whose offset is still to be written.
func (o offsets) blank() string { return `,"` + o.log + strings.Repeat("-", offsetNumber) + `"]` }

// writeOffset fills the blank at the end of a packet. The number stands there as
// 48 bits.
func writeOffset(packet []byte, number uint64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], number)
	end := len(packet) - len(`"]`)
	base64.RawURLEncoding.Encode(packet[end-offsetNumber:end], b[2:])
}

// parse returns the number in an offset. One of another log, of before a
// restart perhaps, says nothing about this one: known is false. If it is no
// offset at all, ok is.
func (o offsets) parse(offset string) (number uint64, known, ok bool) {
	if len(offset) != offsetName+offsetNumber {
		return 0, false, false
	}
	var b [8]byte
	if _, err := base64.RawURLEncoding.Decode(b[2:], []byte(offset[offsetName:])); err != nil {
		return 0, false, false
	}
	return binary.BigEndian.Uint64(b[:]), offset[:offsetName] == o.log, true
}
