package socketio

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"

	"gifchat/socketio/engineio"
)

// SocketID is the public id of a socket. It does not reveal the secret sid of
// the connection, so other clients can see it.
type SocketID string

// socketIDLen is the length of a SocketID.
const socketIDLen = 20

func newSocketID() SocketID {
	var b [15]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return SocketID(base64.RawURLEncoding.EncodeToString(b[:]))
}

// Handshake is the data that a client connected with: URL, Host, Header, Address,
// Secure, Time and Query() of its first request, and Auth of the namespace. It must
// not be changed.
type Handshake struct {
	*engineio.Handshake
	Auth     Value // the payload of the CONNECT packet; zero without a payload
	Identity any   // the result of Config.Identify
}

// connectErrorPayload is the payload of a CONNECT_ERROR packet (section
// "Connection to a namespace").
type connectErrorPayload struct {
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data,omitempty"`
}

// connectErrorPayload returns the payload of the CONNECT_ERROR packet. In the old protocol
// revision it is a single value: the data, or the message without data.
func (e *Error) connectErrorPayload(old bool) any {
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

// Reason is the cause of a disconnect. The values are those of the reference
// server.
type Reason string

// The reasons. Those of the transport come from package engineio.
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
	ReasonTooSlow                 = Reason(engineio.ReasonTooSlow) // the reference server does not have this reason
)
