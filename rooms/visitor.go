package rooms

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// Session names a visitor's session. It is secret: it never leaves the server
// and is never logged. The Store keeps it as it is, therefore it must not be
// what opens a session, such as the value of a cookie, but derived from it.
type Session string

// Visitor is someone at the door: a session and the colour it would like.
type Visitor struct {
	Session Session
	Color   Color // wanted; within a room Member.Color counts
	// Source is where the visitor comes from, such as a network address: what a
	// stranger cannot have many of. Passwords are guessed no faster from one
	// source than by one session. Empty if it is unknown.
	Source string
}

// Standing is how a session stands to a room. The zero value is a stranger's.
type Standing string

// The standings of those who were let in once.
const (
	StandingIn     Standing = "in"
	StandingOut    Standing = "out"    // kicked, or left for good: may be let in again
	StandingBanned Standing = "banned" // may not
)

// Member is a visitor who was let into a room: the grant to be there. Whoever
// has been one keeps the colour, whatever the standing.
type Member struct {
	Room       ID
	Session    Session
	Color      Color // unique among all who have ever been members
	Since      time.Time
	Standing   Standing
	Nick       string    // optional; looks like no other member's, see NickKeys
	MutedUntil time.Time // zero unless muted
	Bot        bool      // a program with a token of the room's
	Whispers   int64     // how many whispers this member has sent and got

	// Authority is an input of Store.AddMember, as Message.Authority.
	Authority int64

	// Of somebody banned with the address: its keyed hash, and until when newcomers
	// from there are refused.
	Address      string
	AddressUntil time.Time
}

// Name is what others call the member.
func (m Member) Name() string {
	if m.Nick != "" {
		return m.Nick
	}
	return string(m.Color)
}

// Muted tells whether the member may not speak at a time.
func (m Member) Muted(at time.Time) bool { return at.Before(m.MutedUntil) }

// tokenPrefix keeps the sessions of tokens apart from those of visitors.
const tokenPrefix = "token:"

// program tells whether the visitor shows a token, good or not.
func (v Visitor) program() bool { return strings.HasPrefix(string(v.Session), tokenPrefix) }

// TokenVisitor returns who speaks with a room's token (see Service.MakeToken).
// It says nothing of whether there is such a token.
func TokenVisitor(token string) Visitor {
	sum := sha256.Sum256([]byte(tokenPrefix + token))
	return Visitor{Session: Session(tokenPrefix + hex.EncodeToString(sum[:16]))}
}
