package store

import (
	"context"
	"database/sql"
	"errors"

	"gifchat/rooms"
)

// Member implements rooms.Store.
func (s *SQLite) Member(ctx context.Context, id rooms.ID, session rooms.Session) (rooms.Member, error) {
	return member(s.read.QueryRowContext(ctx, selectMember, session, id), id, session)
}

// selectMember answers with no row if there is no such room, and with nulls if
// the session is not a member of it.
const selectMember = `
	SELECT m.color, m.since FROM rooms AS r
	LEFT JOIN members AS m ON m.room = r.id AND m.session = ?
	WHERE r.id = ?`

func member(row scanner, id rooms.ID, session rooms.Session) (rooms.Member, error) {
	var color sql.NullString
	var since sql.NullInt64
	if err := row.Scan(&color, &since); err != nil {
		return rooms.Member{}, found(err)
	}
	if !color.Valid {
		return rooms.Member{}, rooms.ErrForbidden
	}
	return rooms.Member{
		Room:    id,
		Session: session,
		Color:   rooms.Color(color.String),
		Since:   fromMillis(since.Int64),
	}, nil
}

// AddMember implements rooms.Store.
func (s *SQLite) AddMember(ctx context.Context, m rooms.Member) (rooms.Member, error) {
	var stored rooms.Member
	err := s.write.do(ctx, func(tx *transaction) error {
		var err error
		stored, err = member(tx.queryRow(selectMember, m.Session, m.Room), m.Room, m.Session)
		if !errors.Is(err, rooms.ErrForbidden) {
			return err // nil: a member already
		}
		var taken bool
		err = tx.queryRow("SELECT EXISTS (SELECT 1 FROM members WHERE room = ? AND color = ?)", m.Room, m.Color).Scan(&taken)
		if err != nil {
			return err
		}
		if taken {
			return rooms.ErrColorTaken
		}
		stored = m
		return insertMember(tx, m)
	})
	if err != nil {
		return rooms.Member{}, err
	}
	return stored, nil
}

func insertMember(tx *transaction, m rooms.Member) error {
	_, err := tx.exec("INSERT INTO members (room, session, color, since) VALUES (?, ?, ?, ?)",
		m.Room, m.Session, m.Color, toMillis(m.Since))
	return err
}

// Colors implements rooms.Store.
func (s *SQLite) Colors(ctx context.Context, id rooms.ID) ([]rooms.Color, error) {
	return query(ctx, s.read, func(row scanner) (c rooms.Color, err error) {
		err = row.Scan(&c)
		return c, err
	}, "SELECT color FROM members WHERE room = ?", id)
}
