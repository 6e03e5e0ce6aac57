package eventlog

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"strings"
)

// Offsets converts the numbers of a log to the strings that are sent with
// events and that stock clients send back. An offset begins with a random name
// of the log, because the numbers start at 1 again after a restart.
type Offsets struct{ log, blank string }

// The parts of an offset, in characters.
const (
	nameLength   = 6
	numberLength = 8
)

// OffsetLength is the number of characters in an offset.
const OffsetLength = nameLength + numberLength

// NewOffsets returns the offsets of a new log.
func NewOffsets() Offsets {
	var b [nameLength]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	name := base64.RawURLEncoding.EncodeToString(b[:])[:nameLength]
	return Offsets{log: name, blank: `,"` + name + strings.Repeat("-", numberLength) + `"]`}
}

// Blank returns the end of an event packet with room for an offset, which
// Write fills in.
func (o Offsets) Blank() string { return o.blank }

// Write fills in the blank at the end of a packet. The number is written as 48
// bits in base64.
func Write(packet []byte, number uint64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], number)
	end := len(packet) - len(`"]`)
	base64.RawURLEncoding.Encode(packet[end-numberLength:end], b[2:])
}

// Parse returns the number in an offset. known is false for an offset of
// another log, for example from before a restart. ok is false if the string is
// not an offset.
func (o Offsets) Parse(offset string) (number uint64, known, ok bool) {
	if len(offset) != OffsetLength {
		return 0, false, false
	}
	var b [8]byte
	if _, err := base64.RawURLEncoding.Decode(b[2:], []byte(offset[nameLength:])); err != nil {
		return 0, false, false
	}
	return binary.BigEndian.Uint64(b[:]), offset[:nameLength] == o.log, true
}
