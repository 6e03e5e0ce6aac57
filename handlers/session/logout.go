package session

import (
	"context"
	"errors"

	"gifchat/handlers/input"
	"gifchat/handlers/origin"
	"gifchat/rooms"

	"github.com/gin-contrib/sessions"
	"github.com/gin-gonic/gin"
	gorilla "github.com/gorilla/sessions"
)

// Forgetter is the part of rooms.Chat that LogOut needs.
type Forgetter interface {
	Forget(ctx context.Context, v rooms.Visitor) error
}

// LogOut returns the handler that ends all sessions of the visitor, in this browser
// and in others, and closes all their connections. What the visitor has written
// stays.
func (s *Sessions) LogOut(chat Forgetter) func(*gin.Context) error {
	return func(c *gin.Context) error {
		session, ctx := sessions.Default(c), c.Request.Context()
		known := session.Get(sinceValue) != nil
		if err := stateOf(ctx).loadErr; err != nil {
			return errors.Join(rooms.ErrUnavailable, err)
		}
		options := s.gin.options
		options.MaxAge = -1
		if !known { // the cookie names no session: only delete the cookie
			setCookie(c.Writer, gorilla.NewCookie(s.cookieName, "", &options))
		} else {
			session.Options(sessions.Options{
				Path: options.Path, MaxAge: options.MaxAge,
				Secure: options.Secure, HttpOnly: options.HttpOnly, SameSite: options.SameSite,
			})
			if err := s.watcher.end(chatSession(session.ID()), session.Save); err != nil {
				return errors.Join(rooms.ErrUnavailable, err)
			}
			// The logout stands even if this fails: the rooms get another owner in time.
			if err := chat.Forget(ctx, visitorOf(session.ID(), origin.Source(c.Request))); err != nil {
				s.log.WarnContext(ctx, "rooms not passed on", "err", err)
			}
		}
		input.Done(c, "/")
		return nil
	}
}
