package handlers

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-contrib/sessions"
	gorilla "github.com/gorilla/sessions"
)

const (
	// cookieName is express-session's, which the stock pages' tests look for.
	cookieName = "connect.sid"

	// secureName is the cookie's over TLS: with this prefix browsers take it from
	// this very host only, and over TLS, so that no neighbour can preset it:
	// https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Set-Cookie
	secureName = "__Host-" + cookieName

	// sessionAge bounds how long an unused cookie is good for: a school term's
	// holidays, not for ever.
	sessionAge = 30 * 24 * time.Hour

	// sessionRefresh is how old a session may get before it is saved anew and
	// its cookie sent again: daily visitors stay, with one write a day.
	sessionRefresh = 24 * time.Hour

	// renewalGrace is for how long a renewed session is good under its old id:
	// for requests that were under way. Whoever else holds it has lost it within a
	// minute, sockets included (see guests).
	renewalGrace = 30 * time.Second
)

// SessionStore keeps sessions. Ids are secret.
//
//  1. LoadSession of an unknown or expired id returns nil and no error.
//  2. SaveSession replaces what was there and starts its time to live anew. For
//     a session that has been renewed it does nothing and returns false.
//     RefreshSession is the same for a session that there was: if there is none
//     any more it also returns false.
//  3. RenewSession keeps a session instead of another one of the visitor's, which
//     then ends after the grace. If there is no such one, or it has been renewed
//     before, nothing changes and false is returned.
//  4. DeleteVisitor ends all sessions of a visitor. One without is not an error.
//  5. LiveSessions tells of each id whether LoadSession would find it,
//     LiveVisitors whether the visitor has a session that is not renewed.
type SessionStore interface {
	LoadSession(ctx context.Context, id string) ([]byte, error)
	SaveSession(ctx context.Context, id, visitor string, data []byte, ttl time.Duration) (saved bool, err error)
	RefreshSession(ctx context.Context, id string, data []byte, ttl time.Duration) (kept bool, err error)
	RenewSession(ctx context.Context, before, id, visitor string, data []byte, ttl, grace time.Duration) (renewed bool, err error)
	DeleteVisitor(ctx context.Context, visitor string) error
	LiveSessions(ctx context.Context, ids []string) ([]bool, error)
	LiveVisitors(ctx context.Context, visitors []string) ([]bool, error)
}

// sessionStore is a gin-contrib/sessions store over a SessionStore. The cookie
// holds a random id and its signature, so a session can be revoked by deleting
// its row, and a forged id never reaches the database.
type sessionStore struct {
	kept    SessionStore
	keys    [][]byte // the first one signs, all are good for reading
	options gorilla.Options
	log     *slog.Logger
	refused *throttle[struct{}] // lines about cookies that are not ours
}

var _ sessions.Store = (*sessionStore)(nil)

func newSessionStore(kept SessionStore, keys [][]byte, secure bool, log *slog.Logger) *sessionStore {
	return &sessionStore{
		kept: kept, keys: keys, log: log,
		refused: newRareLine(func(held int) { log.Debug("more cookies refused", "count", held) }),
		options: gorilla.Options{
			Path: "/", MaxAge: int(sessionAge / time.Second),
			Secure: secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		},
	}
}

// loadFailure is the key under which New leaves its error: gin-contrib would
// log a returned one to the global logger and carry on with a new session,
// which would cost the visitor the old one.
type loadFailure struct{}

// outdated is the key of a true if the session's cookie was signed with an old
// secret. renewal is the key of a true if Save is to renew the session.
type (
	outdated struct{}
	renewal  struct{}
)

// Get returns the request's session, loading it once.
func (s *sessionStore) Get(r *http.Request, name string) (*gorilla.Session, error) {
	return gorilla.GetRegistry(r).Get(s, name)
}

// New loads the session that the cookie names, else makes one.
func (s *sessionStore) New(r *http.Request, name string) (*gorilla.Session, error) {
	session := gorilla.NewSession(s, name)
	options := s.options
	session.Options = &options
	session.ID, session.IsNew = newSessionID(), true

	cookie, err := r.Cookie(name)
	if err != nil {
		return session, nil //nolint:nilerr // no cookie: a new session
	}
	id, key, ok := s.open(name, cookie.Value)
	if !ok {
		if s.refused.pass(struct{}{}) {
			s.log.DebugContext(r.Context(), "cookie refused")
		}
		return session, nil
	}
	data, err := s.kept.LoadSession(r.Context(), id)
	if err == nil && data != nil {
		err = decodeValues(data, session)
	}
	switch {
	case err != nil:
		session.Values[loadFailure{}] = fmt.Errorf("load session: %w", err)
	case data != nil:
		session.ID, session.IsNew = id, false
		if key > 0 {
			session.Values[outdated{}] = true
		}
	}
	return session, nil
}

