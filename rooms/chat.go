package rooms

import (
	"context"
	"io"
	"time"
)

// Chat is what handlers use of the chat. Service implements it. Its methods can be
// called from any goroutine.
//
// All methods except List, Room, Create, Present and Forget authorize the visitor first:
// ErrNotFound if the room does not exist, ErrBanned, and ErrForbidden if the visitor is no
// member. A method that speaks can fail with ErrFrozen or MutedError, a method for the
// owner with ErrNotOwner.
//
// A context bounds the wait, not the change: a change that has begun when the context
// ends is completed and announced, and a change that has not begun leaves no trace.
type Chat interface {
	// List returns a page of the rooms, in order of creation.
	List(ctx context.Context, p RoomPage) ([]Listing, error)
	// Room returns one room, or ErrNotFound (also for a malformed id).
	Room(ctx context.Context, id ID) (Room, error)
	// Create stores a room, whose creator becomes its owner and first member.
	// InvalidError, ErrTooManyRooms.
	Create(ctx context.Context, v Visitor, n NewRoom) (Room, error)
	// Enter makes a visitor a member. In order of the checks: ErrNotFound, ErrBanned,
	// ErrClosed, ErrBanned for an address (an AddressError), ErrWrongPassword,
	// ErrTooManyTries (a TriesError), ErrFull. A member needs no password and enters a
	// closed room as well.
	Enter(ctx context.Context, v Visitor, id ID, password string) (Member, error)
	// Member returns the visitor's membership.
	Member(ctx context.Context, v Visitor, id ID) (Member, error)
	// Arrive adds a connection of a member to the room. It fails with ErrFull if other
	// people fill the room. End the returned visit when the connection has ended.
	Arrive(ctx context.Context, v Visitor, id ID) (m Member, visit *Visit, err error)
	// Present returns the people who are in the room through this process, in order of
	// arrival.
	Present(id ID) []Member
	// Attendance returns whether a member owns the room, and when the member's present
	// stay began. ErrNotFound, ErrForbidden, ErrBanned.
	Attendance(ctx context.Context, v Visitor, id ID) (Attendance, error)
	// Post stores a message and then calls the Notifier. InvalidError. A repeated
	// ClientID returns the first message with Again set.
	Post(ctx context.Context, v Visitor, id ID, d Draft) (Stored, error)
	// History returns messages of the room, in order of seq.
	History(ctx context.Context, v Visitor, id ID, p Page) ([]Message, error)
	// Amend edits or removes a message of the visitor's. The owner can remove every
	// message. It returns the message of the edit or removal. ErrNoMessage, ErrNotYours,
	// InvalidError.
	Amend(ctx context.Context, v Visitor, id ID, a Amendment) (Stored, error)
	// Whisper sends a message to one member, present or absent. A repeated ClientID
	// returns the first whisper. ErrNoPerson, InvalidError.
	Whisper(ctx context.Context, v Visitor, id ID, to Color, d Draft) (Whisper, error)
	// Whispers returns what the visitor has sent and received after a number of the
	// visitor's own list, at most 200 and 200 by default.
	Whispers(ctx context.Context, v Visitor, id ID, after int64, limit int) ([]Whisper, error)

	// Rename gives the visitor a nickname of up to 20 characters that looks unlike all
	// others in the room; "" removes it. ErrNickTaken, InvalidError.
	Rename(ctx context.Context, v Visitor, id ID, nick string) (Member, error)
	// Quit ends the visitor's membership. The room of an owner who quits passes to a
	// person who is present.
	Quit(ctx context.Context, v Visitor, id ID) error
	// Forget is called for a visitor who will not come back. It quits the rooms that the
	// visitor owns; in other rooms the presence ends with the connections.
	Forget(ctx context.Context, v Visitor) error

	// The methods below are for the owner. A colour names a member: ErrNoPerson, and
	// InvalidError for the owner's own colour.

	// Kick ends a membership. Ban also prevents the person from entering, until Unban.
	// The person is no longer present when they return.
	Kick(ctx context.Context, v Visitor, id ID, who Color) error
	Ban(ctx context.Context, v Visitor, id ID, who Color) error
	// BanAddress is Ban, and refuses newcomers from the person's address with an
	// AddressError for the duration AddressBan. known is false if the person has not been
	// in the room lately, so that the address is unknown and only the person is banned.
	// Unban ends both.
	BanAddress(ctx context.Context, v Visitor, id ID, who Color) (known bool, err error)
	Unban(ctx context.Context, v Visitor, id ID, who Color) error
	// Banned returns the banned members, at most the 500 newest.
	Banned(ctx context.Context, v Visitor, id ID) ([]Member, error)
	// Mute keeps a member from speaking for up to 30 days, or until Unmute if d is 0.
	Mute(ctx context.Context, v Visitor, id ID, who Color, d time.Duration) error
	Unmute(ctx context.Context, v Visitor, id ID, who Color) error
	// Delegate makes a member the owner instead of the visitor.
	Delegate(ctx context.Context, v Visitor, id ID, who Color) error
	// Configure changes the room's settings. InvalidError.
	Configure(ctx context.Context, v Visitor, id ID, n Settings) (Room, error)
	// MakeToken makes a program a member, which authenticates as TokenVisitor(token). A
	// room has at most 20 tokens; Kick revokes one. The token cannot be read again.
	MakeToken(ctx context.Context, v Visitor, id ID, nick string) (token string, bot Member, err error)
	Tokens(ctx context.Context, v Visitor, id ID) ([]Member, error)
	// Remove removes the room with its messages and GIFs.
	Remove(ctx context.Context, v Visitor, id ID) error

	// GIF opens a stored GIF for a member of a room in which it was posted; ErrNotFound
	// for everybody else.
	GIF(ctx context.Context, v Visitor, name string) (GIF, GIFFile, error)
	// Poster is GIF, but opens the first frame only: ErrNotFound if the GIF has no other
	// frame.
	Poster(ctx context.Context, v Visitor, name string) (GIF, GIFFile, error)
	// AddGIF checks an upload by walking its blocks and stores it. Its description is made
	// from filename. It fails with an InvalidError if the file is not a valid GIF, with a
	// QuotaError if the visitor has posted too much, or with r's own error. Call Post
	// next: the sweep deletes a GIF that was not posted.
	AddGIF(ctx context.Context, v Visitor, id ID, filename string, r io.Reader) (GIF, error)
}
