package rooms

import (
	"context"
	"errors"
	"io"
	"time"
)

// The errors that only a Store returns. The Service handles them; visitors never see
// them.
var (
	// ErrColorTaken is AddMember's answer if another member has the colour.
	ErrColorTaken = errors.New("another member has this colour")

	// ErrOutdated refuses a change that was allowed under an authority version that the
	// room no longer has. The Service reads the room again.
	ErrOutdated = errors.New("the room's authority has changed")

	// ErrOccupied refuses a change that needs a person, or everybody, to be absent.
	ErrOccupied = errors.New("somebody is present in the room")
)

// Store stores rooms, members and messages.
//
//  1. When a method returns nil, its change is on the disk.
//  2. When a method returns an error, nothing has changed.
//  3. A context that ends before a change has begun prevents it. Afterwards it has no
//     effect.
//  4. Errors are those named below, or wrap ErrUnavailable, or ErrStorageFull if the disk
//     is full.
//  5. Times are stored to the millisecond, in UTC.
//
// The suite store/storetest holds implementations to it.
type Store interface {
	// Rooms returns a page of the rooms, in order of creation. p.Limit is positive.
	Rooms(ctx context.Context, p RoomPage) ([]Room, error)
	// Room returns one room, or ErrNotFound.
	Room(ctx context.Context, id ID) (Room, error)
	// CreateRoom stores a room and its first member, both or none. ErrTooManyRooms if
	// there are as many rooms as the limits allow.
	CreateRoom(ctx context.Context, r Room, owner Member, limits RoomLimits) error
	// CountRooms returns how many rooms the session owns, and how many rooms exist.
	CountRooms(ctx context.Context, s Session) (own, all int, err error)
	// RoomsOf returns the rooms that the session owns, in order of creation.
	RoomsOf(ctx context.Context, s Session) ([]ID, error)
	// RemoveRoom removes a room with its members and messages. ErrNotFound, ErrOutdated,
	// ErrOccupied. It returns the names of the GIFs that no message shows any more.
	RemoveRoom(ctx context.Context, r Removal) (gifs []string, err error)
	// Apply stores a change of a room and its notice, both or none, raises the room's
	// authority version, and returns the notice with its seq. ErrNotFound, ErrOutdated,
	// ErrOccupied, ErrNoPerson, ErrNickTaken.
	//
	// ErrNickTaken is for a member's new nickname that shares one of its NickKeys with
	// another member's; an unchanged nickname is not compared. A member whose standing is
	// not StandingIn is not present. Of the addresses of a room's members, the
	// MaxAddressBans that last longest stay.
	Apply(ctx context.Context, c Change) (notice Message, err error)

	// Standing returns a room and a session's membership, which is the zero Member if the
	// session has never been let in. ErrNotFound.
	Standing(ctx context.Context, id ID, s Session) (Room, Member, error)
	// AddMember stores a member and returns it. For a session that is a member already it
	// returns the stored one; a former member keeps the colour. A closed room admits only
	// bots, which its owner makes. A new bot raises the room's authority version.
	// ErrNotFound, ErrOutdated, ErrColorTaken, ErrBanned, ErrClosed, and ErrNickTaken as
	// Apply.
	AddMember(ctx context.Context, m Member) (Member, error)
	// Person returns the member that has a colour in a room, whatever the standing, or
	// ErrNoPerson.
	Person(ctx context.Context, id ID, c Color) (Member, error)
	// Bots returns the programs that are members of a room, oldest first.
	Bots(ctx context.Context, id ID) ([]Member, error)
	// AddressBanned returns until when a room refuses newcomers from an address, given by
	// its hash: the latest AddressUntil of its members, or the zero time.
	AddressBanned(ctx context.Context, id ID, address string) (time.Time, error)
	// Banned returns up to limit banned members, newest first.
	Banned(ctx context.Context, id ID, limit int) ([]Member, error)

	// AddMessages stores messages of one room under the next seqs, all or none.
	// ErrNotFound, ErrOutdated. If a session has used a ClientID in this room before, the
	// first message is returned with Again set, whatever the second one contains: the
	// Service compares them.
	AddMessages(ctx context.Context, id ID, messages []Message) ([]Stored, error)
	// Amend stores an edit or a removal and changes its Target. A repeated ClientID is
	// answered as in AddMessages. It returns the names of the GIFs that no message shows
	// any more. ErrNotFound, ErrOutdated, ErrNoMessage. A message whose text or GIF is
	// replaced or erased for the first time gets its Fingerprint as Said, which does not
	// change afterwards.
	Amend(ctx context.Context, m Message) (stored Stored, gifs []string, err error)
	// Message returns one message, or ErrNoMessage. In this method and the next two, a
	// message whose row differs from what was written is returned as KindDamaged: a store
	// that notices damage never returns a text that nobody wrote.
	Message(ctx context.Context, id ID, seq int64) (Message, error)
	// Messages returns a page of a room, in order of seq. p.Limit is positive. An unknown
	// room has no messages.
	Messages(ctx context.Context, id ID, p Page) ([]Message, error)
	// GIF returns the message that shows a GIF, or ErrNotFound; ErrUnavailable if that
	// message is damaged.
	GIF(ctx context.Context, name string) (Message, error)
	// Uploads returns the GIFs that the session has posted since a time and that a message
	// still shows, oldest first.
	Uploads(ctx context.Context, s Session, since time.Time) ([]Upload, error)

	// AddPresence makes a session present in a room through a process: ErrNotFound,
	// ErrOutdated, and ErrFull if the people of all processes fill the room, where the
	// owner always has a place. first reports that the session was not present through
	// any process; then the notice is stored, unless it is the zero Message. It returns
	// the notice with its seq, or the zero Message if no notice was stored.
	AddPresence(ctx context.Context, p Presence, notice Message) (stored Message, first bool, err error)
	// RemovePresence ends the presence of a session through a process. last reports that
	// it was present and is not through any other process; then the notice is stored and
	// returned as by AddPresence, unless nobody is left in the room. ErrNotFound,
	// ErrOutdated.
	RemovePresence(ctx context.Context, p Presence, notice Message) (stored Message, last bool, err error)
	// EndProcess ends all presences through a process. A store also has to end those of a
	// process that could not call it.
	EndProcess(ctx context.Context, process string) error

	// AddWhisper stores a whisper under the next number of both lists. A repeated ClientID
	// is answered as in AddMessages. ErrOutdated, and ErrNoPerson, also for an unknown
	// room.
	AddWhisper(ctx context.Context, w Whisper) (stored Whisper, again bool, err error)
	// Whispers returns what a session has sent and received in a room after a number of
	// its own list, in that order. A whisper whose row differs from what was written is
	// Damaged.
	Whispers(ctx context.Context, id ID, s Session, after int64, limit int) ([]Whisper, error)
}

