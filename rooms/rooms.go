// Package rooms is the chat: who made which room, who may be in it, what was
// said. It knows nothing of HTTP, of Socket.IO or of SQL; those reach it
// through Service, and it reaches them through Store and Notifier.
package rooms

import (
	"context"
	"time"
)

// ID names a room, a message or a GIF: 24 lower-case hex digits.
type ID string

// Session names a visitor's session. It is secret: it never leaves the server
// and is never logged.
type Session string

// Color is a visitor's name and paint towards others: "#rrggbb", lower case.
type Color string

// Visitor is someone at the door: a session and the colour it would like.
type Visitor struct {
	Session Session
	Color   Color // wanted; within a room Member.Color counts
}

// Room is a place to talk.
type Room struct {
	ID           ID
	Title        string // 1 to 60 characters
	Capacity     int    // 2 to 500 people
	Owner        Color
	OwnerSession Session
	PasswordHash string // argon2id in PHC form; empty for a public room
	CreatedAt    time.Time
}

// Private tells whether entering needs a password.
func (r Room) Private() bool { return r.PasswordHash != "" }

// Kind tells what a message is.
type Kind string

// The kinds of message.
const (
	KindText   Kind = "text"
	KindGIF    Kind = "gif"
	KindNotice Kind = "notice" // "… entered", "… left": said by nobody
)

// GIF describes an uploaded image. The bytes are in a GIFStore.
type GIF struct {
	Name          string // the stored name: 24 hex digits and ".gif"
	Width, Height int
	Frames        int
	Bytes         int64
	Alt           string // from the uploaded file's name
}

// Message is what was said in a room.
type Message struct {
	ID        ID
	Room      ID
	Seq       int64 // grows by one within the room, from 1
	Kind      Kind
	User      Color // empty for a notice
	Session   Session
	Text      string
	GIF       *GIF
	ClientID  string // the sender's own name for it, may be empty
	CreatedAt time.Time
}

// Member is a visitor who was let into a room: the grant to be there.
type Member struct {
	Room    ID
	Session Session
	Color   Color // unique among the room's members
	Since   time.Time
}

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
}

// Draft is a message to be posted: a text or a GIF, not both.
type Draft struct {
	Text     string
	GIF      *GIF
	ClientID string // optional, at most 64 characters; a retry with the same one gets the first answer
}

// Page asks for a part of a room's history, oldest first in the answer.
type Page struct {
	Before int64 // only messages with a smaller seq; 0 for the newest
	After  int64 // only messages with a larger seq; wins over Before when both are given
	Limit  int   // at most 200; 0 means 50
}

// Chat is what handlers may ask of the chat; Service is the implementation.
// Every method may be called from any goroutine.
type Chat interface {
	// List returns the rooms in the order of their creation.
	List(ctx context.Context) ([]Listing, error)
	// Room returns one room, or ErrNotFound (also for a malformed id).
	Room(ctx context.Context, id ID) (Room, error)
	// Create stores a room; its creator is a member at once.
	Create(ctx context.Context, v Visitor, n NewRoom) (Room, error)
	// Enter lets v into the room: ErrNotFound, ErrWrongPassword,
	// ErrTooManyTries, ErrFull, in this order of checks. Who is a member
	// already needs no password.
	Enter(ctx context.Context, v Visitor, id ID, password string) (Member, error)
	// Member answers "may this session do things in this room": ErrNotFound
	// when there is no such room, ErrForbidden when v was not let in.
	Member(ctx context.Context, v Visitor, id ID) (Member, error)
	// Arrive says that a connection of a member is in the room now. It is
	// decided together with the capacity: ErrFull. Call the returned leave
	// exactly once, when that connection has gone.
	Arrive(ctx context.Context, v Visitor, id ID) (m Member, leave func(), err error)
	// Present returns those who are in the room now, in order of arrival.
	Present(id ID) []Member
	// Post stores a message and then tells the Notifier: ErrNotFound,
	// ErrForbidden, InvalidError. A repeated ClientID returns the first message.
	Post(ctx context.Context, v Visitor, id ID, d Draft) (Message, error)
	// History returns messages of the room, in the order of seq.
	History(ctx context.Context, v Visitor, id ID, p Page) ([]Message, error)
	// Remove removes the room with its messages and GIFs: owner only.
	Remove(ctx context.Context, v Visitor, id ID) error
	// GIF opens a stored GIF for a member of the room it was posted in.
	GIF(ctx context.Context, v Visitor, name string) (GIFFile, error)
	// AddGIF checks an upload by walking its blocks and stores it.
	// InvalidError says what is wrong with it. Call it before Post.
	AddGIF(ctx context.Context, v Visitor, id ID, alt string, r Reader) (GIF, error)
}
