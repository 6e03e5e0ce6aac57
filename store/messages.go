package store

import (
	"context"
	"errors"
	"slices"

	"gifchat/rooms"
)

const messageColumns = `id, room, seq, kind, color, session, text, client_id, created_at,
	gif_name, gif_width, gif_height, gif_frames, gif_bytes, gif_alt`

// AddMessage implements rooms.Store.
func (s *SQLite) AddMessage(ctx context.Context, m rooms.Message) (rooms.Message, bool, error) {
	var stored rooms.Message
	var added bool
	err := s.write.do(ctx, func(tx *transaction) error {
		added = false // also when this is run again
		var err error
		if stored, err = firstMessage(tx, m); !errors.Is(err, rooms.ErrNotFound) {
			return err // nil: a retry
		}
		stored = m
		err = tx.queryRow("UPDATE rooms SET head = head + 1 WHERE id = ? RETURNING head", m.Room).Scan(&stored.Seq)
		if err != nil {
			return found(err)
		}
		added = true
		return insertMessage(tx, stored)
	})
	if err != nil {
		return rooms.Message{}, false, err
	}
	return stored, added, nil
}

// firstMessage returns what the session has posted under m's client id before,
// or rooms.ErrNotFound.
func firstMessage(tx *transaction, m rooms.Message) (rooms.Message, error) {
	if m.ClientID == "" {
		return rooms.Message{}, rooms.ErrNotFound
	}
	first, err := scanMessage(tx.queryRow("SELECT "+messageColumns+` FROM messages
		WHERE room = ? AND session = ? AND client_id = ? AND client_id <> ''`, m.Room, m.Session, m.ClientID))
	return first, found(err)
}

func insertMessage(tx *transaction, m rooms.Message) error {
	var gif rooms.GIF
	if m.GIF != nil {
		gif = *m.GIF
	}
	_, err := tx.exec("INSERT INTO messages ("+messageColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		m.ID, m.Room, m.Seq, m.Kind, m.User, m.Session, m.Text, m.ClientID, toMillis(m.CreatedAt),
		gif.Name, gif.Width, gif.Height, gif.Frames, gif.Bytes, gif.Alt)
	return err
}

// Messages implements rooms.Store.
func (s *SQLite) Messages(ctx context.Context, id rooms.ID, p rooms.Page) ([]rooms.Message, error) {
	columns := "SELECT " + messageColumns + " FROM messages WHERE room = ? "
	switch {
	case p.After != 0:
		return query(ctx, s.read, scanMessage, columns+"AND seq > ? ORDER BY seq LIMIT ?", id, p.After, p.Limit)
	case p.Before != 0:
		newest, err := query(ctx, s.read, scanMessage, columns+"AND seq < ? ORDER BY seq DESC LIMIT ?", id, p.Before, p.Limit)
		slices.Reverse(newest)
		return newest, err
	}
	newest, err := query(ctx, s.read, scanMessage, columns+"ORDER BY seq DESC LIMIT ?", id, p.Limit)
	slices.Reverse(newest)
	return newest, err
}

func scanMessage(row scanner) (rooms.Message, error) {
	var m rooms.Message
	var gif rooms.GIF
	var created int64
	err := row.Scan(&m.ID, &m.Room, &m.Seq, &m.Kind, &m.User, &m.Session, &m.Text, &m.ClientID, &created,
		&gif.Name, &gif.Width, &gif.Height, &gif.Frames, &gif.Bytes, &gif.Alt)
	m.CreatedAt = fromMillis(created)
	if gif.Name != "" {
		m.GIF = &gif
	}
	return m, err
}

// ShowsGIF implements rooms.Store.
func (s *SQLite) ShowsGIF(ctx context.Context, session rooms.Session, name string) (bool, error) {
	return s.exists(ctx, `SELECT EXISTS (SELECT 1 FROM messages AS m
		JOIN members AS g ON g.room = m.room AND g.session = ?
		WHERE m.gif_name = ? AND m.gif_name <> '')`, session, name)
}

// HoldsGIF tells whether any message shows the GIF.
func (s *SQLite) HoldsGIF(ctx context.Context, name string) (bool, error) {
	return s.exists(ctx, "SELECT EXISTS (SELECT 1 FROM messages WHERE gif_name = ? AND gif_name <> '')", name)
}

func (s *SQLite) exists(ctx context.Context, query string, args ...any) (yes bool, err error) {
	err = s.read.QueryRowContext(ctx, query, args...).Scan(&yes)
	return yes, unavailable(err)
}
