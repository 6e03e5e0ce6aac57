package sockettest

import (
	"maps"
	"net/http"
	"net/url"
	"time"
)

// defaultTimeout is long enough for a busy machine.
const defaultTimeout = 10 * time.Second

// Option configures a client. See Dial.
type Option func(*settings)

// settings are what a client connects with.
type settings struct {
	path    string
	query   url.Values
	header  http.Header
	address string
	auth    any // nil without a payload
	timeout time.Duration
}

func newSettings(options []Option) settings {
	s := settings{
		path:    "/socket.io/",
		query:   url.Values{"EIO": {"4"}, "transport": {"websocket"}},
		header:  http.Header{},
		address: "192.0.2.1:1234",
		timeout: defaultTimeout,
	}
	return s.with(options)
}

// with returns a copy of s that the options have changed.
func (s settings) with(options []Option) settings {
	s.header, s.query = maps.Clone(s.header), maps.Clone(s.query)
	for _, option := range options {
		option(&s)
	}
	return s
}

// Auth sets the payload of CONNECT, Handshake.Auth on the server: a struct or a
// map that encoding/json encodes as an object. Default: no payload.
func Auth(payload any) Option { return func(s *settings) { s.auth = payload } }

// Header sets a header of the handshake request, for example Cookie, Origin or
// Host.
func Header(name, value string) Option { return func(s *settings) { s.header.Set(name, value) } }

// Query sets a parameter in the query of the handshake request.
func Query(name, value string) Option { return func(s *settings) { s.query.Set(name, value) } }

// Path sets the path of the handshake request. Default: "/socket.io/".
func Path(path string) Option { return func(s *settings) { s.path = path } }

// Address sets the address that the client connects from, with a port. Default:
// "192.0.2.1:1234".
func Address(hostPort string) Option { return func(s *settings) { s.address = hostPort } }

// Timeout sets how long each method waits before it ends the test. Default: 10
// seconds.
func Timeout(d time.Duration) Option { return func(s *settings) { s.timeout = d } }
