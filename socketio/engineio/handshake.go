package engineio

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// sessionID is the secret session id (sid) of a connection. A client that has it can send
// and receive on the connection, so it is never logged.
type sessionID string

// newSID returns 120 random bits in 20 characters, the length that clients expect.
func newSID() sessionID {
	var b [15]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return sessionID(base64.RawURLEncoding.EncodeToString(b[:]))
}

// Handshake is the first request of a client.
type Handshake struct {
	// URL is the path and the query of the request, such as
	// "/socket.io/?EIO=4&transport=polling&room=7". Query returns the parsed query.
	URL string

	Host    string      // the Host header, such as "app.example.org:8443"
	Header  http.Header // without credentials that the page may not send, see Config.AllowOrigin
	Address string      // see Config.Address
	Secure  bool        // the request came over TLS
	Time    time.Time   // when the server received the request

	number uint64 // see Conn.Number; here, because the allocator has room for it
}

func newHandshake(r *http.Request, address string) *Handshake {
	return &Handshake{
		URL:     requestURL(r),
		Host:    r.Host,
		Header:  r.Header,
		Address: address,
		Secure:  r.TLS != nil,
		Time:    time.Now(),
	}
}

// requestURL returns the path and the query of a request as the client sent them. If
// another handler has changed the query, the changed URL counts, because it is the one
// that the server reads.
func requestURL(r *http.Request) string {
	_, query, _ := strings.Cut(r.RequestURI, "?")
	if strings.HasPrefix(r.RequestURI, "/") && query == r.URL.RawQuery {
		return r.RequestURI // r.URL.RawQuery is a part of the same string
	}
	return r.URL.RequestURI()
}

// Query returns the parsed query of URL. Malformed pairs are left out. Each call parses
// again: a stored url.Values was a tenth of the memory of an idle connection.
func (h *Handshake) Query() url.Values {
	_, query, _ := strings.Cut(h.URL, "?")
	values, _ := url.ParseQuery(query) // malformed pairs are left out
	return values
}

// openPacket is the data of the open packet (section "Handshake").
type openPacket struct {
	SID          sessionID `json:"sid"`
	Upgrades     []string  `json:"upgrades"`
	PingInterval int64     `json:"pingInterval"` // milliseconds
	PingTimeout  int64     `json:"pingTimeout"`  // milliseconds
	MaxPayload   int       `json:"maxPayload"`
}

func (s *Server) openPacket(sid sessionID, upgrades ...string) *Prepared {
	if upgrades == nil {
		upgrades = []string{} // stock clients read its length, and null makes them throw
	}
	body, err := json.Marshal(openPacket{
		SID:          sid,
		Upgrades:     upgrades,
		PingInterval: s.cfg.PingInterval.Milliseconds(),
		PingTimeout:  s.cfg.PingTimeout.Milliseconds(),
		MaxPayload:   s.cfg.Limits.MaxPayload,
	})
	if err != nil {
		panic(err) // unreachable: strings and integers always encode
	}
	return prepareControl(PacketOpen, string(body))
}

// requestError is an error response. Code and Message are those of the reference
// server, which clients evaluate.
type requestError struct {
	status     int
	Code       int           `json:"code"`
	Message    string        `json:"message"`
	retryAfter time.Duration // for status 503; Retry-After is at least one second
	reason     string        // for Refusal; "" if the message is the reason
	cause      error         // for Refusal
}

func (e *requestError) Error() string { return e.Message }

var (
	errUnknownTransport = &requestError{status: http.StatusBadRequest, Code: 0, Message: "Transport unknown"}
	errUnknownSID       = &requestError{status: http.StatusBadRequest, Code: 1, Message: "Session ID unknown"}
	errHandshakeMethod  = &requestError{status: http.StatusBadRequest, Code: 2, Message: "Bad handshake method"}
	errBadRequest       = &requestError{status: http.StatusBadRequest, Code: 3, Message: "Bad request"}
	errForbidden        = &requestError{status: http.StatusForbidden, Code: 4, Message: "Forbidden"}
	errProtocolVersion  = &requestError{status: http.StatusBadRequest, Code: 5, Message: "Unsupported protocol version"}
	errTooLarge         = &requestError{status: http.StatusRequestEntityTooLarge, Code: 3, Message: "Payload too large"}
	errTooManyConns     = &requestError{status: http.StatusServiceUnavailable, Code: 3, Message: "Too many connections"}
	errClosing          = &requestError{status: http.StatusServiceUnavailable, Code: 3, Message: "Server is shutting down"}
)

func (e *requestError) write(w http.ResponseWriter) {
	body, err := json.Marshal(e)
	if err != nil {
		panic(err) // unreachable: an integer and a string always encode
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if e.status == http.StatusServiceUnavailable {
		seconds := math.Ceil(e.retryAfter.Seconds())
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(seconds))))
	}
	w.WriteHeader(e.status)
	_, _ = w.Write(body) // an error means that the client has disconnected
}
