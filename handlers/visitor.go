package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"gifchat/rooms"

	"github.com/gin-contrib/sessions"
	"github.com/gin-gonic/gin"
)

// sinceValue is when the session was last saved, in Unix seconds.
const sinceValue = "since"

// keepVisitor gives the request its visitor. A new session is saved and its
// cookie sent, an old one once a day. An address gets a limited number of new
// sessions. While nothing can be stored, visitors with a session keep it, and
// new ones may read the pages of readOnlyRoutes.
func (h *Handler) keepVisitor(c *gin.Context) {
	if token, ok := bearer(c); ok {
		withValue(c, visitorKey, tokenVisitor(token, source(c.Request)))
		return
	}
	session := sessions.Default(c)
	if err, failed := session.Get(loadFailure{}).(error); failed {
		h.fail(c, errors.Join(rooms.ErrUnavailable, err))
		return
	}
	since, known := session.Get(sinceValue).(float64)
	from := source(c.Request)
	if !known {
		if err := h.budgets.begin(from); err != nil {
			h.fail(c, err)
			return
		}
	}
	if time.Since(time.Unix(int64(since), 0)) > sessionRefresh || session.Get(outdated{}) != nil {
		session.Set(sinceValue, time.Now().Unix())
		err := session.Save()
		switch {
		case err == nil:
		case known: // the next request tries again
			h.sayUnsaved(c, err)
		case readOnlyRoutes[c.FullPath()] && isRead(c.Request):
			h.sayUnsaved(c, err)
			withValue(c, readOnlyKey, describeReadOnly(err))
			return
		default:
			h.fail(c, unsavedError(err))
			return
		}
	}
	withValue(c, visitorKey, visitorOf(session.ID(), from))
}

// readOnlyRoutes are the pages that store nothing. A room's page is not among
// them: opening it makes a member.
var readOnlyRoutes = map[string]bool{"/": true, "/room": true, "/notice": true}

// describeReadOnly returns the key of the sentence for a visitor whose session
// cannot be stored.
func describeReadOnly(err error) string {
	if errors.Is(err, rooms.ErrStorageFull) {
		return "read.full"
	}
	return "read.unsaved"
}

// unsavedError is err as the table of problems knows it.
func unsavedError(err error) error {
	if errors.Is(err, rooms.ErrStorageFull) {
		return err
	}
	return errors.Join(rooms.ErrUnavailable, err)
}

func (h *Handler) sayUnsaved(c *gin.Context, err error) {
	if h.unsaved.pass(struct{}{}) {
		h.log.ErrorContext(c.Request.Context(), "session not saved: new visitors can only read", "err", err)
	}
}

