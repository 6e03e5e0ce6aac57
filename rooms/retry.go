package rooms

import (
	"crypto/sha256"
	"encoding/binary"
)

// A retry repeats a client id and what was first sent under it, and gets the first
// answer. The same id with something else is refused with errUsed.

// fingerprinted marks a fingerprint, so that it is never 0, which means unknown.
const fingerprinted = 1 << 16

// Fingerprint returns 16 bits of a hash of what a message says, or 0 if that is
// unknown. A store keeps it in Said of a message whose text it replaces or erases,
// so that a retry of that message can be told from another text.
//
// It is salted with the message's random id and deliberately short: one text in
// 65,536 has the fingerprint that is stored, so it refuses other texts, but cannot
// prove what a removed message said. A longer hash could: most messages are short
// enough to be guessed, and whoever reads the database has every salt or key in it.
func (m Message) Fingerprint() int64 {
	if m.GIF != nil && m.GIF.SHA256 == "" {
		return 0 // uploaded before its hash was stored
	}
	sum := sha256.Sum256([]byte(string(m.ID) + "\x00" + m.content()))
	return fingerprinted | int64(binary.BigEndian.Uint16(sum[:]))
}

// content returns what a retry must repeat: the kind and the text, or the picture.
// A GIF's description is not part of it: it is made from the file name, and a phone
// makes up a new name for each attempt.
func (m Message) content() string {
	if m.GIF != nil {
		return string(KindGIF) + "\x00" + m.GIF.SHA256
	}
	return string(m.Kind) + "\x00" + m.Text
}

// repeats reports whether m has the content that first, a stored message with the
// same client id, was sent with. It returns true if that content is unknown by now.
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

// repeats is the same for whispers, which never change.
func (w Whisper) repeats(first Whisper) bool {
	return first.To.Session == w.To.Session && (first.Damaged || first.Text == w.Text)
}
