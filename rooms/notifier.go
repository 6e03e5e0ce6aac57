package rooms

// Notifier is notified of changes after they were stored.
//
//  1. Its methods are called for one room at a time, in the order of the changes; for
//     different rooms concurrently.
//  2. Its methods must not block, and must not call the Service, except Present: the
//     room is locked during the call.
//  3. The lists of people are in order of arrival, and the Service does not change them
//     later. It is the owner of presence: a Notifier need not keep a list.
type Notifier interface {
	RoomCreated(Room)
	RoomChanged(Room)
	// RoomRemoved is the last call for a room.
	RoomRemoved(ID)
	// Posted is called for messages of every kind, in the order of seq, except the
	// notices of Entered and Left. Messages of one room that were stored together come in
	// one call.
	Posted(...Message)
	// PeopleChanged is called when a person arrives, leaves or changes, after Entered and
	// Left.
	PeopleChanged(id ID, people []Member)
	// Entered is called for a person's first connection, with the people who are present
	// now. The notice has no seq if it could not be stored.
	Entered(m Member, notice Message, people []Member)
	// Left is called when a person has had no connection for Options.LeaveGrace or has
	// quit the room, with the people who remain. It is not called when the last person's
	// connection was lost. The notice is as that of Entered.
	Left(m Member, notice Message, people []Member)
	// Expelled is called when a person must leave the room at once, and why.
	Expelled(Member, Topic)
	// Whispered is called for the two members of a whisper.
	Whispered(Whisper)
}
