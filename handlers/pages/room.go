package pages

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"gifchat/handlers/input"
	"gifchat/handlers/session"
	"gifchat/handlers/wire"
	"gifchat/i18n"
	"gifchat/rooms"

	"github.com/gin-gonic/gin"
)

// pageSize is how many messages a room's page shows at first, and how many more it
// loads at a time.
const pageSize = 50

// roomPage is a room with its newest messages.
type roomPage struct {
	frame
	ID       rooms.ID
	Name     string
	Capacity int
	Private  bool
	Frozen   bool
	Keep     bool
	Closed   bool
	Owned    bool // by the visitor
	Owner    rooms.Color
	Messages []messageRow
	Blank    messageRow
	More     bool // there are older messages
	Seq      int64
	First    int64
}

// Room enters a room and serves its page.
func (p *Pages) Room(c *gin.Context) error {
	ctx, v, id := c.Request.Context(), session.Visitor(c.Request.Context()), rooms.ID(c.Param("id"))
	member, err := p.enter(c, id, c.Query("password"))
	if err != nil {
		return redirectError(c, err)
	}
	room, err := p.chat.Room(ctx, id)
	if err != nil {
		return redirectError(c, err)
	}
	history, more, err := wire.ReadHistory(ctx, p.chat, v, id, rooms.Page{Limit: pageSize})
	if err != nil {
		return redirectError(c, err)
	}
	view := roomPage{
		frame: frameOf(c, room.Title), ID: id, Name: room.Title, Capacity: room.Capacity,
		Private: room.Private(), Frozen: room.Frozen, Keep: room.Keep, Closed: room.Closed, Owned: room.OwnerSession == v.Session, Owner: room.Owner,
		Messages: messageRows(history, member.Color, i18n.Of(c.Request)), More: more,
	}
	view.You = member.Color
	if n := len(history); n > 0 {
		view.First, view.Seq = history[0].Seq, history[n-1].Seq
	}
	return p.renderer.render(c, http.StatusOK, "room", view)
}

// enter makes the visitor a member. A password that lets the visitor in renews the
// session.
func (p *Pages) enter(c *gin.Context, id rooms.ID, password string) (rooms.Member, error) {
	ctx := c.Request.Context()
	v := session.Visitor(ctx)
	var membershipErr error
	if password != "" {
		_, membershipErr = p.chat.Member(ctx, v, id)
	}
	member, err := p.chat.Enter(ctx, v, id, password)
	if err == nil && errors.Is(membershipErr, rooms.ErrForbidden) {
		p.sessions.Renew(c)
	}
	return member, err
}

// EnterRoom enters a room with the password in the body. Our pages use it instead of
// a password in the URL.
func (p *Pages) EnterRoom(c *gin.Context) error {
	post, err := input.ReadPost(c)
	if err != nil {
		return err
	}
	id := rooms.ID(c.Param("id"))
	if _, err := p.enter(c, id, post.Get("password")); err != nil {
		if input.IsForm(c) {
			return redirectEntrance(c, id, err)
		}
		return err
	}
	input.Done(c, "/room/"+string(id))
	return nil
}

// SetDoor closes a room to newcomers or opens it again, for pages without JavaScript.
func (p *Pages) SetDoor(c *gin.Context) error {
	ctx := c.Request.Context()
	v := session.Visitor(ctx)
	if err := p.limiter.Act(v); err != nil {
		return err
	}
	closed, err := readDoorForm(c)
	if err != nil {
		return err
	}
	id := rooms.ID(c.Param("id"))
	if _, err := p.chat.Configure(ctx, v, id, rooms.Settings{Closed: closed}); err != nil {
		return err
	}
	input.Done(c, "/room/"+string(id))
	return nil
}

// readDoorForm returns the field closed of the body, which is required.
func readDoorForm(c *gin.Context) (*bool, error) {
	var form struct {
		Closed *bool `json:"closed"`
	}
	err := input.ReadForm(c, &form, func(post url.Values) {
		if closed, err := strconv.ParseBool(post.Get("closed")); err == nil {
			form.Closed = &closed
		}
	})
	if err == nil && form.Closed == nil {
		err = &rooms.InvalidError{Field: "closed", Reason: "not_a_boolean"}
	}
	return form.Closed, err
}

// RemoveRoom removes a room.
func (p *Pages) RemoveRoom(c *gin.Context) error {
	ctx := c.Request.Context()
	if err := p.chat.Remove(ctx, session.Visitor(ctx), rooms.ID(c.Param("id"))); err != nil {
		return err
	}
	input.Done(c, "/")
	return nil
}
