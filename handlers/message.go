package handlers

import (
	"cmp"
	"context"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"gifchat/rooms"

	"github.com/gin-gonic/gin"
)

// groupWithin is how soon a message must follow one of the same visitor to go
// without a header of its own.
const groupWithin = 5 * time.Minute

// messageRow is a message as the room's page shows it.
type messageRow struct {
	ID        rooms.ID
	Seq       int64
	Class     string // mine, other or system
	User      rooms.Color
	Name      string // what the user was called then
	Text      string
	GIF       *rooms.GIF
	Width     int // of the GIF on the page
	Height    int
	CreatedAt time.Time
	Edited    bool
	Removed   bool // nothing is left of it
	Damaged   bool // what it said is not known
	Follows   bool // belongs to the message above
}

// messageRows leaves out the notices of the reader's own coming and going, and
// what only changes another message: that one is as it is now.
func messageRows(messages []rooms.Message, you rooms.Color, l language) []messageRow {
	rows := make([]messageRow, 0, len(messages))
	for _, m := range messages {
		ownTrip := m.Person == you && (m.Topic == rooms.TopicEntered || m.Topic == rooms.TopicLeft)
		if ownTrip || m.Target != 0 {
			continue
		}
		row := messageRow{
			ID: m.ID, Seq: m.Seq, Class: "other", User: m.User, Name: cmp.Or(m.Nick, string(m.User)),
			Text: m.Text, GIF: m.GIF, CreatedAt: m.CreatedAt,
			Edited: m.Edited != 0, Removed: m.Kind == rooms.KindRemoved, Damaged: m.Kind == rooms.KindDamaged,
		}
		if m.GIF != nil {
			row.Width, row.Height = fit(m.GIF.Width, m.GIF.Height)
		}
		switch {
		case m.Kind == rooms.KindNotice:
			row.Class, row.Text = "system", noticeText(m, l)
		case row.Damaged:
			row.Class, row.Text = "system", say(l, "room.damaged")
		case m.User == you:
			row.Class = "mine"
		}
		if row.Removed {
			row.Text, row.Edited = say(l, "room.gone"), false
		}
		if n := len(rows); n > 0 {
			row.Follows = row.follows(rows[n-1])
		}
		rows = append(rows, row)
	}
	return rows
}

// The largest a GIF is shown, in pixels.
const (
	widestGIF  = 544
	tallestGIF = 352
)

// fit returns the size at which a GIF is shown: then the page can keep its
// place free before it is there.
func fit(width, height int) (w, h int) {
	scale := min(1, widestGIF/float64(width), tallestGIF/float64(height))
	return max(1, int(math.Round(scale*float64(width)))), max(1, int(math.Round(scale*float64(height))))
}

