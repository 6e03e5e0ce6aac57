package rooms

// Notifier tells the world what has happened, after it was stored.
//
//  1. The events of one room are told in their order, one at a time; those of
//     different rooms at once.
//  2. Its methods must not block, and must not call back into the Service,
//     Present excepted: the room waits while they run.
type Notifier interface {
	RoomCreated(Room)
	RoomChanged(Room)
	// RoomRemoved is the last that is told of a room.
	RoomRemoved(ID)
	// Posted tells of a message of any kind, in the order of seq; but of the
	// notices of coming and going Entered and Left tell.
	Posted(Message)
	// PeopleChanged tells who is in the room now, in order of arrival, and that
	// something about one of them is different.
	PeopleChanged(id ID, people []Member)
	// Entered tells of a person's first connection, Left that a person has
	// been gone for the grace of Options, or has quit the room, present or not.
	// Whose going leaves the room empty is not told of by Left, unless it quit.
	// The notice has no seq if it could not be kept.
	Entered(Member, Message)
	Left(Member, Message)
	// Expelled tells that a person must be out of the room at once: its
	// standing says why.
	Expelled(Member, Topic)
	// Whispered tells the two it is for.
	Whispered(Whisper)
}
