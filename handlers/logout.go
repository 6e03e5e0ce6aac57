package handlers

import (
	"errors"
	"net/http"

	"gifchat/rooms"

	"github.com/gin-contrib/sessions"
	"github.com/gin-gonic/gin"
	gorilla "github.com/gorilla/sessions"
)

// logOut forgets the visitor: every session of it, its cookie and all that it
// has open, in this browser and in others. What it has written stays.
func (h *Handler) logOut(c *gin.Context) error {
	session := sessions.Default(c)
	if err, failed := session.Get(loadFailure{}).(error); failed {
		return errors.Join(rooms.ErrUnavailable, err)
	}
	options := h.sessions.options
	options.MaxAge = -1
	if session.Get(sinceValue) == nil { // nobody we know: whatever it is goes
		setCookie(c.Writer, gorilla.NewCookie(h.cookieName(), "", &options))
	} else {
		session.Options(sessions.Options{
			Path: options.Path, MaxAge: options.MaxAge,
			Secure: options.Secure, HttpOnly: options.HttpOnly, SameSite: options.SameSite,
		})
		if err := h.guests.forget(chatSession(session.ID()), session.Save); err != nil {
			return errors.Join(rooms.ErrUnavailable, err)
		}
		// It is out, whatever becomes of its rooms: they would pass on in time.
		gone := visitorOf(session.ID(), source(c.Request)) // no route behind keepVisitor: that would make one
		if err := h.chat.Forget(c.Request.Context(), gone); err != nil {
			h.log.WarnContext(c.Request.Context(), "rooms not passed on", "err", err)
		}
	}
	if isForm(c) {
		c.Redirect(http.StatusSeeOther, "/")
		return nil
	}
	c.String(http.StatusOK, "ok")
	return nil
}