// noticeText says a stored notice, which is Korean by contract, in the reader's
// language. noticeText in public/js/room/rows.js does the same.
func noticeText(m rooms.Message, l language) string {
	key := "topic." + string(m.Topic)
	if m.Topic == rooms.TopicNamed && m.Nick == "" {
		key = "topic.unnamed"
	}
	words, known := sentences[key]
	if l == korean || !known {
		return m.Text
	}
	name := cmp.Or(m.Nick, string(m.Person))
	return strings.NewReplacer("%s", name, "%c", string(m.Person)).Replace(words.en)
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

func (h *Handler) postText(c *gin.Context) error {
	ctx, v := c.Request.Context(), visitor(c.Request.Context())
	if err := h.budgets.act(v); err != nil {
		return err
	}
	form, err := readTextForm(c)
	if err != nil {
		return err
	}
	c.Set(unsentText, form.Chat)
	// Post itself checks in the contract's order: room, membership, content.
	id := rooms.ID(c.Param("id"))
	_, err = h.budgets.inRoom(ctx, v, id, func() (rooms.Stored, error) {
		return h.chat.Post(ctx, v, id, rooms.Draft{Text: form.Chat, ClientID: form.ClientID})
	})
	if err != nil {
		return err
	}
	return posted(c, id)
}

func readTextForm(c *gin.Context) (textForm, error) {
	var form textForm
	err := readForm(c, &form, func(post url.Values) {
		// Browsers write every line end of a textarea as CRLF into a form.
		text := strings.ReplaceAll(post.Get("chat"), "\r\n", "\n")
		form = textForm{Chat: text, ClientID: post.Get("clientId")}
	})
	return form, err
}

// posted sends a browser's own form back to the room, and tells scripts ok.
func posted(c *gin.Context, id rooms.ID) error {
	if isForm(c) {
		c.Redirect(http.StatusSeeOther, "/room/"+string(id)+"#composer")
		return nil
	}
	c.String(http.StatusOK, "ok")
	return nil
}

// history reads a page, and whether there is more beyond it.
func (h *Handler) history(ctx context.Context, v rooms.Visitor, id rooms.ID, p rooms.Page) ([]rooms.Message, bool, error) {
	return readHistory(ctx, h.chat, v, id, p)
}

func readHistory(ctx context.Context, chat rooms.Chat, v rooms.Visitor, id rooms.ID, p rooms.Page) ([]rooms.Message, bool, error) {
	limit := p.Limit
	p.Limit++ // one more than asked for tells whether there is more
	messages, err := chat.History(ctx, v, id, p)
	if err != nil {
		return nil, false, err
	}
	page := messages[:min(limit, len(messages))]
	if p.After == 0 { // towards the oldest
		page = messages[max(0, len(messages)-limit):]
	}
	page = fitting(page, p.After == 0, weight)
	return page, len(page) < len(messages), nil
}

const (
	// maxPageText bounds an answer, as far as its messages differ in length. With
	// what else waits for a client it must fit into the queue of its connection
	// (engineio's MaxQueueBytes): who asks for what was missed in a busy room would
	// be cut as too slow, and ask again. There is more behind a page.
	maxPageText = 250_000

	// aroundText is what stands around the texts of a message: keys, ids, dates.
	// aroundGIF comes to it for a picture.
	aroundText = 350
	aroundGIF  = 250
)

// fitting returns as many messages or whispers as fit into an answer, one at
// least: the last ones of them or the first.
func fitting[T any](list []T, last bool, weight func(T) int) []T {
	for i, room := 0, maxPageText; i < len(list); i++ {
		if last {
			room -= weight(list[len(list)-1-i])
		} else {
			room -= weight(list[i])
		}
		switch {
		case room >= 0 || i == 0:
		case last:
			return list[len(list)-i:]
		default:
			return list[:i]
		}
	}
	return list
}

// weight is how many bytes a message takes in an answer, at most.
func weight(m rooms.Message) int {
	n := aroundText + jsonLength(m.Text) + jsonLength(m.Nick) + jsonLength(m.ClientID)
	if m.GIF != nil {
		n += aroundGIF + jsonLength(m.GIF.Alt)
	}
	return n
}

// whisperWeight is the same of a whisper.
func whisperWeight(w rooms.Whisper) int {
	return aroundText + jsonLength(w.Text) + jsonLength(w.From.Nick) + jsonLength(w.To.Nick) + jsonLength(w.ClientID)
}

// jsonLength is how many bytes JSON takes for a text, at most.
func jsonLength(text string) int {
	n := len(text)
	for _, r := range text {
		switch {
		case r < ' ':
			n += 5 // \u0001
		case r == '"', r == '\\':
			n++
		case r == '\u2028', r == '\u2029':
			n += 3
		}
	}
	return n
}

const (
	// maxPage is the most messages one page carries.
	maxPage = 100

	// maxSync is the most that one sync brings: who was away for long must not
	// need more of them than the events it may send.
	maxSync = 1000
)

func (h *Handler) listMessages(c *gin.Context) error {
	before, errBefore := queryNumber(c, "before")
	after, errAfter := queryNumber(c, "after")
	limit, errLimit := queryNumber(c, "limit")
	for _, err := range []error{errBefore, errAfter, errLimit} {
		if err != nil {
			return err
		}
	}
	if limit == 0 {
		limit = pageSize
	}
	page := rooms.Page{Before: before, After: after, Limit: int(min(limit, maxPage))}
	ctx := c.Request.Context()
	messages, more, err := h.history(ctx, visitor(ctx), rooms.ID(c.Param("id")), page)
	if err != nil {
		return err
	}
	c.Header("Cache-Control", "no-store")
	return sendJSON(c, historyAnswer{Messages: wireMessages(messages), More: more})
}

func queryNumber(c *gin.Context, name string) (int64, error) {
	text := c.Query(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, &rooms.InvalidError{Field: name, Reason: "not_a_number"}
	}
	return n, nil
}
