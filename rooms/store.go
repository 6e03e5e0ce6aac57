package rooms

import (
	"context"
	"errors"
	"io"
)

// ErrColorTaken is a Store's answer to AddMember; visitors never see it.
var ErrColorTaken = errors.New("another member has this colour")

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
	// Rooms returns all rooms in the order of their creation.
	Rooms(ctx context.Context) ([]Room, error)
	// Room returns one room, or ErrNotFound.
	Room(ctx context.Context, id ID) (Room, error)
	// CreateRoom keeps a room and its first member, both or none.
	CreateRoom(ctx context.Context, r Room, owner Member) error
	// RemoveRoom removes a room with its members and messages, or returns
	// ErrNotFound. It returns the names of the GIFs that no message shows now.
	RemoveRoom(ctx context.Context, id ID) (gifs []string, err error)

	// Member returns a grant: ErrNotFound if there is no such room,
	// ErrForbidden if the session is not a member of it.
	Member(ctx context.Context, id ID, s Session) (Member, error)
	// AddMember keeps a grant and returns it; who is a member already gets the
	// first grant. ErrNotFound, ErrColorTaken.
	AddMember(ctx context.Context, m Member) (Member, error)
	// Colors returns the colours of the room's members.
	Colors(ctx context.Context, id ID) ([]Color, error)

	// AddMessage gives m the next seq of its room and keeps it, or returns
	// ErrNotFound. If the session has used m.ClientID in this room before, the
	// first message is returned and added is false.
	AddMessage(ctx context.Context, m Message) (stored Message, added bool, err error)
	// Messages returns a page of a room, in the order of seq. p.Limit is
	// positive; an unknown room has no messages.
	Messages(ctx context.Context, id ID, p Page) ([]Message, error)
	// ShowsGIF tells whether a message in a room of this session's shows the GIF.
	ShowsGIF(ctx context.Context, s Session, name string) (bool, error)
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
