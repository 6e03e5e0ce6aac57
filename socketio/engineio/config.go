package engineio

import (
	"log/slog"
	"net/http"
	"time"
)

// Config is what a Server is made from. The zero value of every field but
// Accept means its default.
type Config struct {
	// Accept is called once for each new connection, before its first packet,
	// and returns who hears it. It must not block. Required.
	Accept func(*Conn) Receiver

	// Identify is called once for each handshake, before anything is kept.
	// What it returns is Conn.Identity; an error refuses the client with the
	// numbered error 4, "Forbidden".
	Identify func(*http.Request) (any, error)

	// SameClient is called for each further request that names a connection, a
	// poll, a post or an upgrade, and tells whether it comes from the client
	// whose Conn.Identity is given. If not, the request is answered as if there
	// were no such connection, and the connection lives on. It must be quick.
	// Default: who knows the sid is the client.
	SameClient func(identity any, r *http.Request) bool

	// AllowOrigin tells whether a page of a foreign origin may connect, and
	// whether it may bring cookies. Default: none may. Requests without an
	// Origin header and those of the server's own origin never ask.
	AllowOrigin func(r *http.Request, origin string) (allow, credentials bool)

	// AllowedHeaders are the request headers that pages of an allowed foreign
	// origin may set, for example "Authorization". Default: all that the browser
	// asks for, at most 64 names of 2,048 bytes together.
	AllowedHeaders []string

	// AllowConnection is called once for each handshake, when the request is
	// well-formed and its origin allowed, before Identify and before anything is
	// kept. If it returns false the client is answered with 503, the numbered error
	// 3, "Too many connections", and a Retry-After of retryAfter in whole seconds,
	// at least one. It must be quick. Default: everybody is welcome.
	AllowConnection func(*http.Request) (retryAfter time.Duration, ok bool)

	// Secure says that clients come over TLS, here or at a proxy in front. Then a
	// page of the same host that was loaded without is a foreign one. Default: a
	// request that came over TLS itself counts as such.
	Secure bool

	// Address returns the client's address. Default: the peer of the socket.
	Address func(*http.Request) string

	// ASCII rewrites the text of a message without characters beyond ASCII and
	// without changing what it means to the layer above, if that can be done.
	// Clients of revision 3 without binary support need it: text they poll is
	// decoded twice by those of Socket.IO 1.x and once by those of 2.x, and
	// nothing tells them apart. Default: text is sent as it is.
	ASCII func(text []byte) []byte

	// RefuseRevision3 answers clients of Engine.IO revision 3, which are those
	// of Socket.IO 1.x and 2.x, with the numbered error 5.
	RefuseRevision3 bool

	// Carrier moves the packets of clients of revision 3. Default: they are
	// served here, as those of revision 4 are.
	Carrier Carrier

	// AfterBurst is called when many connections have come or gone and it is
	// quiet again: a good moment for debug.FreeOSMemory. Default: nothing.
	AfterBurst func()

	Log *slog.Logger // default: discarded

	PingInterval   time.Duration // between a pong and the next ping; default 25 s
	PingTimeout    time.Duration // a client that does not answer a ping for so long is gone; default 20 s
	UpgradeTimeout time.Duration // for a probe to become an upgrade, without a POST or a poll's answer in progress; default 10 s

	Limits Limits
}

// Limits bounds what clients can cost. Zero means the default.
//
// A client is slow when it makes no progress, not when the program is quick: what is
// sent in a burst waits for it, up to MaxQueueBytes. Progress is a byte that the
// client's TCP has taken, where the operating system tells (Linux), and else a byte
// that the socket has taken.
type Limits struct {
	MaxPayload    int // bytes of a polling body and of a WebSocket message, both from the client; default 1,000,000
	MaxFragments  int // frames of one WebSocket message; default 4,096
	MaxQueueBytes int // waiting for one client, each packet with 64 bytes more; one larger packet may wait alone; default 2 MiB
	MaxBacklog    int // bytes waiting for all clients that can take nothing now; those of a broadcast count once; default 64 MiB
	MaxControls   int // heartbeats, noops and WebSocket pings of a client in a PingInterval; default 1,000

	// StallTimeout is how long a client for which something waits, or which is in the
	// middle of sending something, may make no progress. MinRate is what counts as
	// progress: so many bytes per second of StallTimeout, or all that there was.
	StallTimeout time.Duration // default 10 s
	MinRate      int           // default 1,024

	MaxConns        int // connections at once; further handshakes get 503; default 100,000
	MaxConnsPerAddr int // of them from one IPv4 address or one /64 of IPv6; default as many
}

func (c Config) withDefaults() Config {
	def(&c.PingInterval, 25*time.Second)
	def(&c.PingTimeout, 20*time.Second)
	def(&c.UpgradeTimeout, 10*time.Second)
	def(&c.Limits.MaxPayload, 1_000_000)
	def(&c.Limits.MaxFragments, 4096)
	def(&c.Limits.MaxQueueBytes, 2<<20)
	def(&c.Limits.MaxBacklog, 64<<20)
	def(&c.Limits.MaxControls, 1000)
	def(&c.Limits.StallTimeout, 10*time.Second)
	def(&c.Limits.MinRate, 1024)
	def(&c.Limits.MaxConns, 100_000)
	def(&c.Limits.MaxConnsPerAddr, c.Limits.MaxConns)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Identify == nil {
		c.Identify = func(*http.Request) (any, error) { return nil, nil }
	}
	if c.SameClient == nil {
		c.SameClient = func(any, *http.Request) bool { return true }
	}
	if c.AllowConnection == nil {
		c.AllowConnection = func(*http.Request) (time.Duration, bool) { return 0, true }
	}
	if c.AllowOrigin == nil {
		c.AllowOrigin = func(*http.Request, string) (bool, bool) { return false, false }
	}
	if c.ASCII == nil {
		c.ASCII = func(text []byte) []byte { return text }
	}
	if c.Address == nil {
		c.Address = func(r *http.Request) string { return r.RemoteAddr }
	}
	return c
}

func def[T int | time.Duration](v *T, d T) {
	if *v == 0 {
		*v = d
	}
}
