package handlers

import (
	"cmp"
	"context"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"gifchat/rooms"
)

// Limits is how fast things may come. A whole class may sit behind one address,
// so what an address may do is many times what one visitor may.
type Limits struct {
	Visitor Rate // messages and other events of one visitor, whatever its connections; 30+10/s
	Address Rate // of all visitors from one address; 1000+200/s
	Room    Rate // messages in one room, of all who are there, and as many by exception (see inRoom); 400+100/s

	CreateVisitor  Rate // rooms made by one visitor; 30+1/s
	CreateAddress  Rate // and from one address; 100+1/s
	SessionAddress Rate // new sessions from one address, each of which costs a row for a month; 300+10/s

	Connect        Rate // Socket.IO connections made, of the whole server; 5000+1000/s
	ConnectAddress Rate // and from one address; 2000+100/s
}

// DefaultLimits are those of a zero Limits.
var DefaultLimits = Limits{
	Visitor:        Rate{30, time.Second / 10},
	Address:        Rate{1000, time.Second / 200},
	Room:           Rate{400, time.Second / 100},
	CreateVisitor:  Rate{30, time.Second},
	CreateAddress:  Rate{100, time.Second},
	SessionAddress: Rate{300, time.Second / 10},
	Connect:        Rate{5000, time.Second / 1000},
	ConnectAddress: Rate{2000, time.Second / 100},
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits
	return Limits{
		Visitor: cmp.Or(l.Visitor, d.Visitor), Address: cmp.Or(l.Address, d.Address), Room: cmp.Or(l.Room, d.Room),
		CreateVisitor:  cmp.Or(l.CreateVisitor, d.CreateVisitor),
		CreateAddress:  cmp.Or(l.CreateAddress, d.CreateAddress),
		SessionAddress: cmp.Or(l.SessionAddress, d.SessionAddress),
		Connect:        cmp.Or(l.Connect, d.Connect),
		ConnectAddress: cmp.Or(l.ConnectAddress, d.ConnectAddress),
	}
}

// purpose is what a budget is for.
type purpose uint8

const (
	forVisitor purpose = iota
	forAddress
	forRoom
	forCreateVisitor
	forCreateAddress
	forSessionAddress
	forConnectAddress
	forCalm // events of a visitor, at the paces of calm
	forBrisk
	forReserve     // messages beyond a room's rate
	forPresent     // those of one person
	forRoomAddress // those of one address
	forLeaving     // departures of one person
	forDepartures  // those of a room
)

// How many keys are remembered exactly: 4 MiB of those who talk, 2 MiB of those
// who connect, however many there are.
const (
	budgetCells  = 1 << 18
	connectCells = 1 << 17
)

// budgets holds everybody to the limits.
type budgets struct {
	limits   Limits
	cells    *cells
	attended func(context.Context, rooms.Visitor, rooms.ID) (rooms.Attendance, error) // of the chat
}

func newBudgets(l Limits, chat rooms.Chat) *budgets {
	b := &budgets{limits: l.withDefaults(), cells: newCells(budgetCells)}
	if chat != nil {
		b.attended = chat.Attendance
	}
	return b
}

// cost is one token of a bucket. keep is how many tokens the bucket must still have
// afterwards; a negative keep lets it go into debt.
type cost struct {
	key  cellKey
	of   Rate
	keep int
}

// take takes all of the costs or none, and tells when they can be paid.
func (b *budgets) take(costs ...cost) error {
	for i, c := range costs {
		if wait := b.cells.takeAbove(c.key, c.of, c.keep); wait > 0 {
			b.giveBack(costs[:i])
			return &rateError{retryAfter: wait}
		}
	}
	return nil
}

func (b *budgets) giveBack(costs []cost) {
	for _, c := range costs {
		b.cells.giveBack(c.key, c.of)
	}
}

// calm lists the paces of people at pages: a person who reads and answers, and a
// busy one. The bursts are small, since each new session starts with a full one.
var calm = [...]struct {
	purpose purpose
	pace    Rate
}{
	{forCalm, Rate{Burst: 2, Each: time.Second}},
	{forBrisk, Rate{Burst: 4, Each: time.Second / 4}},
}

// act lets a visitor do something. The last quarter of an address's burst is for
// calm visitors, the last eighth for the calmest, so that one flooding program does
// not silence the others behind the same router.
func (b *budgets) act(v rooms.Visitor) error {
	address := cost{key: cellKey{forAddress, v.Source}, of: b.limits.Address}
	for _, c := range calm {
		if b.cells.take(cellKey{c.purpose, string(v.Session)}, c.pace) > 0 {
			address.keep += address.of.Burst / 8
		}
	}
	return b.take(cost{key: cellKey{forVisitor, string(v.Session)}, of: b.limits.Visitor}, address)
}

// create lets a visitor make a room.
func (b *budgets) create(v rooms.Visitor) error {
	return b.take(
		cost{key: cellKey{forCreateVisitor, string(v.Session)}, of: b.limits.CreateVisitor},
		cost{key: cellKey{forCreateAddress, v.Source}, of: b.limits.CreateAddress},
	)
}

// begin lets a new session begin.
func (b *budgets) begin(source string) error {
	return b.take(cost{key: cellKey{forSessionAddress, source}, of: b.limits.SessionAddress})
}

// AllowConnection returns the rule for new connections; for socketio.Config. An
// address that is refused costs the others nothing.
func AllowConnection(l Limits) func(*http.Request) (retryAfter time.Duration, ok bool) {
	b := &budgets{limits: l.withDefaults(), cells: newCells(connectCells)}
	var mu sync.Mutex
	var all cell // guarded by mu; outside the table, where others could have it forgotten
	return func(r *http.Request) (time.Duration, bool) {
		address := cellKey{forConnectAddress, source(r)}
		wait := b.cells.take(address, b.limits.ConnectAddress)
		if wait == 0 && b.limits.Connect.Burst >= 0 {
			mu.Lock()
			wait = all.take(time.Since(b.cells.start), b.limits.Connect, 0)
			mu.Unlock()
			if wait > 0 {
				b.cells.giveBack(address, b.limits.ConnectAddress)
			}
		}
		return wait, wait == 0
	}
}

// source is the key of who sends a request: its address, or what stands for it,
// since whoever has one IPv6 address has 2^64 of them.
func source(r *http.Request) string {
	address := ClientAddress(r)
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if ip = ip.Unmap(); ip.Is4() {
		return ip.String()
	}
	return netip.PrefixFrom(ip.WithZone(""), 64).Masked().String()
}
