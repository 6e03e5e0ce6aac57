package session

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"gifchat/handlers/origin"
	"gifchat/rooms"

	"github.com/gin-gonic/gin"
)

// TokenVisitor returns the visitor of a program that sends a room's token.
func TokenVisitor(token, source string) rooms.Visitor {
	v := rooms.TokenVisitor(token)
	v.Source = source
	return v
}

// visitorOf returns the visitor of a session.
func visitorOf(id, source string) rooms.Visitor {
	return rooms.Visitor{Session: chatSession(id), Color: colorOf(visitorPart(id)), Source: source}
}

// newVisitor returns a visitor without a session, for a connection without a
// cookie.
func newVisitor(source string) rooms.Visitor { return visitorOf(newID(), source) }

// chatSession returns the name under which the chat stores a visitor with rooms and
// messages. It is a hash, so that a reader of the database gets nobody's cookie.
func chatSession(id string) rooms.Session {
	sum := sha256.Sum256([]byte("visitor:" + visitorPart(id)))
	return rooms.Session(hex.EncodeToString(sum[:16]))
}

// bearer returns the token that a program sends instead of a cookie:
// https://www.rfc-editor.org/rfc/rfc6750#section-2.1
func bearer(c *gin.Context) (token string, ok bool) {
	scheme, token, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	return strings.TrimSpace(token), strings.EqualFold(scheme, "Bearer")
}

// Identity is the identity of a Socket.IO connection: what Identify returns.
type Identity struct {
	Visitor rooms.Visitor

	sessionID string // of the cookie at the handshake; empty without a cookie
	asOf      uint64 // the watcher's generation before the session was loaded
}

// HasSession reports whether the connection began with a session's cookie.
func (i Identity) HasSession() bool { return i.sessionID != "" }

// Identify returns the Identity of a Socket.IO connection, for socketio.Config. A
// connection without a cookie gets a visitor that lives as long as the connection,
// or as the socket that recovers from it: it may enter rooms by event. Identify
// saves nothing, so a handshake without a cookie costs no row. It fails if the store
// fails.
func (s *Sessions) Identify(r *http.Request) (any, error) {
	without := Identity{Visitor: newVisitor(origin.Source(r))}
	if !s.origins.HasCredentials(r) {
		return without, nil
	}
	if _, err := r.Cookie(s.cookieName); err != nil {
		return without, nil //nolint:nilerr // a visitor without a cookie
	}
	asOf := s.watcher.generation()
	found, err := s.find(r)
	if err != nil {
		return nil, err
	}
	if found == nil || found.values[sinceValue] == nil {
		return without, nil
	}
	return Identity{Visitor: visitorOf(found.id, without.Visitor.Source), sessionID: found.id, asOf: asOf}, nil
}

// SameClient reports whether a poll, a POST or an upgrade comes from the client for
// which Identify returned identity, for socketio.Config. A connection that began
// with a session belongs to that visitor, whatever the session's id is now: its sid
// is of no use to others. A connection that began without a session belongs to
// every client that knows its sid, since not every client keeps cookies. The
// signature of the cookie decides, without a query of the store.
func (s *Sessions) SameClient(identity any, r *http.Request) bool {
	began, ok := identity.(Identity)
	if !ok || !began.HasSession() {
		return true
	}
	id, ok := s.codec.claimed(r, s.cookieName)
	return ok && chatSession(id) == began.Visitor.Session
}

// ConnectionVisitor returns the visitor of a Socket.IO connection with the given
// identity. Without an Identity it returns a new visitor.
func ConnectionVisitor(identity any) rooms.Visitor {
	if i, ok := identity.(Identity); ok {
		return i.Visitor
	}
	return newVisitor("")
}

// ConnectionSession returns the session of the visitor to whom a Socket.IO connection
// with the given identity belongs, or "" for a connection that began without one.
func ConnectionSession(identity any) rooms.Session {
	if i, ok := identity.(Identity); ok && i.HasSession() {
		return i.Visitor.Session
	}
	return ""
}
