package rooms

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
)

// A retry repeats a client id with the same content and gets the first answer. The same
// id with other content is refused with errUsed.

// fingerprinted is a bit that each fingerprint has, because 0 means unknown.
const fingerprinted = 1 << 16

// Fingerprint returns 16 bits of a hash of the message's content, or 0 if the content is
// unknown. A store keeps it as Said when it replaces or erases the content, so that a
// retry can be distinguished from other content.
//
// It is salted with the message's random id and short on purpose: one text in 65,536 has
// the stored fingerprint. That is enough to refuse other texts, and too little to prove
// the text of a removed message. A longer hash could prove it: most messages are short
// enough to be guessed, and a reader of the database has every salt and key in it.
func (m Message) Fingerprint() int64 {
	if m.GIF != nil && m.GIF.SHA256 == "" {
		return 0 // uploaded before its hash was stored
	}
	sum := sha256.Sum256([]byte(string(m.ID) + "\x00" + m.content()))
	return fingerprinted | int64(binary.BigEndian.Uint16(sum[:]))
}

// content returns what a retry must repeat: the kind, the text or the GIF's hash, and the
// message that it answers. A GIF's description is left out, because it is made from the
// file name and a phone invents a new name for each attempt.
func (m Message) content() string {
	reply := ""
	if m.Reply != 0 {
		reply = "\x00" + strconv.FormatInt(m.Reply, 10)
	}
	if m.GIF != nil {
		return string(KindGIF) + "\x00" + m.GIF.SHA256 + reply
	}
	return string(m.Kind) + "\x00" + m.Text + reply
}

// repeats reports whether m has the original content of first, a stored message with the
// same client id. It returns true if that content is unknown.
func (m Message) repeats(first Message) bool {
	switch {
	case first.Kind == KindDamaged:
		return true
	case first.Target != m.Target, first.Kind != KindRemoved && first.Kind != m.Kind, first.Kind == KindRemoved && m.Target != 0:
		return false
	case first.Said != 0:
		m.ID = first.ID // the salt
		return m.Fingerprint() == first.Said
	case first.Kind == KindRemoved, first.Kind == KindText && first.Edited != 0:
		return true // changed before fingerprints were stored
	case first.GIF != nil && first.GIF.SHA256 == "":
		return true
	}
	return m.content() == first.content()
}

// repeats reports whether w has the content of first, a stored whisper with the same
// client id. Whispers never change.
func (w Whisper) repeats(first Whisper) bool {
	return first.To.Session == w.To.Session && (first.Damaged || first.Text == w.Text)
}
