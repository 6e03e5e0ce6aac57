package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"gifchat/rooms"

	"github.com/gin-gonic/gin"
)

// homePage is the list of rooms.
type homePage struct {
	frame
	Rooms []roomRow
	Blank roomRow // what the browser clones for a room made meanwhile
	Error string
	Enter *entrance // the private room whose password is asked for
	First bool      // the page begins with the first room
	Last  bool      // there are no more rooms after it
	After int64     // where the next page begins
}

// entrance is the form for a private room's password, with what was wrong the
// last time.
type entrance struct {
	ID    rooms.ID
	Title string
	Error string
}

// roomsPage is how many rooms the list shows at a time.
const roomsPage = 100

// roomRow is a room in the list.
type roomRow struct {
	ID       rooms.ID
	Title    string
	Capacity int
	People   int
	Owner    rooms.Color
	Private  bool
	Closed   bool
}

func (h *Handler) showHome(c *gin.Context) error {
	after, err := queryNumber(c, "after")
	if err != nil {
		return err
	}
	// One more than is shown tells whether there is more.
	list, err := h.chat.List(c.Request.Context(), rooms.RoomPage{After: after, Limit: roomsPage + 1})
	if err != nil {
		return err
	}
	view := homePage{frame: frameOf(c, ""), First: after == 0, Last: len(list) <= roomsPage}
	list = list[:min(len(list), roomsPage)]
	view.Rooms = make([]roomRow, len(list))
	for i, l := range list {
		view.Rooms[i] = roomRow{
			ID: l.ID, Title: l.Title, Capacity: l.Capacity, People: l.People,
			Owner: l.Owner, Private: l.Private(), Closed: l.Closed,
		}
		view.After = l.Number
	}
	problem := shownError(languageOf(c), c.Query("error"))
	if view.Enter = h.entrance(c); view.Enter != nil {
		view.Enter.Error = problem
	} else {
		view.Error = problem
	}
	return h.pages.render(c, http.StatusOK, "home", view)
}

// entrance is the form that ?enter= asks for: without JavaScript it is the way
// into a private room, and a wrong password leads back to it. The room may
// stand on another page of the list.
func (h *Handler) entrance(c *gin.Context) *entrance {
	room, err := h.chat.Room(c.Request.Context(), rooms.ID(c.Query("enter")))
	if err != nil || !room.Private() {
		return nil
	}
	return &entrance{ID: room.ID, Title: room.Title}
}

// homeErrors are those that redirects to the home page may carry.
var homeErrors = []string{
	"error.not_found", "error.wrong_password", "error.full", "error.too_many_tries", "error.too_many_rooms",
	"error.banned", "error.address_banned", "error.closed", "error.unavailable", "error.rate_limited", "error.invalid", "error.internal",
}

// shownError translates the ?error= of our redirects. Other texts are not
// shown: anyone can put a sentence into a link.
func shownError(l language, text string) string {
	for _, key := range homeErrors {
		if text == say(korean, key) || text == say(english, key) {
			return say(l, key)
		}
	}
	return ""
}

// redirectError sends the visitor to the list with the reason in the address,
// in Korean whatever the language: it is a part of the contract.
func redirectError(c *gin.Context, err error) error {
	p := describe(err)
	if p.status >= http.StatusInternalServerError {
		return err
	}
	tellRetryAfter(c, err)
	c.Redirect(http.StatusFound, "/?error="+escape(say(korean, p.words)))
	return nil
}

// redirectEntrance sends who posted a wrong password back to the form.
func redirectEntrance(c *gin.Context, id rooms.ID, err error) error {
	if !errors.Is(err, rooms.ErrWrongPassword) && !errors.Is(err, rooms.ErrTooManyTries) {
		return redirectError(c, err)
	}
	c.Redirect(http.StatusFound, "/?enter="+escape(string(id))+"&error="+escape(say(korean, describe(err).words)))
	return nil
}

// escape is for a query value in a Location: UTF-8 percent-encoded, and a
// space as %20, which url.QueryEscape alone writes as a plus.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// noticePage shows the notice over both protocols.
type noticePage struct {
	frame
	Plain, SocketIO bool
}

// panelLog is one of the notice page's panels.
type panelLog struct {
	Name string
	On   bool
}

func (h *Handler) showNotice(c *gin.Context) error {
	return h.pages.render(c, http.StatusOK, "notice", noticePage{
		frame: frameOf(c, say(languageOf(c), "notice.title")),
		Plain: h.cfg.Notice.Plain, SocketIO: h.cfg.Notice.SocketIO,
	})
}

// errorPage says what went wrong and nothing about where.
type errorPage struct {
	frame
	Status  int
	Message string
	Room    rooms.ID // to go back to, when there is one
	Unsent  string   // the text that Room did not take
}

// unsentText is the key under which a request keeps the text of a message: a
// browser without scripts would lose it with an error page.
const unsentText = "unsent text"

func (h *Handler) showError(c *gin.Context, status int, message string) {
	view := errorPage{frame: frameOf(c, message), Status: status, Message: message}
	if id := c.Param("id"); wellFormed(id) && status != http.StatusNotFound {
		view.Room, view.Unsent = rooms.ID(id), c.GetString(unsentText)
	}
	if err := h.pages.render(c, status, "error", view); err != nil {
		h.log.ErrorContext(c.Request.Context(), "error page failed", "err", err)
		c.String(status, message)
	}
}