// Stored is a message as it was stored.
type Stored struct {
	Message
	Again bool // an earlier call stored it
}

// Change is a change of a room, of a member, or of both.
type Change struct {
	ID        ID
	Authority int64   // as Message.Authority
	Absent    Session // ErrOccupied if this session is present; "" for no such condition
	Room      *Room   // the new room; its ID, CreatedAt and Number do not change
	Member    *Member // the new member; its Color, Since, Bot and Whispers do not change
	Notice    Message
}

// Presence is a session that is present in a room through a process, which has the
// session's connections.
type Presence struct {
	Room      ID
	Session   Session
	Process   string
	Authority int64 // as Message.Authority
}

// RoomLimits bounds the number of rooms. Zero is no limit.
type RoomLimits struct {
	All        int // rooms in the store
	PerSession int // rooms that one session owns
}

// Removal is the removal of a room.
type Removal struct {
	ID        ID
	Authority int64 // as Message.Authority
	Empty     bool  // ErrOccupied if a person is present
}

// GIFStore stores the bytes of GIFs under names made by the Service. It fails as Store
// does.
type GIFStore interface {
	// Save stores the bytes that write writes. If write fails, the name stays free and
	// Save returns write's error unchanged. The bytes are on the disk when Save returns
	// nil.
	Save(name string, write func(io.Writer) error) error
	// Open opens a GIF, or returns ErrNotFound.
	Open(name string) (GIFFile, error)
	// Remove removes a GIF. A name that is free already is not an error.
	Remove(name string) error
}

// GIFFile is an open GIF.
type GIFFile interface {
	io.ReadSeekCloser
}
