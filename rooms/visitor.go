package rooms

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// Session identifies a visitor. It is secret: it never leaves the server and is never
// logged. The Store keeps it in plain text, so it must be derived from the credential,
// such as a cookie's value, and not be the credential itself.
type Session string

// Visitor is one browser or program, known by its session.
type Visitor struct {
	Session Session
	Color   Color // the wanted colour; within a room Member.Color is used
	// Source is the visitor's network address or a similar origin, of which a visitor
	// cannot have many. One source has as many password attempts as one session. "" if it
	// is unknown.
	Source string
}

// Standing is the state of a membership. The zero value is that of a visitor who has
// never been a member.
type Standing string

// The standings of present and former members.
const (
	StandingIn     Standing = "in"
	StandingOut    Standing = "out"    // was kicked or has quit; may enter again
	StandingBanned Standing = "banned" // may not enter
)

// Member is a visitor who was let into a room. A former member keeps the colour.
type Member struct {
	Room       ID
	Session    Session
	Color      Color // unique among all present and former members
	Since      time.Time
	Standing   Standing
	Nick       string    // optional; looks unlike every other member's, see NickKeys
	Face       Face      // optional
	MutedUntil time.Time // zero unless muted
	Bot        bool      // a program with a token of the room
	Whispers   int64     // number of whispers sent and received

	// Authority is an input of Store.AddMember, as Message.Authority.
	Authority int64

	// Address is the keyed hash of the address of a member who was banned with it.
	// Newcomers from there are refused until AddressUntil.
	Address      string
	AddressUntil time.Time
}

// Face is the number of one of the drawn faces of the page, from 1. Zero means no face.
type Face int

// MaxFace is the highest number of a face.
const MaxFace = 24

// Name returns the nickname, or the colour of a member without one.
func (m Member) Name() string {
	if m.Nick != "" {
		return m.Nick
	}
	return string(m.Color)
}

// Muted reports whether the member is muted at a time.
func (m Member) Muted(at time.Time) bool { return at.Before(m.MutedUntil) }

// tokenPrefix distinguishes the sessions of tokens from those of browsers.
const tokenPrefix = "token:"

// program reports whether the visitor has a token, which may be invalid.
func (v Visitor) program() bool { return strings.HasPrefix(string(v.Session), tokenPrefix) }

// TokenVisitor returns the visitor of a token (see Service.MakeToken). It does not check
// that the token exists.
func TokenVisitor(token string) Visitor {
	sum := sha256.Sum256([]byte(tokenPrefix + token))
	return Visitor{Session: Session(tokenPrefix + hex.EncodeToString(sum[:16]))}
}
