package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"
	"time"

	"gifchat/rooms"
)

// messageColumns are the columns of a message, columnsOfMessage many, in the order of
// appendColumns and messageRow.columns.
const messageColumns = `id, room, seq, kind, color, nick, session, text, client_id, created_at, target, edited, said, topic, person,
	face, reply, detail,
	gif_name, gif_width, gif_height, gif_frames, gif_bytes, gif_alt, gif_duration, gif_poster, gif_sha256, sum`

const columnsOfMessage = 28

// gifOf returns the GIF of a message, or the zero GIF.
func gifOf(m rooms.Message) rooms.GIF {
	if m.GIF == nil {
		return rooms.GIF{}
	}
	return *m.GIF
}

// Message implements rooms.Store.
func (s *SQLite) Message(ctx context.Context, id rooms.ID, seq int64) (rooms.Message, error) {
	m, err := scanMessage(s.read.QueryRowContext(ctx,
		"SELECT "+messageColumns+" FROM messages WHERE room = ? AND seq = ?", id, seq))
	if errors.Is(err, sql.ErrNoRows) {
		return rooms.Message{}, rooms.ErrNoMessage
	}
	return m, unavailable(err)
}

// Messages implements rooms.Store.
func (s *SQLite) Messages(ctx context.Context, id rooms.ID, p rooms.Page) ([]rooms.Message, error) {
	which, args := "ORDER BY seq DESC LIMIT ?", []any{id, p.Limit}
	switch {
	case p.After != 0:
		which, args = "AND seq > ? ORDER BY seq LIMIT ?", []any{id, p.After, p.Limit}
	case p.Before != 0:
		which, args = "AND seq < ? ORDER BY seq DESC LIMIT ?", []any{id, p.Before, p.Limit}
	}
	messages, err := query(ctx, s.read, scanMessage, "SELECT "+messageColumns+" FROM messages WHERE room = ? "+which, args...)
	if err != nil {
		return nil, err
	}
	after := max(p.After, 0)
	if p.After == 0 {
		slices.Reverse(messages)
		after = beforeFirst(messages)
	}
	if sequential(messages, after) {
		return messages, nil
	}
	return s.fillGaps(ctx, id, messages, after, p)
}

// scanMessage reads a message. A message that differs from what was written is returned
// as rooms.KindDamaged.
func scanMessage(row scanner) (rooms.Message, error) {
	m, intact, err := scanAnyMessage(row)
	if !intact {
		m = damagedMessage(m)
	}
	return m, err
}

// scanAnyMessage reads a message, and reports whether its checksum matches.
func scanAnyMessage(row scanner) (m rooms.Message, intact bool, err error) {
	r := messageRows.Get().(*messageRow)
	defer messageRows.Put(r)
	if err := row.Scan(r.columns[:]...); err != nil {
		return rooms.Message{}, true, err
	}
	r.gif.Duration = time.Duration(r.duration) * time.Millisecond
	m = r.message
	m.CreatedAt = fromMillis(r.created)
	if r.gif.Name != "" {
		gif := r.gif
		m.GIF = &gif
	}
	return m, r.sum == 0 || r.sum == messageChecksum(m, r.gif), nil
}

// messageRow holds the columns of a row during Scan. It is reused, because the pointers
// to its fields would otherwise be half of the garbage of reading a page.
type messageRow struct {
	message                rooms.Message
	gif                    rooms.GIF
	created, duration, sum int64
	columns                [columnsOfMessage]any
}

var messageRows = sync.Pool{New: func() any {
	r := new(messageRow)
	m, gif := &r.message, &r.gif
	r.columns = [...]any{
		&m.ID, &m.Room, &m.Seq, &m.Kind, &m.User, &m.Nick, &m.Session, &m.Text, &m.ClientID, &r.created,
		&m.Target, &m.Edited, &m.Said, &m.Topic, &m.Person,
		&m.Face, &m.Reply, &m.Detail,
		&gif.Name, &gif.Width, &gif.Height, &gif.Frames, &gif.Bytes, &gif.Alt, &r.duration, &gif.Poster, &gif.SHA256, &r.sum,
	}
	return r
}}
