package handlers

import (
	"context"
	"time"

	"gifchat/rooms"
)

// settledAfter is how long a person must have been in a room before the room's
// rate spares that person: a program that opens new connections never gets there.
const settledAfter = 10 * time.Second

// quietRate is the pace of a person who types. The second token allows for lines
// that the network brings closer together.
var quietRate = Rate{Burst: 2, Each: 2 * time.Second}

// inRoom lets a visitor post in a room, within the room's rate or by exception.
// A post that the chat refuses or has stored before costs the room nothing: a
// stranger must not be able to silence it unseen.
func (b *budgets) inRoom(ctx context.Context, v rooms.Visitor, id rooms.ID, post func() (rooms.Stored, error)) (rooms.Stored, error) {
	paid, err := b.payRoom(ctx, v, id)
	if err != nil {
		return rooms.Stored{}, err
	}
	stored, err := post()
	if err != nil || stored.Again {
		b.giveBack(paid)
	}
	return stored, err
}

// payRoom charges a message to the room's rate. Beyond it, messages of the owner
// and of quiet people who have been there for settledAfter are charged to a
// reserve of the same size, so that a flood of newcomers cannot silence a room.
func (b *budgets) payRoom(ctx context.Context, v rooms.Visitor, id rooms.ID) ([]cost, error) {
	all := []cost{{key: cellKey{forRoom, string(id)}, of: b.limits.Room}}
	full := b.take(all...)
	if full == nil {
		return all, nil
	}
	a, err := b.attended(ctx, v, id)
	switch {
	case err != nil:
		return nil, full // not a member: the chat would refuse the message too
	case a.Owner:
		return b.payAsOwner(id), nil
	case a.Since.IsZero() || time.Since(a.Since) < settledAfter:
		return nil, full
	}
	paid, err := b.payAsPresent(v, id)
	if err != nil {
		return nil, sooner(full, err)
	}
	return paid, nil
}

// payAsOwner never refuses. It overdraws the reserve by up to its burst, which
// leaves less to the others until it is paid back.
func (b *budgets) payAsOwner(id rooms.ID) []cost {
	owners := []cost{b.reserve(id, -b.limits.Room.Burst)}
	if b.take(owners...) != nil {
		return nil
	}
	return owners
}

// payAsPresent charges the message to the person's pace and to the reserve. An
// address may use all of the reserve while no other needs it, but the last quarter
// only at a quarter of the rate: a crowd from one address leaves some to the rest.
func (b *budgets) payAsPresent(v rooms.Visitor, id rooms.ID) ([]cost, error) {
	share := Rate{Burst: max(b.limits.Room.Burst/4, 1), Each: 4 * b.limits.Room.Each}
	pace := cost{key: cellKey{forPresent, string(id) + " " + string(v.Session)}, of: quietRate}
	address := cost{key: cellKey{forRoomAddress, string(id) + " " + v.Source}, of: share}
	return b.takeEither(
		[]cost{pace, address, b.reserve(id, 0)},
		[]cost{pace, b.reserve(id, b.limits.Room.Burst/4)},
	)
}

// reserve is one message beyond the room's rate that leaves keep others.
func (b *budgets) reserve(id rooms.ID, keep int) cost {
	return cost{key: cellKey{forReserve, string(id)}, of: b.limits.Room, keep: keep}
}

// takeEither takes the first of two lists of costs that can be paid, and returns
// it. When neither can, the error names the shorter wait.
func (b *budgets) takeEither(first, second []cost) ([]cost, error) {
	err := b.take(first...)
	if err == nil {
		return first, nil
	}
	other := b.take(second...)
	if other == nil {
		return second, nil
	}
	return nil, sooner(err, other)
}

// sooner returns the one of two rate errors that has the shorter wait.
func sooner(a, b error) error {
	if retryAfter(b) < retryAfter(a) {
		return b
	}
	return a
}

// leaveRate is how often a person may leave a room with effect at once. Somebody who
// looks around in rooms stays below it.
var leaveRate = Rate{Burst: 5, Each: 5 * time.Second}

// leave ends a visit on purpose. Each time that a person comes and goes, a room
// stores and sends two notices. Beyond leaveRate, or the room's rate for all
// departures, the visit ends like that of a lost connection: the place is free a
// little later, and a person who is back by then causes no notice.
func (b *budgets) leave(v rooms.Visitor, id rooms.ID, visit *rooms.Visit) {
	err := b.take(
		cost{key: cellKey{forLeaving, string(id) + " " + string(v.Session)}, of: leaveRate},
		cost{key: cellKey{forDepartures, string(id)}, of: b.limits.Room},
	)
	if err != nil {
		visit.Lose()
		return
	}
	visit.Leave()
}
