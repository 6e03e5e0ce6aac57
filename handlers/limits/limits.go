// Package limits has the rate limits of visitors, addresses and rooms, and counts
// their use in a ratelimit.Table.
package limits

import (
	"cmp"
	"net/http"
	"time"

	"gifchat/handlers/origin"
	"gifchat/ratelimit"
	"gifchat/rooms"
)

// Rates are the rates of the settings. A whole class may share one address, so an
// address may do many times what one visitor may. A zero Rate stands for that of
// Default.
type Rates struct {
	Visitor ratelimit.Rate // messages and other events of one visitor, over all its connections; 30+10/s
	Address ratelimit.Rate // of all visitors from one address; 1000+200/s
	Room    ratelimit.Rate // messages in one room, and as many from its reserve (see Limiter.Post); 400+100/s

	CreateVisitor  ratelimit.Rate // rooms made by one visitor; 30+1/s
	CreateAddress  ratelimit.Rate // and from one address; 100+1/s
	SessionAddress ratelimit.Rate // new sessions from one address; each is a row for a month; 300+10/s

	Connect        ratelimit.Rate // new Socket.IO connections of the whole server; 5000+1000/s
	ConnectAddress ratelimit.Rate // and from one address; 2000+100/s
}

// Default has the rates that stand for zero rates.
var Default = Rates{
	Visitor:        ratelimit.Rate{Burst: 30, Each: time.Second / 10},
	Address:        ratelimit.Rate{Burst: 1000, Each: time.Second / 200},
	Room:           ratelimit.Rate{Burst: 400, Each: time.Second / 100},
	CreateVisitor:  ratelimit.Rate{Burst: 30, Each: time.Second},
	CreateAddress:  ratelimit.Rate{Burst: 100, Each: time.Second},
	SessionAddress: ratelimit.Rate{Burst: 300, Each: time.Second / 10},
	Connect:        ratelimit.Rate{Burst: 5000, Each: time.Second / 1000},
	ConnectAddress: ratelimit.Rate{Burst: 2000, Each: time.Second / 100},
}

func (r Rates) withDefaults() Rates {
	return Rates{
		Visitor: cmp.Or(r.Visitor, Default.Visitor), Address: cmp.Or(r.Address, Default.Address), Room: cmp.Or(r.Room, Default.Room),
		CreateVisitor:  cmp.Or(r.CreateVisitor, Default.CreateVisitor),
		CreateAddress:  cmp.Or(r.CreateAddress, Default.CreateAddress),
		SessionAddress: cmp.Or(r.SessionAddress, Default.SessionAddress),
		Connect:        cmp.Or(r.Connect, Default.Connect),
		ConnectAddress: cmp.Or(r.ConnectAddress, Default.ConnectAddress),
	}
}

// The purposes of the buckets.
const (
	forVisitor ratelimit.Purpose = iota
	forAddress
	forRoom
	forCreateVisitor
	forCreateAddress
	forSessionAddress
	forConnect
	forConnectAddress
	forCalmPace // events of a visitor, see paces
	forBriskPace
	forReserve     // messages beyond a room's rate
	forPresent     // those of one person
	forRoomAddress // those of one address
	forLeaving     // departures of one person
	forDepartures  // departures from a room
)

// The sizes of the tables: 4 MiB for visitors, addresses and rooms, 2 MiB for
// connections.
const (
	visitorBuckets = 1 << 18
	connectBuckets = 1 << 17
)

// Limiter enforces Rates for visitors, addresses and rooms.
type Limiter struct {
	rates Rates
	table *ratelimit.Table
}

// New returns a limiter with full buckets.
func New(r Rates) *Limiter {
	return &Limiter{rates: r.withDefaults(), table: ratelimit.NewTable(visitorBuckets)}
}

// take takes all costs or none. It returns a *ratelimit.ExceededError if a bucket
// is empty.
func (l *Limiter) take(costs ...ratelimit.Cost) error {
	if wait := l.table.Take(costs...); wait > 0 {
		return &ratelimit.ExceededError{RetryAfter: wait}
	}
	return nil
}

// paces are the paces of people at pages: of a person who reads and answers, and of
// a busy one. The bursts are small, since each new session starts with full buckets.
var paces = [...]struct {
	purpose ratelimit.Purpose
	rate    ratelimit.Rate
}{
	{forCalmPace, ratelimit.Rate{Burst: 2, Each: time.Second}},
	{forBriskPace, ratelimit.Rate{Burst: 4, Each: time.Second / 4}},
}

// Act charges an action to the visitor and its address. The last quarter of an
// address's burst is reserved for visitors within the brisk pace, the last eighth
// for those within the calm pace: one flooding program does not silence the other
// visitors behind the same router.
func (l *Limiter) Act(v rooms.Visitor) error {
	address := ratelimit.Cost{Key: ratelimit.Key{Purpose: forAddress, Name: v.Source}, Rate: l.rates.Address}
	for _, pace := range paces {
		if l.table.Take(ratelimit.Cost{Key: ratelimit.Key{Purpose: pace.purpose, Name: string(v.Session)}, Rate: pace.rate}) > 0 {
			address.Keep += address.Rate.Burst / 8
		}
	}
	return l.take(ratelimit.Cost{Key: ratelimit.Key{Purpose: forVisitor, Name: string(v.Session)}, Rate: l.rates.Visitor}, address)
}

// CreateRoom charges a new room, or the hash of a room's new password.
func (l *Limiter) CreateRoom(v rooms.Visitor) error {
	return l.take(
		ratelimit.Cost{Key: ratelimit.Key{Purpose: forCreateVisitor, Name: string(v.Session)}, Rate: l.rates.CreateVisitor},
		ratelimit.Cost{Key: ratelimit.Key{Purpose: forCreateAddress, Name: v.Source}, Rate: l.rates.CreateAddress},
	)
}

// CreateSession charges a new session.
func (l *Limiter) CreateSession(source string) error {
	return l.take(ratelimit.Cost{Key: ratelimit.Key{Purpose: forSessionAddress, Name: source}, Rate: l.rates.SessionAddress})
}

// AllowConnection returns the limit of new connections, for socketio.Config. A
// connection that is refused for its address costs the other addresses nothing.
func AllowConnection(r Rates) func(*http.Request) (retryAfter time.Duration, ok bool) {
	rates, byAddress := r.withDefaults(), ratelimit.NewTable(connectBuckets)
	all := ratelimit.NewTable(1) // of its own: keys of addresses cannot evict its bucket
	connection := ratelimit.Cost{Key: ratelimit.Key{Purpose: forConnect}, Rate: rates.Connect}
	return func(r *http.Request) (time.Duration, bool) {
		address := ratelimit.Cost{Key: ratelimit.Key{Purpose: forConnectAddress, Name: origin.Source(r)}, Rate: rates.ConnectAddress}
		wait := byAddress.Take(address)
		if wait == 0 {
			if wait = all.Take(connection); wait > 0 {
				byAddress.Refund(address)
			}
		}
		return wait, wait == 0
	}
}
