package socketio

import (
	"log/slog"
	"net/http"
	"time"

	"gifchat/socketio/engineio"
)

// Config configures a Server. The zero value uses the defaults.
type Config struct {
	// Identify is called once for each connection, before the server stores
	// anything for it. Its result is Handshake.Identity. An error refuses the
	// client with 403 and {"code":4,"message":"Forbidden"}.
	Identify func(*http.Request) (any, error)

	// SameClient reports whether a later request of a connection comes from the
	// client with this Handshake.Identity. If not, the answer is the same as for
	// an unknown sid. It is called for every poll, so it must be fast. Default:
	// always true, because the sid is a secret of the client.
	SameClient func(identity any, r *http.Request) bool

	// Origins are the foreign origins whose pages can connect and send cookies, such
	// as "https://app.example.org" or "http://localhost:3000", without a slash at the
	// end. "*" allows pages of all other origins without cookies. NewServer panics if
	// an entry is malformed; see engineio.Config. Default: pages of foreign origins
	// cannot connect.
	Origins []string

	// AllowOrigin decides about foreign origins that Origins does not list. It reports
	// whether their pages can connect, and whether they can send cookies. The server
	// removes cookies that a page cannot send. Default: no further origin is allowed.
	AllowOrigin func(r *http.Request, origin string) (allow, credentials bool)

	// AllowedHeaders are the request headers that pages of an allowed foreign
	// origin can set, for example "Authorization". Default: all headers that the
	// browser requests, within limits.
	AllowedHeaders []string

	// AllowConnection is called once for each connection, before Identify. If it
	// returns false the client is refused with 503, {"code":3,"message":"Too many
	// connections"}, and a Retry-After. It must be fast. Default: always true.
	AllowConnection func(*http.Request) (retryAfter time.Duration, ok bool)

	// ConnOptions is called once for each connection, after Identify and with its
	// result. It chooses the transports that the client can use, and can filter the
	// messages of the connection. It must be fast. Default: all transports, no filter.
	ConnOptions func(r *http.Request, identity any) engineio.ConnOptions

	// Secure is true if clients connect over TLS, to this server or to a proxy in
	// front of it. Then a page of this host that was loaded without TLS has a
	// foreign origin.
	Secure bool

	// ClientAddress returns the client's address. Default: the peer address of the
	// TCP connection.
	ClientAddress func(*http.Request) string

	// RefuseOldClients refuses clients of Socket.IO 1.x and 2.x with error code 5,
	// "Unsupported protocol version".
	RefuseOldClients bool

	// Adapter is called once for each namespace and returns the adapter that
	// connects it to the same namespace on other servers. It must not call the
	// server's Of or Lookup for that namespace. NewServer calls it for "/".
	// Default: the server works alone.
	Adapter func(*Namespace) Adapter

	// Recovery is called once for each namespace, with its name, and returns how
	// its clients can resume after they lost their connection. It must not use
	// the server. Default: they cannot resume.
	Recovery func(namespace string) Recovery

	// EncodeError returns the acknowledgement of an event that a handler or
	// middleware refused with an error. It is called for every refused event, also
	// without an acknowledgement, so that it can log the error, emit an event, or
	// acknowledge the event itself. Default: see Event.Refuse.
	EncodeError func(e *Event, err error) any

	// Observer sees connections, refusals, sockets, events, recoveries and
	// panics. Default: nothing is observed.
	Observer Observer

	// CloseOver is the time over which Close and http.Server.Shutdown spread the end
	// of the connections, so that 10,000 clients do not reconnect at the same moment.
	// A client works as before until its connection is closed. The contexts passed to
	// Close and Shutdown must last longer than CloseOver. Default: all connections are
	// closed together.
	CloseOver time.Duration

	// HandlerGrace is how long Close and http.Server.Shutdown let handlers run before
	// they end the contexts of the sockets, with ReasonServerShutdown. Handlers that
	// return within the same time after that can still send to their clients. Then the
	// connections are closed. Default: 1 s.
	HandlerGrace time.Duration

	Log *slog.Logger // default: discarded

	PingInterval   time.Duration // default 25 s
	PingTimeout    time.Duration // default 20 s
	UpgradeTimeout time.Duration // between the probe of a WebSocket and its upgrade; default 10 s
	ConnectTimeout time.Duration // until a client has connected to its first namespace; default 45 s

	Limits Limits
}

// Limits bounds the resources that clients can use, in addition to
// engineio.Limits. Zero selects the default.
type Limits struct {
	MaxAttachments       int // of one packet; default 10, like the reference parser
	MaxNamespaces        int // that one client is connected to; default 32
	MaxConnects          int // CONNECT packets from one client per minute; default 300
	MaxNamespaceName     int // bytes; default 256
	MaxDynamicNamespaces int // created by clients, of the whole server; default 1,000
	MaxPacketBytes       int // one packet with its attachments; default 4 MiB
	MaxInbox             int // packets from one client that wait for a handler; then the client is not read from; default 64
	MaxInboxBytes        int // of those packets; a larger packet can wait alone; default 1 MiB

	AttachmentTimeout time.Duration // how long a client can send attachments below Engine.MinRate; default 10 s

	Engine engineio.Limits
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 45 * time.Second
	}
	if c.HandlerGrace == 0 {
		c.HandlerGrace = time.Second
	}
	for limit, value := range map[*int]int{
		&c.Limits.MaxAttachments:       10,
		&c.Limits.MaxNamespaces:        32,
		&c.Limits.MaxConnects:          300,
		&c.Limits.MaxNamespaceName:     256,
		&c.Limits.MaxDynamicNamespaces: 1000,
		&c.Limits.MaxPacketBytes:       4 << 20,
		&c.Limits.MaxInbox:             64,
		&c.Limits.MaxInboxBytes:        1 << 20,
	} {
		if *limit == 0 {
			*limit = value
		}
	}
	if c.Limits.AttachmentTimeout == 0 {
		c.Limits.AttachmentTimeout = 10 * time.Second
	}
	return c
}
