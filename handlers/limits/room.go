package limits

import (
	"context"
	"time"

	"gifchat/ratelimit"
	"gifchat/rooms"
)

// settledAfter is how long a person must have been in a room before its reserve is
// open to that person. A program that opens new connections never gets there.
const settledAfter = 10 * time.Second

// quietRate is the pace of a person who types. The second token allows for lines
// that the network brings closer together.
var quietRate = ratelimit.Rate{Burst: 2, Each: 2 * time.Second}

// Attender is the part of rooms.Chat that Post needs.
type Attender interface {
	Attendance(ctx context.Context, v rooms.Visitor, id rooms.ID) (rooms.Attendance, error)
}

// Charge is a message that Post has charged. A caller that does not keep it must
// call Refund.
type Charge struct {
	table *ratelimit.Table
	costs []ratelimit.Cost
}

// Commit makes the charge final.
func (c *Charge) Commit() { c.costs = nil }

// Refund returns the charge. It does nothing after Commit.
func (c *Charge) Refund() {
	c.table.Refund(c.costs...)
	c.costs = nil
}

// Post charges a message to a room, before the chat stores it. The caller commits
// the charge when the chat has stored the message, and refunds it for a message
// that the chat refuses or has stored before: a visitor that is not a member must
// not be able to silence a room.
//
// Beyond the room's rate, messages of the owner and of quiet people who have been
// there for settledAfter are charged to a reserve of the same size: a flood of
// newcomers cannot silence the room.
func (l *Limiter) Post(ctx context.Context, chat Attender, v rooms.Visitor, id rooms.ID) (*Charge, error) {
	costs := []ratelimit.Cost{{Key: ratelimit.Key{Purpose: forRoom, Name: string(id)}, Rate: l.rates.Room}}
	wait := l.table.Take(costs...)
	if wait > 0 {
		costs, wait = l.takeBeyondRate(ctx, chat, v, id, wait)
	}
	if wait > 0 {
		return nil, &ratelimit.ExceededError{RetryAfter: wait}
	}
	return &Charge{l.table, costs}, nil
}

// takeBeyondRate charges a message to the reserve. roomWait is how long until the
// room's rate allows one.
func (l *Limiter) takeBeyondRate(ctx context.Context, chat Attender, v rooms.Visitor, id rooms.ID, roomWait time.Duration) ([]ratelimit.Cost, time.Duration) {
	a, err := chat.Attendance(ctx, v, id)
	switch {
	case err != nil:
		return nil, roomWait // not a member: the chat would refuse the message too
	case a.Owner:
		return l.takeAsOwner(id), 0
	case a.Since.IsZero() || time.Since(a.Since) < settledAfter:
		return nil, roomWait
	}
	costs, wait := l.takeAsPresent(v, id)
	return costs, min(wait, roomWait)
}

// takeAsOwner never refuses. It overdraws the reserve by up to its burst, which
// leaves less for the others until the debt is paid.
func (l *Limiter) takeAsOwner(id rooms.ID) []ratelimit.Cost {
	costs := []ratelimit.Cost{l.reserve(id, -l.rates.Room.Burst)}
	if l.table.Take(costs...) > 0 {
		return nil // the debt is at its maximum: not charged
	}
	return costs
}

// takeAsPresent charges the message to the person's pace and to the reserve. An
// address may use the whole reserve while no other address needs it, but the last
// quarter only at a quarter of the rate: a crowd behind one address leaves some for
// the others.
func (l *Limiter) takeAsPresent(v rooms.Visitor, id rooms.ID) ([]ratelimit.Cost, time.Duration) {
	room := l.rates.Room
	share := ratelimit.Rate{Burst: max(room.Burst/4, 1), Each: 4 * room.Each}
	pace := ratelimit.Cost{Key: ratelimit.Key{Purpose: forPresent, Name: string(id) + " " + string(v.Session)}, Rate: quietRate}
	address := ratelimit.Cost{Key: ratelimit.Key{Purpose: forRoomAddress, Name: string(id) + " " + v.Source}, Rate: share}

	costs := []ratelimit.Cost{pace, address, l.reserve(id, 0)}
	wait := l.table.Take(costs...)
	if wait == 0 {
		return costs, 0
	}
	costs = []ratelimit.Cost{pace, l.reserve(id, room.Burst/4)}
	return costs, min(wait, l.table.Take(costs...))
}

// reserve returns the cost of one message beyond the room's rate that leaves keep
// messages in the reserve.
func (l *Limiter) reserve(id rooms.ID, keep int) ratelimit.Cost {
	return ratelimit.Cost{Key: ratelimit.Key{Purpose: forReserve, Name: string(id)}, Rate: l.rates.Room, Keep: keep}
}

// leaveRate is how often a person may leave a room with effect at once. A person
// who looks around in rooms stays below it.
var leaveRate = ratelimit.Rate{Burst: 5, Each: 5 * time.Second}

// EndVisit ends a visit that its visitor ends on purpose. A room stores and sends
// two notices each time a person comes and goes. Beyond leaveRate, or the room's
// rate for all departures, the visit ends as that of a lost connection: the room
// waits a little before it shows the person as gone, and a person who comes back
// until then causes no notice.
func (l *Limiter) EndVisit(v rooms.Visitor, id rooms.ID, visit *rooms.Visit) {
	wait := l.table.Take(
		ratelimit.Cost{Key: ratelimit.Key{Purpose: forLeaving, Name: string(id) + " " + string(v.Session)}, Rate: leaveRate},
		ratelimit.Cost{Key: ratelimit.Key{Purpose: forDepartures, Name: string(id)}, Rate: l.rates.Room},
	)
	if wait > 0 {
		visit.Lose()
		return
	}
	visit.Leave()
}
