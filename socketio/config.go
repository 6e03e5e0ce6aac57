package socketio

import (
	"log/slog"
	"net/http"
	"time"

	"gifchat/socketio/engineio"
)

// Config is what a Server is made from. The zero value means the defaults.
type Config struct {
	// Identify is called once for each connection, before anything is kept.
	// What it returns is Handshake.Identity; an error refuses the client with
	// 403 and {"code":4,"message":"Forbidden"}.
	Identify func(*http.Request) (any, error)

	// SameClient tells whether a further request of a connection comes from the
	// client whose Handshake.Identity is given; if not, it is answered as if there
	// were no such connection. It must be quick: every poll asks. Default: who
	// knows the sid, which is a secret, is the client.
	SameClient func(identity any, r *http.Request) bool

	// AllowOrigin tells whether a page of a foreign origin may connect, and
	// whether it may bring cookies. Default: none may.
	AllowOrigin func(r *http.Request, origin string) (allow, credentials bool)

	// AllowedHeaders are the request headers that pages of an allowed foreign
	// origin may set, for example "Authorization". Default: all that the browser
	// asks for, within limits.
	AllowedHeaders []string

	// AllowConnection is called once for each connection, before Identify. If it
	// returns false the client is refused with 503, {"code":3,"message":"Too many
	// connections"}, and a Retry-After. It must be quick. Default: all are welcome.
	AllowConnection func(*http.Request) (retryAfter time.Duration, ok bool)

	// Secure says that clients come over TLS, here or at a proxy in front: then a
	// page of this host that was loaded without is of a foreign origin.
	Secure bool

	// ClientAddress returns the client's address. Default: the socket's peer.
	ClientAddress func(*http.Request) string

	// RefuseOldClients answers clients of Socket.IO 1.x and 2.x with the numbered
	// error 5, "Unsupported protocol version".
	RefuseOldClients bool

	// Carrier moves the packets of those clients. Default: the engine itself.
	Carrier engineio.Carrier

	// Adapter is called once for each namespace. What it returns connects the
	// namespace to those of other servers. It must not ask the server for the
	// namespace it is given; for "/" it is called by NewServer. Default: the
	// server is alone.
	Adapter func(*Namespace) Adapter

	// Recovery is called once for each namespace, with its name, and tells how
	// clients of it can go on after they have lost their connection. It must not
	// use the server. Default: they cannot.
	Recovery func(namespace string) Recovery

	// AfterBurst is called when many clients have come or gone and it is quiet
	// again: a good moment for debug.FreeOSMemory. Default: nothing.
	AfterBurst func()

	Log *slog.Logger // default: discarded

	PingInterval   time.Duration // default 25 s
	PingTimeout    time.Duration // default 20 s
	UpgradeTimeout time.Duration // for a WebSocket's probe to become an upgrade; default 10 s
	ConnectTimeout time.Duration // for a client to connect to its first namespace; default 45 s

	Limits Limits
}

// Limits bounds what clients can cost, beyond engineio.Limits. Zero means the
// default.
type Limits struct {
	MaxAttachments       int // of one packet; default 10, as the reference parser has it
	MaxNamespaces        int // one client may be connected to; default 32
	MaxConnects          int // CONNECT packets of one client in a minute; default 300
	MaxNamespaceName     int // bytes; default 256
	MaxDynamicNamespaces int // of the whole server, made by clients; default 1,000
	MaxPacketBytes       int // of one packet with its attachments; default 4 MiB
	MaxInbox             int // packets of one client that wait for a handler; then its reading stops; default 64
	MaxInboxBytes        int // of those packets; one larger may wait alone; default 1 MiB

	AttachmentTimeout time.Duration // without progress in sending the attachments of a packet, see Engine.MinRate; default 10 s

	Engine engineio.Limits
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 45 * time.Second
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
