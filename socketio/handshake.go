package socketio

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"

	"gifchat/socketio/engineio"
)

// SocketID is the public name of a socket. It says nothing about the secret
// sid of the connection under it, so it may be shown to others.
type SocketID string

func newSocketID() SocketID {
	var b [15]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return SocketID(base64.RawURLEncoding.EncodeToString(b[:]))
}

// Handshake is what a client brought when it connected: Header, Query, Address,
// Secure and Time of its first request, and for the namespace Auth. It must not
// be changed.
type Handshake struct {
	*engineio.Handshake
	Auth     Value // the payload of the CONNECT packet; zero if there was none
	Identity any   // what Config.Identify returned
}

// ConnectError lets a middleware choose what the client is told, in the
// "message" and "data" of its connect_error.
type ConnectError struct {
	Message string
	Data    any // encoded as JSON; may be nil
}

func (e *ConnectError) Error() string { return e.Message }

// connectErrorPayload is the payload of a CONNECT_ERROR packet (section
// "Connection to a namespace").
type connectErrorPayload struct {
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data,omitempty"`
}

// payload is what the client is told. Old clients know one value only: the
// data if there is any, else the message.
func (e *ConnectError) payload(old bool) any {
	p := connectErrorPayload{Message: e.Message}
	if e.Data != nil {
		if data, err := json.Marshal(e.Data); err == nil {
			p.Data = data
		}
	}
	switch {
	case !old:
		return p
	case p.Data != nil:
		return p.Data
	default:
		return p.Message
	}
}

var (
	errInvalidNamespace  = &ConnectError{Message: "Invalid namespace"}
	errTooManyNamespaces = &ConnectError{Message: "Too many namespaces"}
	errInternal          = &ConnectError{Message: "Internal server error"}
	errDismissed         = &ConnectError{Message: "Disconnected by the server"}
)

// Reason tells why a socket was disconnected, in the words of the reference
// server.
type Reason string

// The reasons. Those of the transport are engineio's.
const (
	ReasonClientDisconnect Reason = "client namespace disconnect"
	ReasonServerDisconnect Reason = "server namespace disconnect"
	ReasonServerShutdown          = Reason(engineio.ReasonShutdown)
	ReasonTransportClose          = Reason(engineio.ReasonTransportClose)
	ReasonTransportError          = Reason(engineio.ReasonTransportError)
	ReasonPingTimeout             = Reason(engineio.ReasonPingTimeout)
	ReasonParseError              = Reason(engineio.ReasonParseError)
	ReasonTooLarge                = Reason(engineio.ReasonTooLarge)
	ReasonForcedClose             = Reason(engineio.ReasonForcedClose)
	ReasonTooSlow                 = Reason(engineio.ReasonTooSlow) // not a reason of the reference server
)
