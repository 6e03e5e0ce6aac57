package rooms

// Notifier tells the world what has happened, after it was stored.
//
//  1. The events of one room are told in their order, one at a time; those of
//     different rooms at once.
//  2. Its methods must not block, and must not call back into the Service,
//     Present excepted: the room waits while they run.
type Notifier interface {
	RoomCreated(Room)
	// RoomRemoved is the last that is told of a room.
	RoomRemoved(ID)
	// Posted tells of a text or a GIF, in the order of seq. Notices are not
	// posted: Entered and Left stand for them.
	Posted(Message)
	// PeopleChanged tells who is in the room now, in order of arrival.
	PeopleChanged(id ID, people []Member)
	// Entered tells of a person's first connection, Left that a person has
	// been gone for the grace of Options; Left is not told to an empty room.
	Entered(Member)
	Left(Member)
}
