package session

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-contrib/sessions"
	gorilla "github.com/gorilla/sessions"
)

// Store keeps sessions. Ids are secret.
//
//  1. LoadSession of an unknown or expired id returns nil and no error.
//  2. SaveSession replaces the session and restarts its time to live. It does
//     nothing and returns false for a session that has been renewed. RefreshSession
//     does the same, and also returns false if the session does not exist.
//  3. RenewSession stores a session under a new id. The session before ends after
//     the grace. Without a session before, or if it has been renewed already,
//     nothing changes and RenewSession returns false.
//  4. DeleteVisitor ends all sessions of a visitor. A visitor without a session is
//     not an error.
//  5. LiveSessions returns for each id whether LoadSession would find it.
//     LiveVisitors returns for each visitor whether it has a session that has not
//     been renewed.
type Store interface {
	LoadSession(ctx context.Context, id string) ([]byte, error)
	SaveSession(ctx context.Context, id, visitor string, data []byte, ttl time.Duration) (saved bool, err error)
	RefreshSession(ctx context.Context, id string, data []byte, ttl time.Duration) (kept bool, err error)
	RenewSession(ctx context.Context, before, id, visitor string, data []byte, ttl, grace time.Duration) (renewed bool, err error)
	DeleteVisitor(ctx context.Context, visitor string) error
	LiveSessions(ctx context.Context, ids []string) ([]bool, error)
	LiveVisitors(ctx context.Context, visitors []string) ([]bool, error)
}

// sinceValue is the name of the value with the time of the last save, in Unix
// seconds.
const sinceValue = "since"

// stored is a session as the store has it.
type stored struct {
	id       string
	values   map[string]any
	outdated bool // the cookie was signed with a previous secret
}

// find returns the session that the request's cookie names, or nil. It fails if the
// store fails. The cookie holds a random id and its signature: the store can revoke
// a session by deleting its row, and a forged id never reaches the store.
func (s *Sessions) find(r *http.Request) (*stored, error) {
	cookie, err := r.Cookie(s.cookieName)
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // no cookie, no session
	}
	id, key, ok := s.codec.open(s.cookieName, cookie.Value)
	if !ok {
		if s.refused.Pass() {
			s.log.DebugContext(r.Context(), "cookie refused")
		}
		return nil, nil //nolint:nilnil // not signed by this server
	}
	data, err := s.store.LoadSession(r.Context(), id)
	if err != nil {
		return nil, fmt.Errorf("load session: %w", err)
	}
	if data == nil {
		return nil, nil //nolint:nilnil // the session has ended
	}
	found := &stored{id: id, outdated: key > 0}
	if err := json.Unmarshal(data, &found.values); err != nil {
		return nil, fmt.Errorf("load session: %w", err)
	}
	return found, nil
}

// ginStore implements the store of gin-contrib/sessions over Sessions.
type ginStore struct {
	sessions *Sessions
	options  gorilla.Options
}

var _ sessions.Store = (*ginStore)(nil)

// Get returns the request's session. It loads it once.
func (g *ginStore) Get(r *http.Request, name string) (*gorilla.Session, error) {
	return gorilla.GetRegistry(r).Get(g, name)
}

// New loads the session that the cookie names, or returns a new one. It leaves an
// error of the store in the request's state: gin-contrib/sessions would log a
// returned error to the global logger and go on with a new session, which would
// cost the visitor the existing one.
func (g *ginStore) New(r *http.Request, name string) (*gorilla.Session, error) {
	session := gorilla.NewSession(g, name)
	options := g.options
	session.Options = &options
	session.ID, session.IsNew = newID(), true

	found, err := g.sessions.find(r)
	st := stateOf(r.Context())
	if st.loadErr = err; found == nil {
		return session, nil
	}
	session.ID, session.IsNew = found.id, false
	for name, value := range found.values {
		session.Values[name] = value
	}
	st.outdated = found.outdated
	return session, nil
}

// Save stores the session and sends its cookie, under a new id if the request's
// state has renew. With a negative MaxAge it deletes the cookie and all sessions of
// the visitor. It leaves a session alone that another request has renewed: the old
// cookie would replace the new one.
func (g *ginStore) Save(r *http.Request, w http.ResponseWriter, session *gorilla.Session) error {
	ctx, visitor, store := r.Context(), visitorPart(session.ID), g.sessions.store
	if session.Options.MaxAge < 0 {
		setCookie(w, gorilla.NewCookie(session.Name(), "", session.Options))
		return store.DeleteVisitor(ctx, visitor)
	}
	data, err := encodeValues(session)
	if err != nil {
		return fmt.Errorf("encode session: %w", err)
	}
	ttl := time.Duration(session.Options.MaxAge) * time.Second
	id, st := session.ID, stateOf(ctx)
	var kept bool
	switch {
	case st.renew:
		st.renew = false
		id = renewedID(id)
		kept, err = store.RenewSession(ctx, session.ID, id, visitor, data, ttl, renewalGrace)
	case session.IsNew:
		kept, err = store.SaveSession(ctx, id, visitor, data, ttl)
	default: // nothing is stored if the visitor has logged out since the load
		kept, err = store.RefreshSession(ctx, id, data, ttl)
	}
	if err != nil {
		return fmt.Errorf("save session: %w", err)
	}
	if kept {
		session.ID = id
		setCookie(w, gorilla.NewCookie(session.Name(), g.sessions.codec.seal(session.Name(), id), session.Options))
	}
	return nil
}

// Options sets the attributes of new cookies.
func (g *ginStore) Options(o sessions.Options) { g.options = *o.ToGorillaOptions() }

// encodeValues returns the values with string keys as JSON, so that people and later
// versions can read a row.
func encodeValues(session *gorilla.Session) ([]byte, error) {
	values := make(map[string]any, len(session.Values))
	for k, v := range session.Values {
		if name, ok := k.(string); ok {
			values[name] = v
		}
	}
	return json.Marshal(values)
}
