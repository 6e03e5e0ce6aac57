package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"gifchat/rooms"

	"github.com/gin-gonic/gin"
)

// maxForm is the largest form or JSON body: a message of 2,000 characters is
// 24 KB when each of them is percent-encoded.
const maxForm = 64 << 10

// pageSize is how many messages a room opens with, and how many more come at
// a time.
const pageSize = 50

var roomID = regexp.MustCompile(`^[0-9a-f]{24}$`)

func wellFormed(id string) bool { return roomID.MatchString(id) }

// newRoomPage is the form for a room, with what was wrong the last time.
type newRoomPage struct {
	frame
	Name     string
	Capacity string
	Error    string
	Field    string // the field that Error is about
	Keep     bool
}

func (h *Handler) showNewRoom(c *gin.Context) error {
	capacity := suggestedCapacity
	if h.cfg.Strict {
		capacity = defaultCapacity
	}
	return h.pages.render(c, http.StatusOK, "new-room", newRoomPage{
		frame: frameOf(c, say(languageOf(c), "new.title")), Capacity: strconv.Itoa(capacity),
	})
}

// roomForm is the body of POST /room.
type roomForm struct {
	Title    string `json:"title"`
	Max      any    `json:"max"` // forms send text, programs a number
	Password string `json:"password"`
	Keep     bool   `json:"keep"` // a form's checkbox
}

func (h *Handler) createRoom(c *gin.Context) error {
	if err := h.budgets.create(visitor(c.Request.Context())); err != nil {
		return err
	}
	form, err := readRoomForm(c)
	if err != nil {
		return err
	}
	capacity, err := form.capacity()
	if err != nil {
		return h.refuseRoom(c, form, err)
	}
	room, err := h.chat.Create(c.Request.Context(), visitor(c.Request.Context()), rooms.NewRoom{
		Title: form.Title, Capacity: capacity, Password: form.Password, Keep: form.Keep,
	})
	if err != nil {
		return h.refuseRoom(c, form, err)
	}
	h.renew(c) // it owns something now
	location := "/room/" + string(room.ID)
	if h.cfg.Strict && form.Password != "" {
		location += "?password=" + escape(form.Password)
	}
	c.Redirect(http.StatusFound, location)
	return nil
}

func readRoomForm(c *gin.Context) (roomForm, error) {
	var form roomForm
	err := readForm(c, &form, func(post url.Values) {
		form = roomForm{Title: post.Get("title"), Password: post.Get("password"), Keep: post.Get("keep") != ""}
		if post.Has("max") {
			form.Max = post.Get("max")
		}
	})
	return form, err
}

const (
	// defaultCapacity is what a room without max gets, as in the original's schema.
	defaultCapacity = 10

	// suggestedCapacity is what the form for a room is filled with: a class and
	// its guests. COMPAT=strict suggests defaultCapacity, as the original does.
	suggestedCapacity = 50
)

func (f roomForm) capacity() (int, error) {
	switch v := f.Max.(type) {
	case nil:
		return defaultCapacity, nil
	case float64:
		if v == float64(int(v)) {
			return int(v), nil
		}
	case string:
		if n, err := strconv.Atoi(strings.TrimSpace(v)); err == nil {
			return n, nil
		}
	}
	return 0, &rooms.InvalidError{Field: "max", Reason: "not_a_number"}
}

// refuseRoom shows the form again, as it was filled in but for the password.
func (h *Handler) refuseRoom(c *gin.Context, form roomForm, err error) error {
	invalid, ok := errors.AsType[*rooms.InvalidError](err)
	if !ok || !isForm(c) {
		return err
	}
	field, words := "title", "new.bad_title"
	switch invalid.Field {
	case "max", "capacity":
		field, words = "max", "new.bad_capacity"
	case "password":
		field, words = "password", "new.bad_password"
	}
	capacity, _ := form.Max.(string)
	return h.pages.render(c, http.StatusBadRequest, "new-room", newRoomPage{
		frame: frameOf(c, say(languageOf(c), "new.title")),
		Name:  form.Title, Capacity: capacity, Keep: form.Keep,
		Error: say(languageOf(c), words), Field: field,
	})
}

