package engineio

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"strconv"
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
	status     int
	Code       int           `json:"code"`
	Message    string        `json:"message"`
	retryAfter time.Duration // of status 503; at least a second is said
}

func (e *handshakeError) Error() string { return e.Message }

var (
	errUnknownTransport = &handshakeError{status: http.StatusBadRequest, Code: 0, Message: "Transport unknown"}
	errUnknownSID       = &handshakeError{status: http.StatusBadRequest, Code: 1, Message: "Session ID unknown"}
	errHandshakeMethod  = &handshakeError{status: http.StatusBadRequest, Code: 2, Message: "Bad handshake method"}
	errBadRequest       = &handshakeError{status: http.StatusBadRequest, Code: 3, Message: "Bad request"}
	errForbidden        = &handshakeError{status: http.StatusForbidden, Code: 4, Message: "Forbidden"}
	errProtocolVersion  = &handshakeError{status: http.StatusBadRequest, Code: 5, Message: "Unsupported protocol version"}
	errTooLarge         = &handshakeError{status: http.StatusRequestEntityTooLarge, Code: 3, Message: "Payload too large"}
	errTooManyConns     = &handshakeError{status: http.StatusServiceUnavailable, Code: 3, Message: "Too many connections"}
	errClosing          = &handshakeError{status: http.StatusServiceUnavailable, Code: 3, Message: "Server is shutting down"}
)

func (e *handshakeError) write(w http.ResponseWriter) {
	body, err := json.Marshal(e)
	if err != nil {
		panic(err) // an integer and a string
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if e.status == http.StatusServiceUnavailable {
		seconds := math.Ceil(e.retryAfter.Seconds())
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(seconds))))
	}
	w.WriteHeader(e.status)
	_, _ = w.Write(body) // the client may have gone: nothing to be done about it
}
