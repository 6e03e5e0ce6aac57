package engineio

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// SID is the secret name of a connection: who knows it can speak as the
// client. It is never logged.
type SID string

// newSID returns 120 random bits, in the 20 characters that clients know.
func newSID() SID {
	var b [15]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return SID(base64.RawURLEncoding.EncodeToString(b[:]))
}

// Handshake is what a client brought with its first request.
type Handshake struct {
	Header   http.Header
	RawQuery string // see Query
	Address  string
	Secure   bool // the request came over TLS
	Time     time.Time
}

// Query returns the query of the request's URL. It is taken apart at each
// call: kept so, it was a tenth of what an idle connection costs.
func (h *Handshake) Query() url.Values {
	values, _ := url.ParseQuery(h.RawQuery) // what is malformed is left out
	return values
}

// openPacket is the body of the open packet (section "Handshake").
type openPacket struct {
	SID          SID      `json:"sid"`
	Upgrades     []string `json:"upgrades"`
	PingInterval int64    `json:"pingInterval"` // milliseconds
	PingTimeout  int64    `json:"pingTimeout"`  // milliseconds
	MaxPayload   int      `json:"maxPayload"`
}

func (s *Server) openPacket(sid SID, upgrades ...string) *Prepared {
	if upgrades == nil {
		upgrades = []string{} // stock clients read its length: null ends them
	}
	body, err := json.Marshal(openPacket{
		SID:          sid,
		Upgrades:     upgrades,
		PingInterval: s.cfg.PingInterval.Milliseconds(),
		PingTimeout:  s.cfg.PingTimeout.Milliseconds(),
		MaxPayload:   s.cfg.Limits.MaxPayload,
	})
	if err != nil {
		panic(err) // strings and integers only
	}
	return prepareControl(PacketOpen, string(body))
}

// handshakeError is a refusal with the number and words that clients of the
// reference server know.
type handshakeError struct {
	status  int
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (e *handshakeError) Error() string { return e.Message }

var (
	errUnknownTransport = &handshakeError{http.StatusBadRequest, 0, "Transport unknown"}
	errUnknownSID       = &handshakeError{http.StatusBadRequest, 1, "Session ID unknown"}
	errHandshakeMethod  = &handshakeError{http.StatusBadRequest, 2, "Bad handshake method"}
	errBadRequest       = &handshakeError{http.StatusBadRequest, 3, "Bad request"}
	errForbidden        = &handshakeError{http.StatusForbidden, 4, "Forbidden"}
	errProtocolVersion  = &handshakeError{http.StatusBadRequest, 5, "Unsupported protocol version"}
	errTooLarge         = &handshakeError{http.StatusRequestEntityTooLarge, 3, "Payload too large"}
	errTooManyConns     = &handshakeError{http.StatusServiceUnavailable, 3, "Too many connections"}
	errClosing          = &handshakeError{http.StatusServiceUnavailable, 3, "Server is shutting down"}
)

func (e *handshakeError) write(w http.ResponseWriter) {
	body, err := json.Marshal(e)
	if err != nil {
		panic(err) // an integer and a string
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if e.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	w.WriteHeader(e.status)
	_, _ = w.Write(body) // the client may have gone: nothing to be done about it
}
