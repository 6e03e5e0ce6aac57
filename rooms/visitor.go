package rooms

import "time"

// Session names a visitor's session. It is secret: it never leaves the server
// and is never logged. The Store keeps it as it is, therefore it must not be
// what opens a session, such as the value of a cookie, but derived from it.
type Session string

// Visitor is someone at the door: a session and the colour it would like.
type Visitor struct {
	Session Session
	Color   Color // wanted; within a room Member.Color counts
}

// Member is a visitor who was let into a room: the grant to be there.
type Member struct {
	Room    ID
	Session Session
	Color   Color // unique among the room's members
	Since   time.Time
}
