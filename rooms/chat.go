package rooms

import (
	"context"
	"io"
	"time"
)

// Chat is what handlers may ask of the chat; Service is the implementation.
// Every method may be called from any goroutine.
//
// All but List, Room and Create begin with the same question, which has the
// same answers: ErrNotFound when there is no such room, ErrBanned, ErrForbidden
// for who was not let in. Who speaks may be told ErrFrozen or MutedError, who
// rules without being the owner ErrNotOwner.
//
// A context bounds the wait, never the deed: what was begun when the context
// ended is finished and announced, and what was not begun leaves no trace.
type Chat interface {
	// List returns a page of the rooms, in the order of their creation.
	List(ctx context.Context, p RoomPage) ([]Listing, error)
	// Room returns one room, or ErrNotFound (also for a malformed id).
	Room(ctx context.Context, id ID) (Room, error)
	// Create stores a room; its creator is a member at once. InvalidError,
	// ErrTooManyRooms.
	Create(ctx context.Context, v Visitor, n NewRoom) (Room, error)
	// Enter lets v into the room: ErrNotFound, ErrBanned, ErrClosed, ErrBanned of a
	// newcomer's address (as an AddressError), ErrWrongPassword,
	// ErrTooManyTries (as a TriesError), ErrFull, in this order of checks. A member
	// needs no password and enters a closed room too.
	Enter(ctx context.Context, v Visitor, id ID, password string) (Member, error)
	// Member answers "may this session be in this room".
	Member(ctx context.Context, v Visitor, id ID) (Member, error)
	// Arrive says that a connection of a member is in the room now. It is
	// decided together with the capacity: ErrFull. End the returned visit when
	// that connection has gone.
	Arrive(ctx context.Context, v Visitor, id ID) (m Member, visit *Visit, err error)
	// Present returns those who are in the room now, in order of arrival.
	Present(id ID) []Member
	// Attendance returns whether a member owns the room, and when the member's
	// present stay began. ErrNotFound, ErrForbidden, ErrBanned.
	Attendance(ctx context.Context, v Visitor, id ID) (Attendance, error)
	// Post stores a message and then tells the Notifier: InvalidError. A
	// repeated ClientID returns the first message, Again.
	Post(ctx context.Context, v Visitor, id ID, d Draft) (Stored, error)
	// History returns messages of the room, in the order of seq.
	History(ctx context.Context, v Visitor, id ID, p Page) ([]Message, error)
	// Amend edits or removes a message of v's; an owner removes anybody's. What
	// it returns is the message that tells of it. ErrNoMessage, ErrNotYours,
	// InvalidError.
	Amend(ctx context.Context, v Visitor, id ID, a Amendment) (Stored, error)
	// Whisper tells one member something, present or not: ErrNoPerson,
	// InvalidError. A repeated ClientID returns the first one.
	Whisper(ctx context.Context, v Visitor, id ID, to Color, d Draft) (Whisper, error)
	// Whispers returns what v has sent and got after a number of v's own list;
	// at most 200, which 0 means as well.
	Whispers(ctx context.Context, v Visitor, id ID, after int64, limit int) ([]Whisper, error)

	// Rename gives v a name in the room, or with "" takes it away: up to 20
	// characters, unlike all others to the eye. ErrNickTaken, InvalidError.
	Rename(ctx context.Context, v Visitor, id ID, nick string) (Member, error)
	// Quit ends v's membership. An owner's room passes to who is there.
	Quit(ctx context.Context, v Visitor, id ID) error
	// Forget says that v will not come back: it quits the rooms that v owns. In
	// others its presence ends with its connections.
	Forget(ctx context.Context, v Visitor) error

	// The rest is for the owner. Persons are named by their colour in the room:
	// ErrNoPerson, and InvalidError for the owner itself.

	// Kick ends a membership; Ban also keeps the person from coming back, until
	// Unban. Their connections are in the room no more when these return.
	Kick(ctx context.Context, v Visitor, id ID, who Color) error
	Ban(ctx context.Context, v Visitor, id ID, who Color) error
	// BanAddress is Ban, and for AddressBan newcomers from that person's address are
	// refused: an AddressError. known is false if the person is not there, so that
	// the address is unknown and only the person is banned. Unban ends both.
	BanAddress(ctx context.Context, v Visitor, id ID, who Color) (known bool, err error)
	Unban(ctx context.Context, v Visitor, id ID, who Color) error
	Banned(ctx context.Context, v Visitor, id ID) ([]Member, error) // the 500 who came last
	// Mute keeps a member from speaking: for up to 30 days, with 0 until Unmute.
	Mute(ctx context.Context, v Visitor, id ID, who Color, d time.Duration) error
	Unmute(ctx context.Context, v Visitor, id ID, who Color) error
	// Delegate makes a member the owner instead of v.
	Delegate(ctx context.Context, v Visitor, id ID, who Color) error
	// Configure changes the room: InvalidError.
	Configure(ctx context.Context, v Visitor, id ID, n Settings) (Room, error)
	// MakeToken makes a member of a program: who shows the token is
	// TokenVisitor(token). At most 20 a room; Kick ends one. It cannot be read
	// again.
	MakeToken(ctx context.Context, v Visitor, id ID, nick string) (token string, bot Member, err error)
	Tokens(ctx context.Context, v Visitor, id ID) ([]Member, error)
	// Remove removes the room with its messages and GIFs.
	Remove(ctx context.Context, v Visitor, id ID) error

	// GIF opens a stored GIF for a member of a room it was posted in: ErrNotFound
	// to everyone else.
	GIF(ctx context.Context, v Visitor, name string) (GIF, GIFFile, error)
	// Poster is GIF, but opens the first frame alone: ErrNotFound also when
	// there is no other one.
	Poster(ctx context.Context, v Visitor, name string) (GIF, GIFFile, error)
	// AddGIF checks an upload by walking its blocks and stores it; filename is
	// what its description is made of. InvalidError says what is wrong with it,
	// QuotaError that the visitor has posted enough for now; an error of r is
	// passed on. Post it then: what is not posted stays until the sweep.
	AddGIF(ctx context.Context, v Visitor, id ID, filename string, r io.Reader) (GIF, error)
}
