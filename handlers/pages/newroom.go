package pages

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"gifchat/handlers/input"
	"gifchat/handlers/session"
	"gifchat/i18n"
	"gifchat/rooms"

	"github.com/gin-gonic/gin"
)

// newRoomPage is the form for a new room, with the error of the last attempt.
type newRoomPage struct {
	frame
	Name     string
	Capacity string
	Error    string
	Field    string // the field of Error
	Keep     bool
}

const (
	// defaultCapacity is the capacity of a room without max, as in the original
	// server's schema.
	defaultCapacity = 10

	// suggestedCapacity is the capacity that the form suggests: a class and its guests.
	// COMPAT=strict suggests defaultCapacity, as the original server does.
	suggestedCapacity = 50
)

// NewRoom serves the form for a new room.
func (p *Pages) NewRoom(c *gin.Context) error {
	capacity := suggestedCapacity
	if p.cfg.Strict {
		capacity = defaultCapacity
	}
	return p.renderer.render(c, http.StatusOK, "new-room", newRoomPage{
		frame: frameOf(c, i18n.Text(i18n.Of(c.Request), "new.title")), Capacity: strconv.Itoa(capacity),
	})
}

// roomForm is the body of POST /room.
type roomForm struct {
	Title    string `json:"title"`
	Max      any    `json:"max"` // a text from forms, a number from programs
	Password string `json:"password"`
	Keep     bool   `json:"keep"` // a checkbox in forms
}

// CreateRoom creates a room and redirects to it.
func (p *Pages) CreateRoom(c *gin.Context) error {
	v := session.Visitor(c.Request.Context())
	if err := p.limiter.CreateRoom(v); err != nil {
		return err
	}
	form, err := readRoomForm(c)
	if err != nil {
		return err
	}
	capacity, err := form.capacity()
	if err != nil {
		return p.refuseRoom(c, form, err)
	}
	room, err := p.chat.Create(c.Request.Context(), v, rooms.NewRoom{
		Title: form.Title, Capacity: capacity, Password: form.Password, Keep: form.Keep,
	})
	if err != nil {
		return p.refuseRoom(c, form, err)
	}
	p.sessions.Renew(c) // the visitor owns a room now
	location := "/room/" + string(room.ID)
	if p.cfg.Strict && form.Password != "" {
		location += "?password=" + escape(form.Password)
	}
	c.Redirect(http.StatusFound, location)
	return nil
}

func readRoomForm(c *gin.Context) (roomForm, error) {
	var form roomForm
	err := input.ReadForm(c, &form, func(post url.Values) {
		form = roomForm{Title: post.Get("title"), Password: post.Get("password"), Keep: post.Get("keep") != ""}
		if post.Has("max") {
			form.Max = post.Get("max")
		}
	})
	return form, err
}

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

// refuseRoom shows the form again with its values, except for the password. It returns
// err for other errors than an invalid field, and to programs.
func (p *Pages) refuseRoom(c *gin.Context, form roomForm, err error) error {
	invalid, ok := errors.AsType[*rooms.InvalidError](err)
	if !ok || !input.IsForm(c) {
		return err
	}
	field, key := "title", "new.bad_title"
	switch invalid.Field {
	case "max", "capacity":
		field, key = "max", "new.bad_capacity"
	case "password":
		field, key = "password", "new.bad_password"
	}
	capacity, _ := form.Max.(string)
	l := i18n.Of(c.Request)
	return p.renderer.render(c, http.StatusBadRequest, "new-room", newRoomPage{
		frame: frameOf(c, i18n.Text(l, "new.title")),
		Name:  form.Title, Capacity: capacity, Keep: form.Keep,
		Error: i18n.Text(l, key), Field: field,
	})
}
