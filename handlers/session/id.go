package session

import (
	"crypto/rand"
	"encoding/base64"
)

// A session's id has two parts of fixed length: the visitor part, which stays, and
// a secret part, which changes when the visitor's rights grow. The session opens
// with both parts only. The colour, and what the chat stores, derive from the
// visitor part alone. Older ids have one part of another length, which is the
// visitor part.
const (
	visitorBytes = 16
	secretBytes  = 18

	visitorLen      = 22 // visitorBytes in base64
	secretLen       = 24 // secretBytes in base64
	olderLen        = 32 // an id of one part
	idLen           = visitorLen + secretLen
	renewedOlderLen = olderLen + secretLen // an id that began with one part
	maxCookieValue  = 128                  // bytes; longer than any value that we sign, so longer values are not hashed
)

func newID() string { return randomText(visitorBytes) + randomText(secretBytes) }

// renewedID returns an id of the same visitor with another secret part.
func renewedID(id string) string { return visitorPart(id) + randomText(secretBytes) }

// visitorPart returns the part of an id that stays.
func visitorPart(id string) string {
	if len(id) == idLen || len(id) == renewedOlderLen {
		return id[:len(id)-secretLen]
	}
	return id
}

func randomText(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // it never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(b)
}