// claimed returns the id in the request's cookie if we have signed it. Whether
// there still is such a session it does not ask.
func (s *sessionStore) claimed(r *http.Request, name string) (id string, ok bool) {
	cookie, err := r.Cookie(name)
	if err != nil {
		return "", false
	}
	id, _, ok = s.open(name, cookie.Value)
	return id, ok
}

// Save keeps the session and sends its cookie, under a new id if renewal is
// set; with a negative MaxAge it deletes the cookie and all the visitor's
// sessions. A session that has been renewed meanwhile is left alone: its cookie
// would take the new one's place.
func (s *sessionStore) Save(r *http.Request, w http.ResponseWriter, session *gorilla.Session) error {
	ctx, visitor := r.Context(), visitorPart(session.ID)
	if session.Options.MaxAge < 0 {
		setCookie(w, gorilla.NewCookie(session.Name(), "", session.Options))
		return s.kept.DeleteVisitor(ctx, visitor)
	}
	data, err := encodeValues(session)
	if err != nil {
		return fmt.Errorf("encode session: %w", err)
	}
	ttl := time.Duration(session.Options.MaxAge) * time.Second
	id := session.ID
	var kept bool
	switch {
	case session.Values[renewal{}] != nil:
		delete(session.Values, renewal{})
		id = renewedID(id)
		kept, err = s.kept.RenewSession(ctx, session.ID, id, visitor, data, ttl, renewalGrace)
	case session.IsNew:
		kept, err = s.kept.SaveSession(ctx, id, visitor, data, ttl)
	default: // not if its visitor has logged out since it was loaded
		kept, err = s.kept.RefreshSession(ctx, id, data, ttl)
	}
	if err != nil {
		return fmt.Errorf("save session: %w", err)
	}
	if kept {
		session.ID = id
		setCookie(w, gorilla.NewCookie(session.Name(), s.seal(session.Name(), id), session.Options))
	}
	return nil
}

// setCookie sends a cookie instead of one of its name that was to be sent.
func setCookie(w http.ResponseWriter, cookie *http.Cookie) {
	header := w.Header()
	header["Set-Cookie"] = slices.DeleteFunc(header["Set-Cookie"], func(line string) bool {
		return strings.HasPrefix(line, cookie.Name+"=")
	})
	http.SetCookie(w, cookie)
}

// Options sets what new cookies look like.
func (s *sessionStore) Options(o sessions.Options) { s.options = *o.ToGorillaOptions() }

// seal makes a cookie's value in the form of express-session: s:<id>.<HMAC>,
// percent-encoded.
func (s *sessionStore) seal(name, id string) string {
	return "s%3A" + id + "." + sign(s.keys[0], name, id)
}

// open returns the id in a cookie's value if we have signed it, and with which
// key.
func (s *sessionStore) open(name, value string) (id string, key int, ok bool) {
	if len(value) > maxSessionCookie {
		return "", 0, false
	}
	signed, ok := strings.CutPrefix(value, "s%3A")
	if !ok {
		signed, ok = strings.CutPrefix(value, "s:")
	}
	id, mac, found := strings.Cut(signed, ".")
	if !ok || !found || id == "" {
		return "", 0, false
	}
	for key := range s.keys {
		if hmac.Equal([]byte(mac), []byte(sign(s.keys[key], name, id))) {
			return id, key, true
		}
	}
	return "", 0, false
}

// sign covers the cookie's name too, so that no other signed value of ours can
// ever be passed off as a session.
func sign(key []byte, name, id string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(name + "=" + id))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// encodeValues keeps the values with string keys; JSON, so that a row can be
// read by people and by later versions.
func encodeValues(session *gorilla.Session) ([]byte, error) {
	values := make(map[string]any, len(session.Values))
	for k, v := range session.Values {
		if name, ok := k.(string); ok {
			values[name] = v
		}
	}
	return json.Marshal(values)
}

func decodeValues(data []byte, session *gorilla.Session) error {
	var values map[string]any
	if err := json.Unmarshal(data, &values); err != nil {
		return err
	}
	for k, v := range values {
		session.Values[k] = v
	}
	return nil
}
