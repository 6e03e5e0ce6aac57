package handlers

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gin-contrib/sessions"
	gorilla "github.com/gorilla/sessions"
)

const (
	// cookieName is express-session's, which the stock pages' tests look for.
	cookieName = "connect.sid"

	// sessionAge bounds how long an unused cookie is good for: a school term's
	// holidays, not for ever.
	sessionAge = 30 * 24 * time.Hour

	// sessionRefresh is how old a session may get before it is saved anew and
	// its cookie sent again: daily visitors stay, with one write a day.
	sessionRefresh = 24 * time.Hour

	// sessionBytes of randomness name a session, as in express-session.
	sessionBytes = 24

	// maxCookie is longer than any value we make; beyond it nothing is hashed.
	maxCookie = 128
)

// SessionStore keeps sessions. Ids are secret.
//
//  1. LoadSession of an unknown or expired id returns nil and no error.
//  2. SaveSession replaces what was there and starts its time to live anew.
//  3. DeleteSession of an unknown id is not an error.
type SessionStore interface {
	LoadSession(ctx context.Context, id string) ([]byte, error)
	SaveSession(ctx context.Context, id string, data []byte, ttl time.Duration) error
	DeleteSession(ctx context.Context, id string) error
}

// sessionStore is a gin-contrib/sessions store over a SessionStore. The cookie
// holds a random id and its signature, so a session can be revoked by deleting
// its row, and a forged id never reaches the database.
type sessionStore struct {
	kept    SessionStore
	secret  []byte
	options gorilla.Options
	log     *slog.Logger
}

var _ sessions.Store = (*sessionStore)(nil)

func newSessionStore(kept SessionStore, secret []byte, secure bool, log *slog.Logger) *sessionStore {
	return &sessionStore{
		kept: kept, secret: secret, log: log,
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
	id, ok := s.open(name, cookie.Value)
	if !ok {
		s.log.DebugContext(r.Context(), "cookie refused")
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
	return s.open(name, cookie.Value)
}

// Save keeps the session and sends its cookie; with a negative MaxAge it
// deletes both.
func (s *sessionStore) Save(r *http.Request, w http.ResponseWriter, session *gorilla.Session) error {
	if session.Options.MaxAge < 0 {
		http.SetCookie(w, gorilla.NewCookie(session.Name(), "", session.Options))
		return s.kept.DeleteSession(r.Context(), session.ID)
	}
	data, err := encodeValues(session)
	if err != nil {
		return fmt.Errorf("encode session: %w", err)
	}
	ttl := time.Duration(session.Options.MaxAge) * time.Second
	if err := s.kept.SaveSession(r.Context(), session.ID, data, ttl); err != nil {
		return fmt.Errorf("save session: %w", err)
	}
	http.SetCookie(w, gorilla.NewCookie(session.Name(), s.seal(session.Name(), session.ID), session.Options))
	return nil
}

// Options sets what new cookies look like.
func (s *sessionStore) Options(o sessions.Options) { s.options = *o.ToGorillaOptions() }

// seal makes a cookie's value in the form of express-session: s:<id>.<HMAC>,
// percent-encoded.
func (s *sessionStore) seal(name, id string) string {
	return "s%3A" + id + "." + s.sign(name, id)
}

// open returns the id in a cookie's value if we have signed it.
func (s *sessionStore) open(name, value string) (id string, ok bool) {
	if len(value) > maxCookie {
		return "", false
	}
	signed, ok := strings.CutPrefix(value, "s%3A")
	if !ok {
		signed, ok = strings.CutPrefix(value, "s:")
	}
	id, mac, found := strings.Cut(signed, ".")
	if !ok || !found || id == "" {
		return "", false
	}
	return id, hmac.Equal([]byte(mac), []byte(s.sign(name, id)))
}

// sign covers the cookie's name too, so that no other signed value of ours can
// ever be passed off as a session.
func (s *sessionStore) sign(name, id string) string {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte(name + "=" + id))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func newSessionID() string {
	b := make([]byte, sessionBytes)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(b)
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
