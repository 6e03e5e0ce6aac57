package pages

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"gifchat/handlers/refusal"
	"gifchat/i18n"
	"gifchat/rooms"

	"github.com/gin-gonic/gin"
)

// homePage is the list of rooms.
type homePage struct {
	frame
	Rooms []roomRow
	Blank roomRow // the browser clones it for a room that is created later
	Error string
	Enter *entrance // the private room that asks for its password
	First bool      // the page begins with the first room
	Last  bool      // the page ends with the last room
	After int64     // the number after which the next page begins
}

// entrance is the form for a private room's password, with the error of the last
// attempt.
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

// Home serves the list of rooms.
func (p *Pages) Home(c *gin.Context) error {
	after, err := queryNumber(c, "after")
	if err != nil {
		return err
	}
	// One room more than the page shows whether there are more.
	list, err := p.chat.List(c.Request.Context(), rooms.RoomPage{After: after, Limit: roomsPage + 1})
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
	problem := knownError(i18n.Of(c.Request), c.Query("error"))
	if view.Enter = p.entrance(c); view.Enter != nil {
		view.Enter.Error = problem
	} else {
		view.Error = problem
	}
	return p.renderer.render(c, http.StatusOK, "home", view)
}

// entrance returns the form for the room in ?enter=, or nil. Without JavaScript it is
// the way into a private room, and a wrong password leads back to it. The room may be
// on another page of the list.
func (p *Pages) entrance(c *gin.Context) *entrance {
	room, err := p.chat.Room(c.Request.Context(), rooms.ID(c.Query("enter")))
	if err != nil || !room.Private() {
		return nil
	}
	return &entrance{ID: room.ID, Title: room.Title}
}

// homeErrors are the sentences that redirects to the home page may carry.
var homeErrors = []string{
	"error.not_found", "error.wrong_password", "error.full", "error.too_many_tries", "error.too_many_rooms",
	"error.banned", "error.address_banned", "error.closed", "error.unavailable", "error.rate_limited", "error.invalid", "error.internal",
}

// knownError translates the sentence in ?error=. It returns "" for other texts: anybody
// can put a text into a link.
func knownError(l i18n.Language, text string) string {
	for _, key := range homeErrors {
		if text == i18n.Text(i18n.Korean, key) || text == i18n.Text(i18n.English, key) {
			return i18n.Text(l, key)
		}
	}
	return ""
}

// redirectError redirects to the list with the sentence of err in the address, in
// Korean for every language: the address is part of the contract.
func redirectError(c *gin.Context, err error) error {
	r := refusal.Of(err)
	if r.Status >= http.StatusInternalServerError {
		return err
	}
	refusal.SetRetryAfter(c.Writer.Header(), err)
	c.Redirect(http.StatusFound, "/?error="+escape(i18n.Text(i18n.Korean, r.Key)))
	return nil
}

// redirectEntrance is redirectError for the password form: a wrong password leads back
// to the form.
func redirectEntrance(c *gin.Context, id rooms.ID, err error) error {
	if !errors.Is(err, rooms.ErrWrongPassword) && !errors.Is(err, rooms.ErrTooManyTries) {
		return redirectError(c, err)
	}
	refusal.SetRetryAfter(c.Writer.Header(), err)
	c.Redirect(http.StatusFound, "/?enter="+escape(string(id))+"&error="+escape(i18n.Text(i18n.Korean, refusal.Of(err).Key)))
	return nil
}

// escape percent-encodes a query value. A space becomes %20, which url.QueryEscape
// alone writes as a plus.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
