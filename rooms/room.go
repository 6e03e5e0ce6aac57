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

// The limits of a room. The title has to fit into a row of the lobby, and the people into
// the list of one screen.
const (
	maxTitle    = 60 // characters
	minCapacity = 2
	maxCapacity = 500
	maxPassword = 128 // bytes; a longer one only costs time to hash
)

// ID identifies a room, a message or a GIF: 24 lower-case hex digits.
type ID string

// idBytes is the number of bytes of an ID. As many random bytes cannot be guessed.
const idBytes = 12

// newID returns a random ID that cannot be guessed.
func newID() ID {
	var b [idBytes]byte
	rand.Read(b[:]) // never fails: https://pkg.go.dev/crypto/rand#Read
	return ID(hex.EncodeToString(b[:]))
}

// newMessageID returns an ID that begins with the time, so that new rows are adjacent in
// the database's index: a burst is a third faster. Its 64 random bits make it unique;
// it grants no access.
func newMessageID() ID {
	var b [idBytes]byte
	binary.BigEndian.PutUint32(b[:4], uint32(time.Now().Unix())) //nolint:gosec // wraps around in 2106
	rand.Read(b[4:])
	return ID(hex.EncodeToString(b[:]))
}

// valid reports whether id is well formed. No other string reaches a query or a path.
func (id ID) valid() bool {
	return len(id) == 2*idBytes && strings.Trim(string(id), "0123456789abcdef") == ""
}

// Room is a chat room.
type Room struct {
	ID           ID
	Title        string // 1 to 60 characters
	Capacity     int    // 2 to 500 people
	Owner        Color  // "" while the room has no owner, as is OwnerSession
	OwnerSession Session
	PasswordHash string // argon2id in PHC form; "" for a public room
	CreatedAt    time.Time
	Number       int64 // grows in order of creation; set by the Store
	Frozen       bool  // only the owner may speak
	Keep         bool  // the room is not removed while it is empty
	Closed       bool  // only members may enter

	// Authority is the version of the room's settings, owner and members' rights. Each
	// change raises it by one. The first is 1.
	Authority int64
}

// Private reports whether entering needs a password.
func (r Room) Private() bool { return r.PasswordHash != "" }

// Listing is a room in the list of rooms.
type Listing struct {
	Room
	People int // people present through this process
}

// NewRoom is a room to be created.
type NewRoom struct {
	Title    string
	Capacity int
	Password string // "" for a public room
	Keep     bool   // the room is not removed while it is empty
}

// check returns n with its title trimmed, or an InvalidError.
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

// RoomPage selects a part of the list of rooms, in order of creation.
type RoomPage struct {
	After int64 // only rooms with a larger Number
	Limit int   // at most 200; 0 means 100
}

// The sizes of a page of rooms.
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
