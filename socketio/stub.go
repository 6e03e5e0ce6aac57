// Package socketio: STUB of the public API, being replaced by the real one.
package socketio

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

type SocketID string
type Reason string

type Config struct {
	Log *slog.Logger
	// Identify is called once for each Engine.IO handshake, before anything
	// is kept. What it returns is Handshake.Identity; an error refuses with
	// 403 {"code":4,"message":"Forbidden"}.
	Identify func(r *http.Request) (any, error)
	// AllowOrigin tells whether a foreign Origin may connect, and whether with credentials.
	// nil: none but the server's own.
	AllowOrigin                               func(r *http.Request, origin string) (allow, credentials bool)
	ClientAddress                             func(r *http.Request) string // nil: the socket's own address
	PingInterval, PingTimeout, ConnectTimeout time.Duration
	MaxPayload                                int
}

func NewServer(cfg Config) *Server { panic("stub") }

type Server struct{}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {}
func (s *Server) Of(name string) *Namespace                        { panic("stub") }

// Close closes every connection so that stock clients reconnect by themselves.
func (s *Server) Close(ctx context.Context) error { panic("stub") }

type Namespace struct{}

func (n *Namespace) Name() string { panic("stub") }

// Use adds a middleware; an error refuses the socket with CONNECT_ERROR. *ConnectError chooses message and data.
func (n *Namespace) Use(fn func(*Socket) error)            { panic("stub") }
func (n *Namespace) OnConnect(fn func(*Socket))            { panic("stub") }
func (n *Namespace) OnDisconnect(fn func(*Socket, Reason)) { panic("stub") }

// On sets the handler of an event for all sockets of the namespace. Handlers of one client run one at a time, in order.
func (n *Namespace) On(event string, fn func(*Event))     { panic("stub") }
func (n *Namespace) Emit(event string, args ...any) error { panic("stub") }
func (n *Namespace) To(rooms ...string) Broadcast         { panic("stub") }
func (n *Namespace) Except(rooms ...string) Broadcast     { panic("stub") }
func (n *Namespace) Volatile() Broadcast                  { panic("stub") }
func (n *Namespace) Socket(id SocketID) (*Socket, bool)   { panic("stub") }
func (n *Namespace) Sockets() []*Socket                   { panic("stub") }

// Count returns how many sockets are connected to the namespace.
func (n *Namespace) Count() int { panic("stub") }

// Broadcast is an emit to a set of rooms minus exceptions. It is a value: each method returns a changed copy.
type Broadcast struct{}

func (b Broadcast) To(rooms ...string) Broadcast         { panic("stub") }
func (b Broadcast) Except(rooms ...string) Broadcast     { panic("stub") }
func (b Broadcast) Volatile() Broadcast                  { panic("stub") }
func (b Broadcast) Local() Broadcast                     { panic("stub") }
func (b Broadcast) Emit(event string, args ...any) error { panic("stub") }
func (b Broadcast) EmitWithAck(ctx context.Context, event string, args ...any) ([]Args, error) {
	panic("stub")
}

type Socket struct{}

func (s *Socket) ID() SocketID                         { panic("stub") }
func (s *Socket) Handshake() *Handshake                { panic("stub") }
func (s *Socket) Rooms() []string                      { panic("stub") }
func (s *Socket) Join(rooms ...string)                 { panic("stub") }
func (s *Socket) Leave(rooms ...string)                { panic("stub") }
func (s *Socket) Emit(event string, args ...any) error { panic("stub") }

// EmitWithAck waits for the client's answer or for ctx.
func (s *Socket) EmitWithAck(ctx context.Context, event string, args ...any) (Args, error) {
	panic("stub")
}

// To reaches everyone in the rooms but this socket.
func (s *Socket) To(rooms ...string) Broadcast { panic("stub") }

// Broadcast reaches everyone in the namespace but this socket.
func (s *Socket) Broadcast() Broadcast { panic("stub") }

// Disconnect leaves the namespace with a DISCONNECT packet; stock clients do not come back by themselves.
func (s *Socket) Disconnect()                      { panic("stub") }
func (s *Socket) On(event string, fn func(*Event)) { panic("stub") }

// Data and SetData keep the application's own state of this socket.
func (s *Socket) Data() any     { panic("stub") }
func (s *Socket) SetData(v any) { panic("stub") }

// Event is one event a client sent.
type Event struct {
	Socket *Socket
	Name   string
	Args   Args
}

// Bind decodes the arguments into ptrs, in order, as encoding/json does. Fewer arguments than ptrs is an error.
func (e *Event) Bind(ptrs ...any) error { panic("stub") }

// WantsAck tells whether the client waits for an answer.
func (e *Event) WantsAck() bool { panic("stub") }

// Ack answers; without WantsAck it does nothing; a second call is an error.
func (e *Event) Ack(args ...any) error { panic("stub") }

// Args are arguments as they came. A Value may be handed to Emit again, binary parts included.
type Args []Value

func (a Args) Bind(ptrs ...any) error { panic("stub") }

// Any returns the arguments for passing on: s.Broadcast().Emit("reply", append(e.Args.Any(), s.ID())...)
func (a Args) Any() []any { panic("stub") }

type Value struct{}

func (v Value) Bind(ptr any) error { panic("stub") }
func (v Value) IsString() bool     { panic("stub") }

// Binary is bytes that travel as a binary attachment wherever it stands in an argument.
type Binary []byte

// Handshake is what a client brought when it connected.
type Handshake struct {
	Header   http.Header
	Query    url.Values
	Address  string
	Secure   bool
	Time     time.Time
	Auth     Value // the CONNECT packet's payload
	Identity any   // what Config.Identify returned
}

// ConnectError lets middleware choose what CONNECT_ERROR carries.
type ConnectError struct {
	Message string
	Data    any
}

func (e *ConnectError) Error() string { return e.Message }
