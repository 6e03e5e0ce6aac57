package rooms

import (
	"context"
	"errors"
	"io"
	"time"
)

// ErrColorTaken is a Store's answer to AddMember; visitors never see it.
var ErrColorTaken = errors.New("another member has this colour")

// ErrOutdated is a Store's answer to a change that was allowed under an authority
// version that the room no longer has. The Service reads the room again; visitors never
// see it.
var ErrOutdated = errors.New("the room's authority has changed")

// ErrOccupied is a Store's answer to a change that needs a person, or everybody, to be
// absent. Visitors never see it.
var ErrOccupied = errors.New("somebody is present in the room")

// Store keeps rooms, members and messages.
//
//  1. When a method returns nil its change has reached the disk.
//  2. When it returns an error nothing has changed.
//  3. A context that ends before a change was begun prevents it; afterwards
//     it is without effect.
//  4. Errors are those named below, or wrap ErrUnavailable (ErrStorageFull if
//     that is why).
//  5. Times are kept to the millisecond, in UTC.
//
// The suite store/storetest holds implementations to it.
type Store interface {
	// Rooms returns a page of the rooms, in the order of their creation.
	// p.Limit is positive.
	Rooms(ctx context.Context, p RoomPage) ([]Room, error)
	// Room returns one room, or ErrNotFound.
	Room(ctx context.Context, id ID) (Room, error)
	// CreateRoom stores a room and its first member, both or none. ErrTooManyRooms if
	// there are as many rooms as the limits allow.
	CreateRoom(ctx context.Context, r Room, owner Member, limits RoomLimits) error
	// CountRooms returns how many rooms the session has made, and how many there
	// are in all.
	CountRooms(ctx context.Context, s Session) (made, all int, err error)
	// RoomsOf returns the rooms that the session owns, in the order of their
	// creation.
	RoomsOf(ctx context.Context, s Session) ([]ID, error)
	// RemoveRoom removes a room with its members and messages, or returns
	// ErrNotFound, ErrOutdated. It returns the names of the GIFs that no message shows now.
	RemoveRoom(ctx context.Context, r Removal) (gifs []string, err error)
	// Apply keeps a change of a room and what is told of it, all or nothing:
	// ErrNotFound, ErrNoPerson, ErrNickTaken. It returns the notice with its seq.
	// ErrNickTaken is for a member's new name that shares one of its NickKeys with
	// the name of another member; a name that stays as it is is not compared. A member who
	// is no longer in is no longer present. ErrOutdated, ErrOccupied. Of the
	// addresses that a room's members have, the MaxAddressBans that last longest stay.
	Apply(ctx context.Context, c Change) (notice Message, err error)

	// Standing returns a room and how a session stands to it, the zero Member
	// for one that has never been let in. ErrNotFound.
	Standing(ctx context.Context, id ID, s Session) (Room, Member, error)
	// AddMember keeps a grant and returns it. Who is a member already gets the
	// first grant; who has been one gets the old colour. A closed room admits only
	// bots, which its owner makes. ErrNotFound, ErrColorTaken, ErrBanned, ErrClosed,
	// ErrNickTaken as Apply.
	AddMember(ctx context.Context, m Member) (Member, error)
	// Person returns who has a colour in a room, whatever the standing, or
	// ErrNoPerson.
	Person(ctx context.Context, id ID, c Color) (Member, error)
	// Bots returns the programs that are in a room, in the order of their coming.
	Bots(ctx context.Context, id ID) ([]Member, error)
	// AddressBanned returns until when newcomers from an address, by its hash, are
	// refused in a room: the latest AddressUntil of its members, or the zero time.
	AddressBanned(ctx context.Context, id ID, address string) (time.Time, error)
	// Banned returns so many of those who are banned: first who came last.
	Banned(ctx context.Context, id ID, limit int) ([]Member, error)

	// AddMessages gives messages of one room the next seqs and keeps them, all
	// or none, or returns ErrNotFound. If a session has used a ClientID in this
	// room before, the first message is returned and Again is true, whatever the
	// second one says: the Service compares them.
	AddMessages(ctx context.Context, id ID, messages []Message) ([]Stored, error)
	// Amend keeps an edit or a removal and changes its Target. A repeated
	// ClientID as in AddMessages. It returns the names of the GIFs that no
	// message shows now. ErrNotFound, ErrNoMessage. A message whose text or GIF
	// this replaces or erases for the first time gets its Fingerprint as Said;
	// Said does not change after that.
	Amend(ctx context.Context, m Message) (stored Stored, gifs []string, err error)
	// Message returns one message, or ErrNoMessage. In this and what follows, a
	// message that is not kept as it was written comes as KindDamaged: a store
	// that notices never returns what nobody has said.
	Message(ctx context.Context, id ID, seq int64) (Message, error)
	// Messages returns a page of a room, in the order of seq. p.Limit is
	// positive; an unknown room has no messages.
	Messages(ctx context.Context, id ID, p Page) ([]Message, error)
	// GIF returns the message that shows a GIF, or ErrNotFound; ErrUnavailable if
	// that message is damaged.
	GIF(ctx context.Context, name string) (Message, error)
	// Uploads returns what GIFs the session has posted since then and not lost,
	// oldest first.
	Uploads(ctx context.Context, s Session, since time.Time) ([]Upload, error)

	// AddPresence makes a session present in a room through a process: ErrNotFound,
	// ErrOutdated, and ErrFull if the people of all processes fill the room, where the
	// owner always has a place. first reports that the session was not present through
	// any process; then the notice is stored, unless it is the zero Message, and returned
	// with its seq.
	AddPresence(ctx context.Context, p Presence, notice Message) (stored Message, first bool, err error)
	// RemovePresence ends the presence of a session through a process. last reports that
	// it was present and is not through any other process; then the notice is stored as
	// by AddPresence, unless nobody is left in the room. ErrNotFound.
	RemovePresence(ctx context.Context, p Presence, notice Message) (stored Message, last bool, err error)
	// EndProcess ends all presences through a process. A store also has to end those of
	// a process that could not call it.
	EndProcess(ctx context.Context, process string) error

	// AddWhisper keeps a whisper under the next number of both lists. A repeated
	// ClientID as in AddMessages. ErrNoPerson, also if there is no such room.
	AddWhisper(ctx context.Context, w Whisper) (stored Whisper, again bool, err error)
	// Whispers returns what a session has sent and got in a room after a number
	// of its own list, in that order. Those that are not kept as they were written
	// are Damaged.
	Whispers(ctx context.Context, id ID, s Session, after int64, limit int) ([]Whisper, error)
}

// Stored is a message as it was kept.
type Stored struct {
	Message
	Again bool // it had been kept before
}

// Change is what a decision changes: of a room, of a member, or both.
type Change struct {
	ID        ID
	Authority int64   // as Message.Authority
	Absent    Session // ErrOccupied if this session is present; "" for no such condition
	Room      *Room   // as it is to be; ID, CreatedAt and Number stay what they are
	Member    *Member // as it is to be; Color, Since, Bot and Whispers stay
	Notice    Message // what is told of it
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

// GIFStore keeps the bytes of GIFs under names made by the Service. Its own
// failures are as in Store.
type GIFStore interface {
	// Save keeps what write writes, if write returns nil; else the name stays
	// free and write's error is returned as it is. The bytes are on the disk
	// when Save returns nil.
	Save(name string, write func(io.Writer) error) error
	// Open opens a GIF, or returns ErrNotFound.
	Open(name string) (GIFFile, error)
	// Remove removes a GIF; a name that is free already is not an error.
	Remove(name string) error
}

// GIFFile is an open GIF.
type GIFFile interface {
	io.ReadSeekCloser
}