// roomPage is a room with the newest page of its messages.
type roomPage struct {
	frame
	ID       rooms.ID
	Name     string
	Capacity int
	Private  bool
	Frozen   bool
	Keep     bool
	Closed   bool
	Owned    bool // by who looks at it
	Owner    rooms.Color
	Messages []messageRow
	Blank    messageRow
	More     bool // there are older ones
	Seq      int64
}

// showRoom lets the visitor in if it may, and shows the room.
func (h *Handler) showRoom(c *gin.Context) error {
	ctx, v, id := c.Request.Context(), visitor(c.Request.Context()), rooms.ID(c.Param("id"))
	member, err := h.enter(c, id, c.Query("password"))
	if err != nil {
		return redirectError(c, err)
	}
	room, err := h.chat.Room(ctx, id)
	if err != nil {
		return redirectError(c, err)
	}
	history, more, err := h.history(ctx, v, id, rooms.Page{Limit: pageSize})
	if err != nil {
		return redirectError(c, err)
	}
	view := roomPage{
		frame: frameOf(c, room.Title), ID: id, Name: room.Title, Capacity: room.Capacity,
		Private: room.Private(), Frozen: room.Frozen, Keep: room.Keep, Closed: room.Closed, Owned: room.OwnerSession == v.Session, Owner: room.Owner,
		Messages: messageRows(history, member.Color, languageOf(c)), More: more,
	}
	view.You = member.Color
	if n := len(history); n > 0 {
		view.Seq = history[n-1].Seq
	}
	return h.pages.render(c, http.StatusOK, "room", view)
}

// enter lets the visitor in, under a new session id if it was by a password.
func (h *Handler) enter(c *gin.Context, id rooms.ID, password string) (rooms.Member, error) {
	ctx := c.Request.Context()
	v := visitor(ctx)
	var before error
	if password != "" {
		_, before = h.chat.Member(ctx, v, id)
	}
	member, err := h.chat.Enter(ctx, v, id, password)
	if err == nil && errors.Is(before, rooms.ErrForbidden) {
		h.renew(c)
	}
	return member, err
}

// enterRoom is the pages' own way in: the password travels in a body.
func (h *Handler) enterRoom(c *gin.Context) error {
	post, err := readPost(c)
	if err != nil {
		return err
	}
	id := rooms.ID(c.Param("id"))
	_, err = h.enter(c, id, post.Get("password"))
	switch {
	case err != nil && isForm(c):
		return redirectEntrance(c, id, err)
	case err != nil:
		return err
	case isForm(c):
		c.Redirect(http.StatusSeeOther, "/room/"+string(id))
	default:
		c.String(http.StatusOK, "ok")
	}
	return nil
}

// setDoor opens or closes the door of a room, for pages without JavaScript.
func (h *Handler) setDoor(c *gin.Context) error {
	ctx := c.Request.Context()
	v := visitor(ctx)
	if err := h.budgets.act(v); err != nil {
		return err
	}
	closed, err := readDoorForm(c)
	if err != nil {
		return err
	}
	id := rooms.ID(c.Param("id"))
	if _, err := h.chat.Configure(ctx, v, id, rooms.Settings{Closed: closed}); err != nil {
		return err
	}
	if isForm(c) {
		c.Redirect(http.StatusSeeOther, "/room/"+string(id))
		return nil
	}
	c.String(http.StatusOK, "ok")
	return nil
}

// readDoorForm returns the field closed of the body, which must be there.
func readDoorForm(c *gin.Context) (*bool, error) {
	var form struct {
		Closed *bool `json:"closed"`
	}
	err := readForm(c, &form, func(post url.Values) {
		if closed, err := strconv.ParseBool(post.Get("closed")); err == nil {
			form.Closed = &closed
		}
	})
	if err == nil && form.Closed == nil {
		err = &rooms.InvalidError{Field: "closed", Reason: "not_a_boolean"}
	}
	return form.Closed, err
}

func (h *Handler) removeRoom(c *gin.Context) error {
	err := h.chat.Remove(c.Request.Context(), visitor(c.Request.Context()), rooms.ID(c.Param("id")))
	if err != nil {
		return err
	}
	if isForm(c) {
		c.Redirect(http.StatusSeeOther, "/")
		return nil
	}
	c.String(http.StatusOK, "ok")
	return nil
}