func isRead(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// tokenRoutes are what a program with a room's token may ask for.
var tokenRoutes = map[string]bool{"/room/:id/chat": true, "/room/:id/gif": true, "/room/:id/messages": true}

// bearer returns the token that a program sends instead of a cookie:
// https://www.rfc-editor.org/rfc/rfc6750#section-2.1
func bearer(c *gin.Context) (token string, ok bool) {
	if !tokenRoutes[c.FullPath()] {
		return "", false
	}
	scheme, token, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	return strings.TrimSpace(token), strings.EqualFold(scheme, "Bearer")
}

// renew gives the visitor's session a new id, since it may do more from now on:
// whoever else knows the old one has no part in that. That it could not be done
// is no reason to take back what was.
func (h *Handler) renew(c *gin.Context) {
	session := sessions.Default(c)
	session.Set(renewal{}, true)
	session.Set(sinceValue, time.Now().Unix())
	if err := h.guests.renew(session.ID(), session.Save); err != nil {
		h.log.ErrorContext(c.Request.Context(), "session not renewed", "err", err)
	}
}

// loadVisitor lets Identify ask whose a Socket.IO request is. It saves nothing:
// a handshake without a cookie must not cost a row, and one that is refused not
// even a look.
func (h *Handler) loadVisitor(c *gin.Context) {
	withValue(c, identityKey, func() (any, error) { return h.identify(c) })
}

// identify tells whose a handshake is: a guest's, if the cookie names one.
func (h *Handler) identify(c *gin.Context) (any, error) {
	nobody := stranger{visitorOf(newSessionID(), source(c.Request))}
	origin := c.GetHeader("Origin")
	if origin != "" && !sameOrigin(c.Request, origin, h.cfg.Secure) && !listed(h.cfg.Origins, origin) {
		// A loopback page of another port is same-site, so its WebSocket
		// handshake carries our cookie although it may connect without
		// credentials only.
		return nobody, nil
	}
	if _, err := c.Cookie(h.cookieName()); err != nil {
		return nobody, nil //nolint:nilerr // no cookie: nobody we know
	}
	asOf := h.guests.generation()
	session := sessions.Default(c)
	if err, failed := session.Get(loadFailure{}).(error); failed {
		return nil, err
	}
	if session.Get(sinceValue) == nil {
		return nobody, nil
	}
	return guest{visitorOf(session.ID(), nobody.Source), session.ID(), asOf}, nil
}

// stranger is the visitor of a connection without a cookie, guest of one with:
// under which id the session was then, and as of which logout (see guests).
type (
	stranger struct{ rooms.Visitor }
	guest    struct {
		rooms.Visitor
		session string
		asOf    uint64
	}
)

// Identify tells whose a Socket.IO connection is; for socketio.Config. A
// connection without a cookie gets a session of its own that lives as long as
// the connection, or the socket that comes back to it: it may enter rooms by
// event.
func Identify(r *http.Request) (any, error) {
	if identify, ok := r.Context().Value(identityKey).(func() (any, error)); ok {
		return identify()
	}
	return stranger{visitorOf(newSessionID(), source(r))}, nil
}

// SameClient tells whether a poll, a post or an upgrade comes from whom Identify
// has met; for socketio.Config, with the secrets of Config. A connection that
// began with a session is that visitor's, whatever the session's id is now: its
// sid is of no use to others. One
// that began without is for who knows its sid, since not every client keeps
// cookies; nor does a cookie that came in the meantime matter to it. The store
// is not asked: that a cookie is ours can be seen without it.
func SameClient(secret []byte, old ...[]byte) func(identity any, r *http.Request) bool {
	cookies := &sessionStore{keys: slices.Concat([][]byte{secret}, old)}
	return func(identity any, r *http.Request) bool {
		whose, bound := identity.(guest)
		if !bound {
			return true
		}
		id, ok := cookies.claimed(r, secureName)
		if !ok {
			id, ok = cookies.claimed(r, cookieName)
		}
		return ok && chatSession(id) == whose.Session
	}
}

// ClientAddress returns the address a request came from, X-Forwarded-For of
// trusted proxies considered; for socketio.Config.
func ClientAddress(r *http.Request) string {
	if address, ok := r.Context().Value(addressKey).(string); ok && address != "" {
		return address
	}
	return peerAddress(r)
}

// rememberAddress leaves Gin's idea of the client's address for ClientAddress,
// where it is not the peer's.
func (h *Handler) rememberAddress(c *gin.Context) {
	if address := c.ClientIP(); address != peerAddress(c.Request) {
		withValue(c, addressKey, address)
	}
}

// tokenVisitor tells who a token of a room is to the chat, and from which source.
func tokenVisitor(token, source string) rooms.Visitor {
	v := rooms.TokenVisitor(token)
	v.Source = source
	return v
}

// visitorOf tells who a session is to the chat, and from which source.
func visitorOf(id, source string) rooms.Visitor {
	return rooms.Visitor{Session: chatSession(id), Color: colorOf(visitorPart(id)), Source: source}
}

// chatSession is what the chat stores of a session with rooms and messages: a
// hash, so that who reads the database holds nobody's cookie.
func chatSession(id string) rooms.Session {
	sum := sha256.Sum256([]byte("visitor:" + visitorPart(id)))
	return rooms.Session(hex.EncodeToString(sum[:16]))
}

// visitor returns who asks. Only routes behind keepVisitor may call it.
func visitor(ctx context.Context) rooms.Visitor {
	v, _ := ctx.Value(visitorKey).(rooms.Visitor)
	return v
}
