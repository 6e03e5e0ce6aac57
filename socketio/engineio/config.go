package engineio

import (
	"log/slog"
	"net/http"
	"time"
)

// Config configures a Server. Accept is required. The zero value of every
// other field selects its default.
type Config struct {
	// Accept is called once for each new connection, before its first packet.
	// It returns the Receiver of the connection. It must not block. Required.
	Accept func(*Conn) Receiver

	// Identify is called once for each handshake, before the server allocates
	// anything for the client. Its result is available as Conn.Identity. An error
	// rejects the client with the numbered error 4, "Forbidden". Default: the identity
	// is nil.
	Identify func(*http.Request) (any, error)

	// SameClient is called for each poll, post or upgrade request that names an
	// existing connection. It reports whether the request comes from the client
	// that has the given Conn.Identity. If it returns false, the request gets the
	// answer for an unknown sid, and the connection stays open. It must not block.
	// Default: every request with a valid sid is accepted.
	SameClient func(identity any, r *http.Request) bool

	// Origins are the foreign origins whose pages may connect and send cookies, such as
	// "https://app.example.org" or "http://localhost:3000". An entry is a scheme, a host
	// and a port, without a path or a slash at the end. Case does not matter, and the
	// default ports 443 (https) and 80 (http) may be left out. Another port is another
	// origin. The entry "*" allows pages of all other origins, also of "null", without
	// cookies. NewServer panics if an entry is malformed. Default: foreign origins are
	// rejected, and the server's own origin is allowed.
	Origins []string

	// AllowOrigin decides about foreign origins that Origins does not list. It reports
	// whether a page of the origin may connect, and whether it may send cookies. If it
	// rejects an origin, the entry "*" of Origins can still allow it. It is not called for
	// requests without an Origin header or from the server's own origin. Default: no
	// further origin is allowed.
	//
	// If a page may not send cookies, the server removes them from its requests before
	// Identify and all other functions: browsers send them with every WebSocket handshake.
	// For the same reason it removes the header Authorization from WebSocket handshakes. It
	// cannot remove a TLS client certificate: Identify must not trust http.Request.TLS of
	// such a page.
	AllowOrigin func(r *http.Request, origin string) (allow, credentials bool)

	// AllowedHeaders are the request headers that pages of an allowed foreign
	// origin may set, for example "Authorization". Default: all headers that the
	// browser requests, at most 64 names of 2,048 bytes together.
	AllowedHeaders []string

	// AllowConnection is called once for each handshake, after the checks of the
	// request and its origin and before Identify. If it returns false, the client
	// receives status 503, the numbered error 3, "Too many connections", and a
	// Retry-After header. The header is retryAfter in whole seconds, rounded up, at
	// least 1. AllowConnection must not block. Default: every client is allowed.
	AllowConnection func(*http.Request) (retryAfter time.Duration, ok bool)

	// ConnOptions returns the options of a new connection. It is called once for each
	// handshake, after Identify, with the result of Identify. It must not block.
	// Default: the zero ConnOptions.
	ConnOptions func(r *http.Request, identity any) ConnOptions

	// Secure declares that clients connect over TLS, to this server or to a proxy
	// in front of it. The http:// origin of the same host is then a foreign origin.
	// Default: each request that came over TLS counts as secure.
	Secure bool

	// Address returns the client's address. Default: http.Request.RemoteAddr.
	Address func(*http.Request) string

	// ASCII rewrites the text of a message so that it has only ASCII characters and
	// the same meaning for the layer above, where that is possible. It is used for
	// polling clients of revision 3 without binary support. Such clients of
	// Socket.IO 1.x decode polled text as UTF-8 twice, those of 2.x once, and the
	// server cannot distinguish them. Default: text is sent unchanged.
	ASCII func(text []byte) []byte

	// RefuseRevision3 rejects clients of Engine.IO revision 3 (Socket.IO 1.x and
	// 2.x) with the numbered error 5, "Unsupported protocol version". Default: they are
	// served.
	RefuseRevision3 bool

	// Observer has functions that see what happens to the connections. Default: nothing is
	// observed.
	Observer Observer

	// OnShutdown is called in its own goroutine after http.Server.Shutdown, with the
	// connections that were opened through that http.Server. It must end them, because
	// http.Server.Shutdown waits for their polls. Server.Close waits until it has
	// returned. Default: Conn.Shutdown is called for each.
	OnShutdown func([]*Conn)

	Log *slog.Logger // default: log records are discarded

	PingInterval   time.Duration // from a pong to the next ping; default 25 s
	PingTimeout    time.Duration // from a ping to its pong, before the connection closes; default 20 s
	UpgradeTimeout time.Duration // from the probing WebSocket's request to its upgrade packet, extended while a POST or a poll response is in progress; default 10 s

	Limits Limits
}

// Limits bounds the resources that clients can use. Zero selects the default.
//
// A client is slow when it makes no progress. A client that makes progress may
// have up to MaxQueueBytes queued. Progress means bytes that the client's TCP has
// acknowledged, where the operating system reports them (Linux). Elsewhere it
// means bytes that the local socket has accepted.
type Limits struct {
	MaxPayload    int // bytes of a polling body or WebSocket message from the client; default 1,000,000
	MaxFragments  int // frames per WebSocket message; default 4,096
	MaxQueueBytes int // bytes queued for one client, plus 64 per packet; one larger packet may be queued alone; default 2 MiB
	MaxBacklog    int // bytes queued for all clients that cannot receive at once; a broadcast counts once; default 64 MiB
	MaxControls   int // heartbeats, noops and WebSocket pings from one client per PingInterval; default 1,000

	// StallTimeout is how long a client may make no progress while data is queued
	// for it or while it sends a message. MinRate is the minimum that counts as
	// progress, in bytes per second averaged over StallTimeout. Transferring all
	// pending bytes is progress too.
	StallTimeout time.Duration // default 10 s
	MinRate      int           // default 1,024

	MaxConns        int // open connections; further handshakes receive status 503; default 100,000
	MaxConnsPerAddr int // open connections per IPv4 address or IPv6 /64; default MaxConns
}

func (c Config) withDefaults() Config {
	setDefault(&c.PingInterval, 25*time.Second)
	setDefault(&c.PingTimeout, 20*time.Second)
	setDefault(&c.UpgradeTimeout, 10*time.Second)
	setDefault(&c.Limits.MaxPayload, 1_000_000)
	setDefault(&c.Limits.MaxFragments, 4096)
	setDefault(&c.Limits.MaxQueueBytes, 2<<20)
	setDefault(&c.Limits.MaxBacklog, 64<<20)
	setDefault(&c.Limits.MaxControls, 1000)
	setDefault(&c.Limits.StallTimeout, 10*time.Second)
	setDefault(&c.Limits.MinRate, 1024)
	setDefault(&c.Limits.MaxConns, 100_000)
	setDefault(&c.Limits.MaxConnsPerAddr, c.Limits.MaxConns)
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
	if c.ConnOptions == nil {
		c.ConnOptions = func(*http.Request, any) ConnOptions { return ConnOptions{} }
	}
	if c.AllowOrigin == nil {
		c.AllowOrigin = func(*http.Request, string) (bool, bool) { return false, false }
	}
	if c.ASCII == nil {
		c.ASCII = func(text []byte) []byte { return text }
	}
	if c.OnShutdown == nil {
		c.OnShutdown = shutDownAll
	}
	if c.Address == nil {
		c.Address = func(r *http.Request) string { return r.RemoteAddr }
	}
	return c
}

func setDefault[T int | time.Duration](v *T, d T) {
	if *v == 0 {
		*v = d
	}
}
