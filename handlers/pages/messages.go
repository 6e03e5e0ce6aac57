package pages

import (
	"cmp"
	"math"
	"net/url"
	"strings"
	"time"

	"gifchat/handlers/encoding"
	"gifchat/handlers/input"
	"gifchat/handlers/session"
	"gifchat/handlers/wire"
	"gifchat/i18n"
	"gifchat/rooms"

	"github.com/gin-gonic/gin"
)

// groupWithin is the time within which a message of the same visitor has no header of
// its own.
const groupWithin = 5 * time.Minute

// messageRow is a message on the room's page.
type messageRow struct {
	Seq       int64
	Class     string // mine, other or system
	User      rooms.Color
	Name      string // the user's name at the time
	Text      string
	GIF       *rooms.GIF
	Width     int // of the GIF on the page
	Height    int
	CreatedAt time.Time
	Edited    bool
	Removed   bool // the content is deleted
	Damaged   bool // the content is lost
	Follows   bool // has no header of its own
}

// messageRows returns the rows of messages. It leaves out the notices of the reader's
// own coming and going, and edits and removals, whose effect is in the message that
// they change.
func messageRows(messages []rooms.Message, you rooms.Color, l i18n.Language) []messageRow {
	rows := make([]messageRow, 0, len(messages))
	for _, m := range messages {
		ownPresence := m.Person == you && (m.Topic == rooms.TopicEntered || m.Topic == rooms.TopicLeft)
		if ownPresence || m.Target != 0 {
			continue
		}
		row := messageRow{
			Seq: m.Seq, Class: "other", User: m.User, Name: cmp.Or(m.Nick, string(m.User)),
			Text: m.Text, GIF: m.GIF, CreatedAt: m.CreatedAt,
			Edited: m.Edited != 0, Removed: m.Kind == rooms.KindRemoved, Damaged: m.Kind == rooms.KindDamaged,
		}
		if m.GIF != nil {
			row.Width, row.Height = fitGIF(m.GIF.Width, m.GIF.Height)
		}
		switch {
		case m.Kind == rooms.KindNotice:
			row.Class, row.Text = "system", noticeText(m, l)
		case row.Damaged:
			row.Class, row.Text = "system", i18n.Text(l, "room.damaged")
		case m.User == you:
			row.Class = "mine"
		}
		if row.Removed {
			row.Text, row.Edited = i18n.Text(l, "room.gone"), false
		}
		if n := len(rows); n > 0 {
			row.Follows = row.follows(rows[n-1])
		}
		rows = append(rows, row)
	}
	return rows
}

// The largest size of a GIF on the page, in pixels.
const (
	maxGIFWidth  = 544
	maxGIFHeight = 352
)

// fitGIF returns the size of a GIF on the page. With the size the browser can reserve
// the place of a GIF that is still loading.
func fitGIF(width, height int) (w, h int) {
	scale := min(1, maxGIFWidth/float64(width), maxGIFHeight/float64(height))
	return max(1, int(math.Round(scale*float64(width)))), max(1, int(math.Round(scale*float64(height))))
}

// noticeText returns the text of a notice in the reader's language. The stored text is
// Korean by contract. noticeText in public/js/room/rows.js does the same.
func noticeText(m rooms.Message, l i18n.Language) string {
	if l == i18n.Korean {
		return m.Text
	}
	if text, ok := i18n.Notice(l, string(m.Topic), m.Nick, string(m.Person)); ok {
		return text
	}
	return m.Text
}

func (r messageRow) follows(before messageRow) bool {
	return r.Class != "system" && before.Class != "system" &&
		r.User == before.User && r.CreatedAt.Sub(before.CreatedAt) < groupWithin
}

// textForm is the body of POST /room/:id/chat.
type textForm struct {
	Chat     string `json:"chat"`
	ClientID string `json:"clientId"`
}

// PostText posts a text message.
func (p *Pages) PostText(c *gin.Context) error {
	ctx, v := c.Request.Context(), session.Visitor(c.Request.Context())
	if err := p.limiter.Act(v); err != nil {
		return err
	}
	form, err := readTextForm(c)
	if err != nil {
		return err
	}
	c.Set(unsentKey, form.Chat)
	id := rooms.ID(c.Param("id"))
	charge, err := p.limiter.Post(ctx, p.chat, v, id)
	if err != nil {
		return err
	}
	defer charge.Refund()
	// Post checks in the order of the contract: room, membership, content.
	stored, err := p.chat.Post(ctx, v, id, rooms.Draft{Text: form.Chat, ClientID: form.ClientID})
	if err != nil {
		return err
	}
	if !stored.Again {
		charge.Commit()
	}
	input.Done(c, "/room/"+string(id)+"#composer")
	return nil
}

func readTextForm(c *gin.Context) (textForm, error) {
	var form textForm
	err := input.ReadForm(c, &form, func(post url.Values) {
		// Browsers send each line end of a textarea as CRLF.
		text := strings.ReplaceAll(post.Get("chat"), "\r\n", "\n")
		form = textForm{Chat: text, ClientID: post.Get("clientId")}
	})
	return form, err
}

// Messages serves a page of a room's history as JSON.
func (p *Pages) Messages(c *gin.Context) error {
	before, errBefore := queryNumber(c, "before")
	after, errAfter := queryNumber(c, "after")
	limit, errLimit := queryNumber(c, "limit")
	if err := cmp.Or(errBefore, errAfter, errLimit); err != nil {
		return err
	}
	if limit == 0 {
		limit = pageSize
	}
	page := rooms.Page{Before: before, After: after, Limit: int(min(limit, wire.MaxPage))}
	ctx := c.Request.Context()
	messages, more, err := wire.ReadHistory(ctx, p.chat, session.Visitor(ctx), rooms.ID(c.Param("id")), page)
	if err != nil {
		return err
	}
	c.Header("Cache-Control", "no-store")
	return encoding.SendJSON(c, wire.History{Messages: wire.Messages(messages), More: more})
}
