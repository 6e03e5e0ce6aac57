package rooms

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The limits of a room. Title and capacity are shown to everybody, so they
// have to fit into a row of the lobby and a room into one screen's list.
const (
	maxTitle    = 60 // characters
	minCapacity = 2
	maxCapacity = 500
	maxPassword = 128 // bytes; a longer one would only be work for the hash
)

// ID names a room, a message or a GIF: 24 lower-case hex digits.
type ID string

// idBytes of randomness are out of reach for guessing.
const idBytes = 12

// newID returns an ID that nobody can guess.
func newID() ID {
	var b [idBytes]byte
	rand.Read(b[:]) // never fails: https://pkg.go.dev/crypto/rand#Read
	return ID(hex.EncodeToString(b[:]))
}

// newMessageID returns an ID that begins with the time, so that the database
// finds the places of new ones beside each other: a burst is a third faster for
// that. Its 64 random bits are there so that no two are the same; nothing is
// opened by it.
func newMessageID() ID {
	var b [idBytes]byte
	binary.BigEndian.PutUint32(b[:4], uint32(time.Now().Unix())) //nolint:gosec // what is cut off is 136 years
	rand.Read(b[4:])
	return ID(hex.EncodeToString(b[:]))
}

// valid tells whether id is well formed, so that no other string gets as far
// as a query or a path.
func (id ID) valid() bool {
	return len(id) == 2*idBytes && strings.Trim(string(id), "0123456789abcdef") == ""
}

// Room is a place to talk.
type Room struct {
	ID           ID
	Title        string // 1 to 60 characters
	Capacity     int    // 2 to 500 people
	Owner        Color  // empty while the room has none, as OwnerSession is
	OwnerSession Session
	PasswordHash string // argon2id in PHC form; empty for a public room
	CreatedAt    time.Time
	Number       int64 // the order of creation; the Store's
	Frozen       bool  // only the owner may speak
	Keep         bool  // not removed for standing empty
	Closed       bool  // only members may enter

	// Authority is the version of the room's settings, owner and members' rights. Each
	// change raises it by one. The first is 1.
	Authority int64
}

// Private tells whether entering needs a password.
func (r Room) Private() bool { return r.PasswordHash != "" }

// Listing is a room as the lobby shows it.
type Listing struct {
	Room
	People int // visitors present now
}

// NewRoom is what a visitor asks for.
type NewRoom struct {
	Title    string
	Capacity int
	Password string // empty for a public room
	Keep     bool   // not removed for standing empty
}

// check returns n with its title trimmed, or says what is wrong with it.
func (n NewRoom) check() (NewRoom, error) {
	title, err := checkTitle(n.Title)
	if err != nil {
		return NewRoom{}, err
	}
	n.Title = title
	if err := checkCapacity(n.Capacity); err != nil {
		return NewRoom{}, err
	}
	return n, checkPassword(n.Password)
}

func checkTitle(title string) (string, error) {
	title = strings.TrimSpace(title)
	switch {
	case !utf8.ValidString(title), strings.ContainsFunc(title, unicode.IsControl):
		return "", &InvalidError{Field: "title", Reason: "bad_character"}
	case !strings.ContainsFunc(title, visible):
		return "", &InvalidError{Field: "title", Reason: "empty"}
	case utf8.RuneCountInString(title) > maxTitle:
		return "", &InvalidError{Field: "title", Reason: "too_long"}
	}
	return title, nil
}

func checkCapacity(n int) error {
	switch {
	case n < minCapacity:
		return &InvalidError{Field: "capacity", Reason: "too_small"}
	case n > maxCapacity:
		return &InvalidError{Field: "capacity", Reason: "too_large"}
	}
	return nil
}

func checkPassword(password string) error {
	switch {
	case !utf8.ValidString(password):
		return &InvalidError{Field: "password", Reason: "bad_character"}
	case len(password) > maxPassword:
		return &InvalidError{Field: "password", Reason: "too_long"}
	}
	return nil
}

// RoomPage asks for a part of the list of rooms, in the order of creation.
type RoomPage struct {
	After int64 // only rooms with a larger Number
	Limit int   // at most 200; 0 means 100
}

// The limits of a page of the list.
const (
	defaultRooms = 100
	maxRooms     = 200
)

func (p RoomPage) clamp() RoomPage {
	if p.Limit <= 0 {
		p.Limit = defaultRooms
	}
	p.Limit = min(p.Limit, maxRooms)
	p.After = max(p.After, 0)
	return p
}
