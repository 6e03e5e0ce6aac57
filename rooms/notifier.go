package rooms

import "io"

// Notifier tells the world what has happened, after it was stored. Its methods
// are called in the order of events of one room, must not block, and must not
// call back into the Service.
type Notifier interface {
	RoomCreated(Room)
	RoomRemoved(ID)
	// Posted tells of a text, a GIF or a notice.
	Posted(Message)
	// PeopleChanged tells who is in the room now.
	PeopleChanged(id ID, people []Member)
	// Entered and Left tell of a person's first and last connection.
	Entered(Member)
	Left(Member)
}

// Reader is io.Reader, named here so that the interface above reads alone.
type Reader = io.Reader

// GIFFile is an open GIF.
type GIFFile interface {
	io.ReadSeekCloser
}
