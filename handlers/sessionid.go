package handlers

import (
	"crypto/rand"
	"encoding/base64"
)

// A session's id has two parts of fixed length: who the visitor is, which stays,
// and a secret, which is renewed when the visitor may do more than before. Only
// both together open the session, and only the first one makes the colour and
// what the chat keeps. Ids of the program before had one part; that one is who
// the visitor is.
const (
	visitorBytes = 16
	secretBytes  = 18

	visitorLen       = 22 // visitorBytes in base64
	secretLen        = 24 // secretBytes in base64
	olderLen         = 32 // an id of one part
	sessionIDLen     = visitorLen + secretLen
	olderSessionLen  = olderLen + secretLen // an id that began as one of one part
	maxSessionCookie = 128                  // longer than any value we make; beyond it nothing is hashed
)

func newSessionID() string { return randomText(visitorBytes) + randomText(secretBytes) }

// renewedID returns an id of the same visitor with another secret.
func renewedID(id string) string { return visitorPart(id) + randomText(secretBytes) }

// visitorPart is the part of an id that stays.
func visitorPart(id string) string {
	if len(id) == sessionIDLen || len(id) == olderSessionLen {
		return id[:len(id)-secretLen]
	}
	return id
}

func randomText(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(b)
}
