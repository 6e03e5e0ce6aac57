// Package session identifies visitors. A session is a row in the store, named by a
// signed cookie; the watcher ends the sockets of sessions that have ended.
package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"gifchat/handlers/input"
	"gifchat/handlers/limits"
	"gifchat/handlers/logline"
	"gifchat/handlers/origin"
	"gifchat/rooms"

	"github.com/gin-contrib/sessions"
	"github.com/gin-gonic/gin"
	gorilla "github.com/gorilla/sessions"
)

const (
	// maxAge bounds how long an unused cookie is valid: longer than school holidays.
	maxAge = 30 * 24 * time.Hour

	// refreshAfter is the age at which a session is saved and its cookie sent again:
	// daily visitors keep their session, with one write a day.
	refreshAfter = 24 * time.Hour

	// renewalGrace is how long the old id of a renewed session is valid, for requests
	// that were under way. Anybody else who has it loses it within a minute, open
	// sockets included (see watcher).
	renewalGrace = 30 * time.Second

	// defaultCheck is the interval at which the sessions of open sockets are checked.
	// With renewalGrace, an id that has ended is of no use after a minute.
	defaultCheck = 30 * time.Second

	// MinSecret is the length of the shortest secret, in bytes: as long as the output
	// of the HMAC, so that guessing the secret is no easier than forging a signature.
	MinSecret = 32
)

// Config configures Sessions.
type Config struct {
	Store   Store
	Secrets [][]byte       // the first signs cookies, all verify them
	Secure  bool           // browsers reach the server over TLS
	Origins *origin.Policy // required by Identify
	Check   time.Duration  // interval of the checks of open sockets; default 30 s
	Log     *slog.Logger
}

// Sessions identifies the visitors of requests and connections.
type Sessions struct {
	// Immutable.
	store      Store
	codec      codec
	cookieName string
	origins    *origin.Policy
	gin        *ginStore
	watcher    *watcher
	log        *slog.Logger

	refused logline.Once // lines about cookies with an invalid signature
	unsaved logline.Once // lines about sessions that could not be saved
}

// New returns sessions over a store. It fails for a short secret. Close ends them.
func New(cfg Config) (*Sessions, error) {
	if cfg.Store == nil || len(cfg.Secrets) == 0 {
		return nil, errors.New("session: Store and Secrets are required")
	}
	if len(cfg.Secrets[0]) < MinSecret {
		return nil, fmt.Errorf("session: the cookie secret needs at least %d bytes", MinSecret)
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	log := cfg.Log
	s := &Sessions{
		store: cfg.Store, codec: codec{cfg.Secrets}, cookieName: plainName, origins: cfg.Origins, log: log,
		watcher: newWatcher(cfg.Store, cmp.Or(cfg.Check, defaultCheck), log),
		refused: logline.NewOnce(func(held int) { log.Debug("more cookies refused", "count", held) }),
		unsaved: logline.NewOnce(func(held int) { log.Error("more sessions not saved", "count", held) }),
	}
	if cfg.Secure {
		s.cookieName = secureName
	}
	s.gin = &ginStore{sessions: s, options: gorilla.Options{
		Path: "/", MaxAge: int(maxAge / time.Second),
		Secure: cfg.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}}
	return s, nil
}

// Close ends the watcher and logs how many lines were left out. It may be called
// again.
func (s *Sessions) Close() {
	s.watcher.close()
	s.refused.Close()
	s.unsaved.Close()
}

// state is what is known about the session of a request. Middleware puts it into
// the request's context.
type state struct {
	visitor  rooms.Visitor // of Keep
	readOnly string        // see ReadOnly
	loadErr  error         // the store failed
	outdated bool          // the cookie was signed with a previous secret
	renew    bool          // the next Save gives the session a new id
}

type stateKey struct{}

// stateOf returns the state of a request, or an empty one without Middleware.
func stateOf(ctx context.Context) *state {
	if st, ok := ctx.Value(stateKey{}).(*state); ok {
		return st
	}
	return new(state)
}

// Visitor returns the visitor of a request. It is the zero Visitor on a route
// without Keep.
func Visitor(ctx context.Context) rooms.Visitor { return stateOf(ctx).visitor }

// ReadOnly returns the key of the sentence for a visitor who can only read because
// the session could not be saved, or "".
func ReadOnly(ctx context.Context) string { return stateOf(ctx).readOnly }

// Middleware loads the session of a request when a handler asks for it.
func (s *Sessions) Middleware() gin.HandlerFunc {
	load := sessions.Sessions(s.cookieName, s.gin)
	return func(c *gin.Context) {
		c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), stateKey{}, new(state)))
		load(c)
	}
}

// Routes names the routes that Keep treats differently, by Gin's patterns.
type Routes struct {
	Token    map[string]bool // a program may send a room's token instead of a cookie
	ReadOnly map[string]bool // nothing is stored, so a visitor without a session may read
}

// Keep returns the handler that gives a request its visitor. A new session is saved
// and its cookie sent, an existing session once a day. An address gets a limited
// number of new sessions. While the store cannot save, visitors with a session keep
// it, and new visitors may read the pages of routes.ReadOnly.
func (s *Sessions) Keep(limiter *limits.Limiter, routes Routes) func(*gin.Context) error {
	return func(c *gin.Context) error {
		st, from := stateOf(c.Request.Context()), origin.Source(c.Request)
		if routes.Token[c.FullPath()] {
			if token, ok := bearer(c); ok {
				st.visitor = TokenVisitor(token, from)
				return nil
			}
		}
		session := sessions.Default(c)
		since, known := session.Get(sinceValue).(float64)
		if st.loadErr != nil {
			return errors.Join(rooms.ErrUnavailable, st.loadErr)
		}
		if !known {
			if err := limiter.CreateSession(from); err != nil {
				return err
			}
		}
		if time.Since(time.Unix(int64(since), 0)) > refreshAfter || st.outdated {
			session.Set(sinceValue, time.Now().Unix())
			err := session.Save()
			switch {
			case err == nil:
			case known: // the next request tries again
				s.logUnsaved(c, err)
			case routes.ReadOnly[c.FullPath()] && input.IsRead(c.Request):
				s.logUnsaved(c, err)
				st.readOnly = readOnlySentence(err)
				return nil
			default:
				return unsavedError(err)
			}
		}
		st.visitor = visitorOf(session.ID(), from)
		return nil
	}
}

// readOnlySentence returns the key of the sentence for a visitor whose session
// could not be saved.
func readOnlySentence(err error) string {
	if errors.Is(err, rooms.ErrStorageFull) {
		return "read.full"
	}
	return "read.unsaved"
}

// unsavedError returns an error that package refusal maps to a status.
func unsavedError(err error) error {
	if errors.Is(err, rooms.ErrStorageFull) {
		return err
	}
	return errors.Join(rooms.ErrUnavailable, err)
}

func (s *Sessions) logUnsaved(c *gin.Context, err error) {
	if s.unsaved.Pass() {
		s.log.ErrorContext(c.Request.Context(), "session not saved: new visitors can only read", "err", err)
	}
}

// Renew gives the visitor's session a new id after its rights have grown: anybody
// else who knows the old id does not get the new rights. A failure is logged, and
// the request goes on: what it did is stored already.
func (s *Sessions) Renew(c *gin.Context) {
	session := sessions.Default(c)
	stateOf(c.Request.Context()).renew = true
	session.Set(sinceValue, time.Now().Unix())
	if err := s.watcher.renew(session.ID(), session.Save); err != nil {
		s.log.ErrorContext(c.Request.Context(), "session not renewed", "err", err)
	}
}
