package rooms

import (
	"context"
	"io"
)

// Chat is what handlers may ask of the chat; Service is the implementation.
// Every method may be called from any goroutine.
//
// A context bounds the wait, never the deed: what was begun when the context
// ended is finished and announced, and what was not begun leaves no trace.
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
	// when that connection has gone; it does not block, and only its first
	// call counts.
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
	// InvalidError says what is wrong with it; an error of r is passed on.
	// Call it before Post.
	AddGIF(ctx context.Context, v Visitor, id ID, alt string, r Reader) (GIF, error)
}

// Reader is io.Reader, named here so that the interface above reads alone.
type Reader = io.Reader
