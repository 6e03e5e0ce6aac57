package store

import (
	"encoding/binary"
	"hash/crc32"
	"sync"

	"gifchat/rooms"
)

// A row of what was said carries a sum of all that is in it. SQLite finds a page
// that makes no sense, but not one in which a letter is another one now: without
// the sums, a disk's mistake would be shown as somebody's words.

// summed marks a sum, so that none is 0, which says that there is none.
const summed = 1 << 32

// castagnoli is CRC-32C, which processors have an instruction for. It finds
// every change within 32 bits in a row, and of others all but one in four
// thousand million. It is no guard against somebody who changes the sum as well.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// summer collects the columns of a row, each with its length or of a fixed one:
// nothing can move from one to the next unseen.
type summer []byte

func (s *summer) text(values ...string) {
	for _, v := range values {
		*s = append(binary.AppendUvarint(*s, uint64(len(v))), v...)
	}
}

func (s *summer) number(values ...int64) {
	for _, v := range values {
		*s = binary.BigEndian.AppendUint64(*s, uint64(v)) //nolint:gosec // all 64 bits are kept
	}
}

// sum returns what was collected, and gives the summer back.
func (s *summer) sum() int64 {
	sum := summed | int64(crc32.Checksum(*s, castagnoli))
	*s = (*s)[:0]
	summers.Put(s)
	return sum
}

var summers = sync.Pool{New: func() any { return new(make(summer, 0, 512)) }}

func messageSum(m rooms.Message, gif rooms.GIF) int64 {
	s := summers.Get().(*summer)
	s.text(string(m.ID), string(m.Room), string(m.Kind), string(m.User), m.Nick, string(m.Session), m.Text, m.ClientID,
		string(m.Topic), string(m.Person), gif.Name, gif.Alt, gif.SHA256)
	s.number(m.Seq, toMillis(m.CreatedAt), m.Target, m.Edited,
		int64(gif.Width), int64(gif.Height), int64(gif.Frames), gif.Bytes, gif.Duration.Milliseconds(), gif.Poster)
	if m.Said != 0 { // a row from before this column was added has a sum without it
		s.number(m.Said)
	}
	return s.sum()
}

func whisperSum(w rooms.Whisper) int64 {
	s := summers.Get().(*summer)
	s.text(string(w.ID), string(w.Room), string(w.From.Session), string(w.To.Session), w.From.Nick, w.Text, w.ClientID)
	s.number(w.FromSeq, w.ToSeq, toMillis(w.CreatedAt))
	return s.sum()
}

// damagedMessage says of a row that is not as it was written what is known
// otherwise: whose place it has.
func damagedMessage(m rooms.Message) rooms.Message {
	return rooms.Message{Room: m.Room, Seq: m.Seq, Kind: rooms.KindDamaged}
}

func damagedWhisper(w rooms.Whisper) rooms.Whisper {
	return rooms.Whisper{
		Room: w.Room, From: rooms.Member{Room: w.Room, Session: w.From.Session}, To: rooms.Member{Room: w.Room, Session: w.To.Session},
		FromSeq: w.FromSeq, ToSeq: w.ToSeq, Damaged: true,
	}
}
